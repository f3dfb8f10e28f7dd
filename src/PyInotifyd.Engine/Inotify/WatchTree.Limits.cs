using System;
using System.Collections.Generic;
using System.Globalization;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>What cannot be watched, and saying so.</content>
public sealed partial class WatchTree
{
    /// <summary>Directories without access that are remembered one by one; beyond it their trees are scanned.</summary>
    private const int ShutLimit = 4096;

    private readonly HashSet<int> _shortagesSaid = [];
    private readonly HashSet<ulong> _shut = [];
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();

    /// <summary>Whether a limit of the kernel keeps some directories unwatched; they are scanned now and then.</summary>
    public bool IsDegraded { get; private set; }

    /// <summary>What keeps them so, in words.</summary>
    public string Shortage { get; private set; } = "";

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

        if (IsShort(error))
        {
            NoteShort(_watches[_nodes[parent].Watch]!, error, EntryPath(parent, name));
            return;
        }

        _log.Warning($"cannot watch '{Text(EntryPath(parent, name))}': open: {Errno.Name(error)} {Errno.Text(error)}{Remedy(error)}");
    }

    /// <summary>Whether a result says that the machine has no more of what it takes, which passes; then it tells nothing about the file.</summary>
    private static bool IsShort(int error) => IsShortOfDescriptors(error) || error == -Errno.ENOMEM;

    /// <summary>Whether the answer to an open(2) says that the directory is no longer what it was.</summary>
    private static bool IsGone(int error) => error is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP or -Errno.ESTALE;

    /// <summary>Whether the kernel grants no watch: no more of them (ENOSPC), no inotify instance (EMFILE, ENFILE), no memory.</summary>
    private static bool IsShortOfWatches(int wd) => wd == -Errno.ENOSPC || IsShort(wd);

    /// <summary>Something could not be looked at for want of descriptors or memory: its watch is scanned later.</summary>
    private void NoteShort(Watch watch, int error, ReadOnlySpan<byte> path)
    {
        watch.GapStartNs = Math.Min(watch.GapStartNs, Math.Min(LastEmptyNs, _scanStartNs));
        watch.HasLostEvents |= _scanIsOfLost;
        watch.Returning ??= _returning;
        string remedy = error == -Errno.EMFILE ? KernelLimit.OpenFiles() + "; raise the limit of open files (ulimit -n, LimitNOFILE=)"
            : error == -Errno.ENFILE ? KernelLimit.AllFiles() + "; raise the sysctl fs.file-max"
            : Remedy(error);
        SayShortage(error, $"cannot look at '{Text(path)}': {Errno.Name(error)} {Errno.Text(error)}{remedy}; until then what is missed is looked for every {IntervalText(watch)}");
        MarkBlind(watch);
    }

    /// <summary>Logs a shortage when it begins.</summary>
    private void SayShortage(int error, string text)
    {
        Shortage = text;
        if (_shortagesSaid.Add(error))
        {
            _log.Error(text);
        }
    }

    private static string IntervalText(Watch watch)
    {
        long interval = watch.Spec.PollMs > 0 ? watch.Spec.PollMs : BlindPollMs;
        return interval % 1000 == 0 ? (interval / 1000).ToString(CultureInfo.InvariantCulture) + " s" : interval.ToString(CultureInfo.InvariantCulture) + " ms";
    }

    /// <summary>A root that is there and cannot be opened yet: when it can, what it holds is known but for what changes from now on.</summary>
    private static void NoteUnseenRoot(Watch watch)
    {
        const uint wanted = Libc.STATX_INO | Libc.STATX_BTIME;
        if (watch.Spec.ScanOnStart != StartScan.All && Libc.statx(Libc.AT_FDCWD, watch.TerminatedRoot, 0, wanted, out statx found) >= 0 && (found.stx_mask & Libc.STATX_BTIME) != 0)
        {
            watch.LostRoots[DirectoryKey(in found)] = new LostRoot(watch.LastScanNs, watch.LastScanNs, null);
        }
    }

    private void ReportWatchError(Watch watch, int error, int node)
    {
        if (error is -Errno.ENOENT or -Errno.ENOTDIR)
        {
            return;
        }

        if (IsShortOfWatches(error))
        {
            ReportShortOfWatches(watch, error, NodePath(node));
            return;
        }

        if (error == -Errno.EACCES && _nodes[node].Parent >= 0)
        {
            NoteShut(watch, _nodes[node].Parent, _nodes.Name(node));
        }

        _log.Warning($"cannot watch '{Text(NodePath(node))}': inotify_add_watch: {Errno.Name(error)} {Errno.Text(error)}{Remedy(error)}");
    }

    /// <summary>Says that the kernel grants no watch, and has the trees concerned scanned from now on.</summary>
    private void ReportShortOfWatches(Watch watch, int error, ReadOnlySpan<byte> path)
    {
        string what;
        string remedy;
        if (error == -Errno.ENOSPC)
        {
            long limit = WatchLimit();
            what = $"the limit of inotify watches is reached ({_nodes.DescriptorCount} are in use here{(limit == long.MaxValue ? "" : $" of {limit}")}), or kernel memory is short";
            remedy = $"sysctl fs.inotify.max_user_watches={Math.Max(1_048_576, limit == long.MaxValue ? 0 : limit * 2)} (where a user namespace has a lower one of its own: user.max_inotify_watches)";
        }
        else
        {
            bool isMemory = error == -Errno.ENOMEM;
            what = isMemory ? "ENOMEM kernel memory is short" : "the limit of inotify instances is reached" + InstanceLimit();
            remedy = isMemory ? "" : "sysctl fs.inotify.max_user_instances=1024 (where a user namespace has a lower one of its own: user.max_inotify_instances)";
        }

        SayShortage(error, $"cannot watch '{Text(path)}': {what}; this directory and further ones are scanned every {IntervalText(watch)} instead; {(remedy.Length == 0 ? "free memory" : "raise the limit with: " + remedy)}");
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
        Shortage = Shortage.Length == 0 ? "some directories are not watched, they are scanned every " + IntervalText(watch) : Shortage;
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
        Math.Min(KernelLimit.Read("/proc/sys/fs/inotify/max_user_watches\0"u8), KernelLimit.Read("/proc/sys/user/max_inotify_watches\0"u8));

    /// <summary>Says how many inotify instances the user may have; empty where that cannot be read.</summary>
    private static string InstanceLimit()
    {
        long limit = Math.Min(KernelLimit.Read("/proc/sys/fs/inotify/max_user_instances\0"u8), KernelLimit.Read("/proc/sys/user/max_inotify_instances\0"u8));
        return limit == long.MaxValue ? "" : $" ({limit} for each user)";
    }

    private static string Remedy(int error) => error switch
    {
        -Errno.EACCES or -Errno.EPERM => "; its permissions keep the daemon's user out",
        _ => "",
    };
}
