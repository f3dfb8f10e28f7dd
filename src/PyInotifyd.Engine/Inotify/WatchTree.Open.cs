using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>The open set: files whose close is still to come, and the looks at them.</content>
/// <remarks>
/// Where IN_CLOSE_WRITE is mapped, IN_CREATE and IN_MODIFY put a file in and IN_CLOSE_WRITE takes it out; a scan puts in what it finds open. After a gap the members are looked at, and those that
/// nobody has open any more are reported: their close is among the events that were lost.
/// A file that a scan found open is looked at again after 1, 2, 4 … 60 s, since a writer through another link never sends a close here. One that an event put in is looked at once, after a second: if
/// nobody has it open and the queue is empty, no close will come (a hard link, a fifo, truncate(2)), and it leaves silently.
/// </remarks>
public sealed partial class WatchTree
{
    private const long FirstLookNs = 1_000_000_000;
    private const long LongestWaitNs = 60_000_000_000;
    private const long UnchangedNs = 2_000_000_000;

    /// <summary>The queue is still to be handled before a look can be believed.</summary>
    private const long SoonNs = 50_000_000;

    /// <summary>Looks of one expiry; more wait for the next step.</summary>
    private const int LooksAtOnce = 512;

    private readonly OpenSet _open = new();
    private readonly OpenTimer _openTimer = new();
    private readonly HashSet<(int File, int Watch)> _writtenInScan = [];
    private List<OpenBefore>? _openBefore;
    private int _openScan;

    private sealed class OpenTimer : TimerEntry;

    /// <summary>A file that somebody had open for writing when the last run wrote its state.</summary>
    internal readonly record struct OpenBefore(byte[] Path, ulong Inode);

    /// <summary>A number that is another one whenever there is something else to write down about open files; 0: nothing.</summary>
    internal long OpenVersion => _open.Version;

    /// <summary>Says, before the watches are added, which files were open when the last run ended.</summary>
    internal void SetOpenBefore(List<OpenBefore> files) => _openBefore = files;

    /// <summary>Hands over the files that may be open for writing, and since when they have the change time that they have at least.</summary>
    /// <remarks>Cost: a path and a statx(2) for each.   Returns false, with nothing handed over, where there are more than <paramref name="limit"/>; the time is the oldest of them.</remarks>
    internal bool CollectOpen(int limit, Action<byte[], ulong> take, out long sinceNs)
    {
        sinceNs = long.MaxValue;
        bool fits = _open.Count <= limit;
        for (int file = _open.First; file >= 0; file = _open[file].Next)
        {
            sinceNs = Math.Min(sinceNs, _open[file].SinceNs);
            int node = fits ? FirstWriterNode(_open[file].Wd) : -1;
            if (node < 0)
            {
                continue;
            }

            byte[] path = OpenPath(node, file).ToArray();
            const int flags = Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT;
            take(path, Libc.statx(Libc.AT_FDCWD, [.. path, 0], flags, Libc.STATX_INO, out statx found) < 0 ? 0 : found.stx_ino);
        }

        return fits;
    }

    /// <summary>Keeps the open set true over the rename of a file: a member goes with its name.</summary>
    private void NoteMove(in RawEvent record, MoveHalf? half)
    {
        int file = _open.Find(record.Wd, record.Name);
        if ((record.Mask & Libc.IN_MOVED_FROM) != 0)
        {
            half!.OpenKind = file < 0 ? null : _open[file].Kind;
            half.OpenSinceNs = file < 0 ? 0 : _open[file].SinceNs;
        }

        if (file >= 0)
        {
            _open.RemoveAt(file);
        }

        if ((record.Mask & Libc.IN_MOVED_TO) != 0 && half?.OpenKind is { } kind)
        {
            half.OpenKind = null;
            _ = _open.Put(record.Wd, record.Name, half.OpenSinceNs, kind);
        }
    }

    /// <summary>Puts a record's file into the open set or takes it out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteWriter(in RawEvent record, EventMask kind)
    {
        if ((kind & (EventMask.Create | EventMask.Modify)) != 0)
        {
            _open.Note(record.Wd, record.Name, LastEmptyNs);
        }
        else if ((kind & (EventMask.CloseWrite | EventMask.Delete)) != 0 && _open.Count != 0)
        {
            _open.Remove(record.Wd, record.Name);
        }
    }

    /// <summary>Reports a found file as written if nobody has it open; else it waits in the open set.</summary>
    private void ReportWritten(Watch watch, int node, int dirfd, ReadOnlySpan<byte> terminatedPath, ReadOnlySpan<byte> name)
    {
        int wd = OpenWd(node);
        WriterState state = LeaseProbe.Probe(dirfd, terminatedPath, dirfd == Libc.AT_FDCWD, out statx found);
        if (state is WriterState.Open or WriterState.Unknown)
        {
            Keep(_open.Put(wd, name, found.stx_mask == 0 ? LastEmptyNs : found.stx_ctime.Nanoseconds, state == WriterState.Open ? OpenKind.Held : OpenKind.Unsettled), in found);
        }
        else if (state == WriterState.Closed)
        {
            int file = watch.IsInScan ? _open.Find(wd, name) : -1;
            if (file >= 0)
            {
                _writtenInScan.Add((file, watch.Index));
            }

            Synthesize(watch, _nodes[node].Wd, EventMask.CloseWrite, name.IsEmpty ? NodePath(node) : EntryPath(node, name));
        }
    }

    private void Keep(int file, in statx found)
    {
        ref OpenFile f = ref _open[file];
        f.Scan = _openScan;
        f.Tries = 0;
        f.Print = PrintOf(in found);
        f.DueNs = _clock.NowNs + (f.Kind == OpenKind.Held ? FirstLookNs : UnchangedNs);
        ArmLooks(f.DueNs);
    }

    /// <summary>After the scans that follow a gap: looks at the members below the watches concerned, and reports those that have been closed.</summary>
    private void ReportClosed()
    {
        for (int file = _open.First; file >= 0;)
        {
            int next = _open[file].Next;
            if (_open[file].Scan != _openScan && IsBelowGap(_open[file].Wd))
            {
                int node = FirstWriterNode(_open[file].Wd);
                statx found = default;
                WriterState state = node < 0 ? WriterState.NotAFile : LookAt(node, file, out found);
                if (state is WriterState.Open or WriterState.Unknown)
                {
                    _open.SetKind(file, state == WriterState.Open ? OpenKind.Held : OpenKind.Unsettled);
                    Keep(file, in found);
                }
                else
                {
                    ReportAndForget(file, state == WriterState.Closed);
                }
            }

            file = next;
        }

        _writtenInScan.Clear();
        _memory.Close(ReadBytes + _inotify.Pending());
    }

    /// <summary>After a restart: looks at the files that were open when the last run ended.</summary>
    private void ReportClosedBefore()
    {
        foreach (OpenBefore before in _openBefore ?? [])
        {
            foreach (Watch? watch in _watches)
            {
                int nameAt = 0;
                int node = watch is null || !watch.IsInScan || !watch.TracksWriters ? -1 : FindParent(watch, before.Path, out nameAt);
                if (node < 0)
                {
                    continue;
                }

                ReadOnlySpan<byte> name = before.Path.AsSpan(nameAt);
                if (_memory.IsReported(_nodes[node].Wd, watch!.Index, name))
                {
                    // The scan found that it changed in the gap.
                    continue;
                }

                int fd = TreeOpener.OpenPath(watch.TerminatedRoot);
                if (fd >= 0 && watch.Filter.Passes(before.Path))
                {
                    BeginLook(_nodes[node].Wd, before.Path);
                    ReportWritten(watch, node, fd, [.. RelativeOf(node, name)], name);
                    EndLook();
                }

                _ = fd < 0 ? 0 : Libc.close(fd);
            }
        }

        _openBefore = null;
    }

    /// <summary>Has the members looked at that are due.</summary>
    private void OnLookTime()
    {
        long now = _clock.NowNs;
        long next = long.MaxValue;
        int looks = 0;
        for (int file = _open.First; file >= 0;)
        {
            int following = _open[file].Next;
            ref OpenFile f = ref _open[file];
            if (f.Kind != OpenKind.Writing)
            {
                f.DueNs = f.DueNs == 0 ? now + FirstLookNs : f.DueNs;
                long due = f.DueNs;
                if (due <= now && looks++ < LooksAtOnce)
                {
                    due = Look(file, now);
                }

                next = Math.Min(next, due);
            }

            file = following;
        }

        if (looks > 0)
        {
            _memory.Close(ReadBytes + _inotify.Pending());
        }

        if (next != long.MaxValue)
        {
            ArmLooks(Math.Max(next, now + (looks > LooksAtOnce ? 1_000_000 : SoonNs)));
        }
    }

    /// <summary>Looks at a member and returns when to look again; <see cref="long.MaxValue"/>: it needs no more looks.</summary>
    private long Look(int file, long now)
    {
        ref OpenFile f = ref _open[file];
        int node = FirstWriterNode(f.Wd);
        if (node >= 0 && IsInLimbo(node))
        {
            return f.DueNs = now + FirstLookNs;
        }

        statx found = default;
        WriterState state = node < 0 ? WriterState.NotAFile : LookAt(node, file, out found);
        switch (state)
        {
            case WriterState.NotAFile:
                _open.RemoveAt(file);
                return long.MaxValue;
            case WriterState.Closed when !IsQueueRead():
                // Its close may be among what is still to be read.
                return f.DueNs = now + SoonNs;
            case WriterState.Closed:
                ReportAndForget(file, f.Kind != OpenKind.Seen);
                return long.MaxValue;
            case var _ when f.Kind == OpenKind.Seen:
                _open.SetKind(file, OpenKind.Writing);
                return long.MaxValue;
            case WriterState.Open:
                _open.SetKind(file, OpenKind.Held);
                long wait = Math.Min(FirstLookNs << Math.Min(f.Tries + 1, 6), LongestWaitNs);
                f.Tries = (byte)Math.Min(f.Tries + 1, 6);
                return f.DueNs = now + wait;
        }

        ulong print = PrintOf(in found);
        if (f.Kind == OpenKind.Unsettled && f.Print == print)
        {
            ReportAndForget(file, report: true);
            return long.MaxValue;
        }

        _open.SetKind(file, OpenKind.Unsettled);
        f.Print = print;
        return f.DueNs = now + UnchangedNs;
    }

    /// <summary>Takes a member out, and tells the watches that map it of its close, unless a scan has just done so.</summary>
    private void ReportAndForget(int file, bool report)
    {
        int wd = _open[file].Wd;
        byte[] name = report ? _open.Name(file).ToArray() : [];
        _open.RemoveAt(file);
        for (int node = report ? FirstWriterNode(wd) : -1; node >= 0; node = wd < 0 ? -1 : NextWriterNode(_nodes.NextOf(node)))
        {
            Watch watch = _watches[_nodes[node].Watch]!;
            ReadOnlySpan<byte> path = name.Length == 0 ? NodePath(node) : EntryPath(node, name);
            if (!_writtenInScan.Contains((file, watch.Index)) && watch.Filter.Passes(path))
            {
                _found++;
                Synthesize(watch, wd < 0 ? -1 : wd, EventMask.CloseWrite, path);
            }
        }
    }

    private WriterState LookAt(int node, int file, out statx found)
    {
        found = default;
        Watch watch = _watches[_nodes[node].Watch]!;
        ReadOnlySpan<byte> name = _open.Name(file);
        BeginLook(_open[file].Wd, name);
        WriterState state;
        if (name.Length == 0)
        {
            state = LeaseProbe.Probe(Libc.AT_FDCWD, watch.TerminatedRoot, follow: true, out found);
        }
        else
        {
            int root = TreeOpener.OpenPath(watch.TerminatedRoot);
            state = IsShort(root) ? WriterState.Open : root < 0 ? WriterState.NotAFile : LeaseProbe.Probe(root, RelativeOf(node, name), follow: false, out found);
            _ = root < 0 ? 0 : Libc.close(root);
        }

        EndLook();
        return state;
    }

    /// <summary>Returns the path of an entry below its root, with a NUL; valid until the scratch buffer is used again.</summary>
    private ReadOnlySpan<byte> RelativeOf(int node, ReadOnlySpan<byte> name)
    {
        _scratch.Length = 0;
        _nodes.AppendRelative(node, _scratch);
        _scratch.AppendName(name);
        return _scratch.Terminated[1..];
    }

    private ReadOnlySpan<byte> OpenPath(int node, int file) => _open[file].NameLength == 0 ? NodePath(node) : EntryPath(node, _open.Name(file));

    /// <summary>Returns the node of the directory that a path's last component lies in, or -1.</summary>
    private int FindParent(Watch watch, byte[] path, out int nameAt)
    {
        nameAt = path.AsSpan().LastIndexOf((byte)'/') + 1;
        int node = watch.RootNode;
        int at = watch.Root.Length == 1 ? 0 : watch.Root.Length;
        if (node < 0 || path.Length <= at + 1 || path[at] != (byte)'/' || !path.AsSpan().StartsWith(watch.Root.AsSpan(0, at)))
        {
            return -1;
        }

        for (at++; node >= 0 && at < nameAt;)
        {
            int end = at + path.AsSpan(at).IndexOf((byte)'/');
            node = _nodes.FindChild(node, path.AsSpan(at, end - at));
            at = end + 1;
        }

        return node;
    }

    private int OpenWd(int node) => _nodes[node].Wd >= 0 ? _nodes[node].Wd : -2 - node;

    private int FirstWriterNode(int wd)
    {
        if (wd >= 0)
        {
            return NextWriterNode(_nodes.FirstOf(wd));
        }

        int node = -2 - wd;
        return (_nodes[node].Flags & (NodeFlags.Used | NodeFlags.Dead)) == NodeFlags.Used && IsWriterNode(node) ? node : -1;
    }

    private int NextWriterNode(int node)
    {
        while (node >= 0 && !IsWriterNode(node))
        {
            node = _nodes.NextOf(node);
        }

        return node;
    }

    private bool IsWriterNode(int node) =>
        (_nodes[node].Flags & (NodeFlags.Guard | NodeFlags.Dead)) == 0 && _watches[_nodes[node].Watch]!.TracksWriters;

    private bool IsBelowGap(int wd)
    {
        int node = FirstWriterNode(wd);
        if (node < 0)
        {
            return true;
        }

        for (; node >= 0; node = wd < 0 ? -1 : NextWriterNode(_nodes.NextOf(node)))
        {
            if (_watches[_nodes[node].Watch]!.IsInScan)
            {
                return true;
            }
        }

        return false;
    }

    private static ulong PrintOf(in statx found) =>
        ((found.stx_size * 0x9E3779B97F4A7C15) ^ (ulong)found.stx_mtime.Nanoseconds) * 0xD6E8FEB86659FD93 ^ (ulong)found.stx_ctime.Nanoseconds;

    /// <summary>With the queue empty: members that a record put in are looked at after a while.</summary>
    private void ArmFirstLooks()
    {
        if (_open.Waiting == 0)
        {
            _wheel.Cancel(_openTimer);
        }
        else if (!_openTimer.IsArmed)
        {
            _wheel.Arm(_openTimer, MonotonicTime.DeadlineTick(_clock.NowNs, FirstLookNs / 1_000_000));
        }
    }

    private void ArmLooks(long dueNs)
    {
        long tick = MonotonicTime.DeadlineTick(dueNs, 0);
        if (!_openTimer.IsArmed || _openTimer.Deadline > tick)
        {
            _wheel.Arm(_openTimer, tick);
        }
    }
}
