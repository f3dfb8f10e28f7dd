using System;
using System.Buffers.Text;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>What cannot be watched, and saying so.</content>
public sealed partial class WatchTree
{
    /// <summary>Whether a limit of the kernel keeps some directories unwatched; they are scanned now and then.</summary>
    public bool IsDegraded { get; private set; }

    private void ReportOpenError(int error, int parent, ReadOnlySpan<byte> name)
    {
        if (error is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP)
        {
            // Gone, or no longer a directory: what it is now has an event of its own.
            return;
        }

        bool passes = IsShortOfDescriptors(error) || error == -Errno.ENOMEM;
        _log.Warning($"cannot watch '{Text(EntryPath(parent, name))}': open: {Errno.Name(error)} {Errno.Text(error)}{Remedy(error)}{(passes ? "; its tree is scanned in 10 s" : "")}");
        if (passes)
        {
            MarkBlind(_watches[_nodes[parent].Watch]!);
        }
    }

    private void ReportWatchError(Watch watch, int error, int node)
    {
        if (error is -Errno.ENOENT or -Errno.ENOTDIR)
        {
            return;
        }

        if (error == -Errno.ENOSPC)
        {
            if (!IsDegraded)
            {
                long limit = WatchLimit();
                _log.Error($"cannot watch '{Text(NodePath(node))}': the limit of inotify watches is reached ({_nodes.DescriptorCount} are in use here{(limit == long.MaxValue ? "" : $" of {limit}")}), or kernel memory is short; "
                    + $"this directory and further ones are scanned every 10 s instead; raise the limit with: sysctl fs.inotify.max_user_watches={Math.Max(1_048_576, limit == long.MaxValue ? 0 : limit * 2)}");
            }

            MarkBlind(watch);
            return;
        }

        _log.Warning($"cannot watch '{Text(NodePath(node))}': inotify_add_watch: {Errno.Name(error)} {Errno.Text(error)}{Remedy(error)}");
    }

    /// <summary>Has a watch scanned from now on, until all of its directories are watched.</summary>
    private void MarkBlind(Watch watch)
    {
        IsDegraded = true;
        if (watch.IsBlind)
        {
            return;
        }

        watch.IsBlind = true;
        if (!watch.IsArmed && watch.Index >= 0)
        {
            // What is there already has been reported; the scan has to find what comes from now on.
            watch.LastScanNs = _clock.RealtimeCoarseNs;
            ArmPoll(watch);
        }
    }

    /// <summary>Returns the limit of watches: the machine's, or a smaller one of the user namespace.</summary>
    private static long WatchLimit() =>
        Math.Min(ReadNumber("/proc/sys/fs/inotify/max_user_watches\0"u8), ReadNumber("/proc/sys/user/max_inotify_watches\0"u8));

    private static long ReadNumber(ReadOnlySpan<byte> terminatedPath)
    {
        Span<byte> text = stackalloc byte[32];
        int fd = Libc.openat(Libc.AT_FDCWD, terminatedPath, Libc.O_RDONLY | Libc.O_CLOEXEC);
        int size = fd < 0 ? 0 : Libc.read(fd, text);
        if (fd >= 0)
        {
            _ = Libc.close(fd);
        }

        return size > 0 && Utf8Parser.TryParse(text[..size], out long number, out _) ? number : long.MaxValue;
    }

    private static string Remedy(int error) => error switch
    {
        -Errno.EACCES or -Errno.EPERM => "; its permissions keep the daemon's user out",
        -Errno.EMFILE => "; raise the limit of open files (ulimit -n)",
        _ => "",
    };
}
