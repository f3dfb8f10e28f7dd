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
    /// <summary>Directories without access that are remembered one by one; beyond it their trees are scanned.</summary>
    private const int ShutLimit = 4096;

    private readonly HashSet<ulong> _shut = [];
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();

    /// <summary>Whether a limit of the kernel keeps some directories unwatched; they are scanned now and then.</summary>
    public bool IsDegraded { get; private set; }

    private void ReportOpenError(int error, int parent, ReadOnlySpan<byte> name)
    {
        if (error is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP)
        {
            // Gone, or no longer a directory: what it is now has an event of its own.
            return;
        }

        if (error == -Errno.EACCES)
        {
            NoteShut(_watches[_nodes[parent].Watch]!, parent, name);
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
            ReportWatchLimit(watch, NodePath(node));
            return;
        }

        if (error == -Errno.EACCES && _nodes[node].Parent >= 0)
        {
            NoteShut(watch, _nodes[node].Parent, _nodes.Name(node));
        }

        _log.Warning($"cannot watch '{Text(NodePath(node))}': inotify_add_watch: {Errno.Name(error)} {Errno.Text(error)}{Remedy(error)}");
    }

    /// <summary>Says once that the kernel has no watch left, and has the trees concerned scanned from now on.</summary>
    private void ReportWatchLimit(Watch watch, ReadOnlySpan<byte> path)
    {
        if (!IsDegraded)
        {
            long limit = WatchLimit();
            _log.Error($"cannot watch '{Text(path)}': the limit of inotify watches is reached ({_nodes.DescriptorCount} are in use here{(limit == long.MaxValue ? "" : $" of {limit}")}), or kernel memory is short; "
                + $"this directory and further ones are scanned every 10 s instead; raise the limit with: sysctl fs.inotify.max_user_watches={Math.Max(1_048_576, limit == long.MaxValue ? 0 : limit * 2)}");
        }

        MarkBlind(watch);
    }

    /// <summary>Remembers a directory that keeps the daemon out: its parent tells when its mode or owner changes.</summary>
    private void NoteShut(Watch watch, int parent, ReadOnlySpan<byte> name)
    {
        if (!watch.IsTree)
        {
            return;
        }

        int fd = OpenEntry(watch, parent, default);
        int wd = fd < 0 ? fd : _inotify.AddDirectory(fd, Libc.IN_ATTRIB);
        if (fd >= 0)
        {
            _ = RememberLook(watch, parent);
            _ = Libc.close(fd);
        }

        if (wd >= 0 && wd == _nodes[parent].Wd && _shut.Count < ShutLimit)
        {
            _shut.Add(ShutKey(wd, watch.Index, name));
            return;
        }

        Unwatch(wd);
        _shut.Clear();
        MarkBlind(watch);
    }

    /// <summary>A directory's mode or owner has changed: one that kept the daemon out may be open now.</summary>
    private void OpenUp(int node, ReadOnlySpan<byte> name)
    {
        int child = _nodes.FindChild(node, name);
        if (child >= 0 && _nodes[child].Wd < 0)
        {
            Drop(child);
            child = -1;
        }

        if (child < 0)
        {
            AddFound(node, name);
        }
    }

    private bool IsShut(int wd, int watch, ReadOnlySpan<byte> name) => _shut.Remove(ShutKey(wd, watch, name));

    private ulong ShutKey(int wd, int watch, ReadOnlySpan<byte> name) => NameHash.Compute(_seed ^ ((ulong)(uint)wd << 20) ^ (ulong)(uint)watch, name);

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

    /// <summary>Says how many inotify instances the user may have; empty where that cannot be read.</summary>
    internal static string InstanceLimit()
    {
        long limit = Math.Min(ReadNumber("/proc/sys/fs/inotify/max_user_instances\0"u8), ReadNumber("/proc/sys/user/max_inotify_instances\0"u8));
        return limit == long.MaxValue ? "" : $" ({limit} for each user)";
    }

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
