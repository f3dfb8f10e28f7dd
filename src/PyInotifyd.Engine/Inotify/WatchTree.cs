using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>The watched trees: turns the kernel's records into events with paths, and keeps the set of watches equal to the set of directories.</summary>
/// <remarks>
/// One inotify instance serves all watches. A watch descriptor leads to nodes, one for each watch that covers the inode; a node knows its name and its parent, so that a path is
/// put together only for an event that somebody mapped, and a rename of a directory re-hangs one node.
///
/// What the kernel promises and we build on: one queue, in order; an event is queued inside the call that caused it; MOVED_FROM, MOVED_TO and MOVE_SELF of one rename come in
/// this order, perhaps with others between. So a directory that leaves by MOVED_FROM is settled without any waiting: MOVED_TO before its MOVE_SELF says where it is now, MOVE_SELF
/// first says that it went where nobody watches. Only a directory that has no descriptor of its own needs the short deadline. Meanwhile its subtree is in limbo: it keeps its descriptors,
/// and events from inside are held back and handled, or dropped, once it is settled. A rename onto a name that is taken pushes the node there aside; the second half
/// of a RENAME_EXCHANGE brings it back, else it is gone.
///
/// What the kernel does not promise: that a path is still what it was when the event was queued. A directory that is added while older events wait may already be
/// another one of the same name. It is «fresh» until the queue has been handled past the moment, and a fresh node that moves is checked (inotify_add_watch of the new place must
/// return its descriptor), else scanned anew: at worst something is reported twice, never missed.
///
/// A directory is watched first and listed then, so what appears meanwhile is in the list or in the queue, mostly in both: <see cref="QueueMemory"/> takes out the second report.
/// Parts: this file handles records; Moves settles renames; Scan adds directories and reports what is in them; Roots starts, loses and finds roots again.
/// Threads: reactor only.   Source: inotify(7); fs/notify/fsnotify and vfs_rename of Linux 6.
/// </remarks>
public sealed partial class WatchTree : TimerEntry
{
    private readonly IInotify _inotify;
    private readonly IWatchSink _sink;
    private readonly IClock _clock;
    private readonly TimerWheel _wheel;
    private readonly Logger _log;
    private readonly NodeTable _nodes = new();
    private readonly QueueMemory _memory = new();
    private readonly List<Watch?> _watches = [];
    private readonly PathBuilder _path = new();
    private readonly PathBuilder _oldPath = new();
    private readonly PathBuilder _scratch = new();
    private int _pathNode = -1;
    private int _pathPrefix;
    private bool _anyMovedTo;
    private bool _looking;

    /// <summary>Makes trees that watch nothing yet.</summary>
    public WatchTree(IInotify inotify, IWatchSink sink, IClock clock, TimerWheel wheel, Logger log)
    {
        _inotify = inotify;
        _sink = sink;
        _clock = clock;
        _wheel = wheel;
        _log = log;
    }

    /// <summary>Directories and files that are watched, one that two watches share counted once.</summary>
    public int WatchedCount => _nodes.DescriptorCount;

    /// <summary>Records handled.</summary>
    public long EventsRead { get; private set; }

    /// <summary>Times that the kernel's queue overflowed.</summary>
    public long Overflows { get; private set; }

    /// <summary>Bytes of the queue that have been handled.</summary>
    public long HandledBytes { get; private set; }

    /// <summary>Bytes that have been read from the queue; set by the source before it hands the records over.</summary>
    public long ReadBytes { get; set; }

    /// <summary>Handles one record; <paramref name="size"/> is what it took in the queue.</summary>
    public void OnRecord(in RawEvent record, int size)
    {
        EventsRead++;
        HandledBytes += size;
        if (!_memory.IsEmpty)
        {
            _memory.Expire(HandledBytes - size, _nodes);
        }

        if (record.Wd < 0)
        {
            if ((record.Mask & Libc.IN_Q_OVERFLOW) != 0)
            {
                OnOverflow();
            }

            return;
        }

        if (MayBeAbove(in record))
        {
            OnAbove(in record);
        }

        int node = _nodes.FirstOf(record.Wd);
        if (node < 0)
        {
            return;
        }

        if (_nodes.AnyShared && _nodes.NextOf(node) >= 0)
        {
            OnSharedRecord(node, in record);
        }
        else if (record.Name.IsEmpty)
        {
            OnSelf(node, in record);
        }
        else if ((record.Mask & (Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO)) != 0)
        {
            OnMoveOfOne(node, in record);
        }
        else
        {
            OnEntry(node, in record);
        }
    }

    /// <summary>Ends a batch of records: settles what waited for it, and looks for roots.</summary>
    /// <param name="isQueueEmpty">Whether nothing was left in the kernel's queue.</param>
    public void OnBatchEnd(bool isQueueEmpty)
    {
        if (!_memory.IsEmpty)
        {
            _memory.Expire(HandledBytes, _nodes);
        }

        if (isQueueEmpty)
        {
            AddPostponed();
            VerifyRehung();
            ArmFirstLooks();
        }

        CloseGaps();
        RetryRoots();
        if (isQueueEmpty)
        {
            ArmSettling();
        }
    }

    private void OnSharedRecord(int node, in RawEvent record)
    {
        // Handling one node may add or drop others of the same descriptor: take the list first, in the order of the watches.
        Span<int> nodes = stackalloc int[64];
        int count = 0;
        for (; node >= 0; node = _nodes.NextOf(node))
        {
            if (count == nodes.Length)
            {
                int[] more = new int[count * 2];
                nodes.CopyTo(more);
                nodes = more;
            }

            int at = count++;
            for (; at > 0 && _nodes[nodes[at - 1]].Watch > _nodes[node].Watch; at--)
            {
                nodes[at] = nodes[at - 1];
            }

            nodes[at] = node;
        }

        nodes = nodes[..count];
        if (!record.Name.IsEmpty && (record.Mask & (Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO)) != 0)
        {
            OnMove(nodes, in record);
            return;
        }

        foreach (int each in nodes)
        {
            if (_nodes[each].Wd != record.Wd)
            {
                continue;
            }

            if (record.Name.IsEmpty)
            {
                OnSelf(each, in record);
            }
            else
            {
                OnEntry(each, in record);
            }
        }
    }

    private void OnMoveOfOne(int node, in RawEvent record) => OnMove([node], in record);

    /// <summary>An event of the watched inode itself.</summary>
    private void OnSelf(int node, in RawEvent record)
    {
        ref WatchNode n = ref _nodes[node];
        EventMask kind = (EventMask)record.Mask & EventMask.All;
        if ((n.Flags & NodeFlags.Guard) != 0)
        {
            OnGuard(node, in record);
            return;
        }

        Watch watch = _watches[n.Watch]!;
        switch (kind)
        {
            case EventMask.Ignored:
                OnIgnored(node, in record);
                return;
            case EventMask.DeleteSelf:
                if ((n.Flags & NodeFlags.Dead) == 0)
                {
                    _sink.OnTreeGone(NodePath(node));
                }

                DeliverSelf(watch, node, in record);
                return;
            case EventMask.MoveSelf:
                OnMovedSelf(node, in record);
                return;
            case EventMask.Unmount:
                OnUnmounted(node, in record);
                return;
        }

        if ((n.Flags & NodeFlags.File) != 0 && kind == EventMask.Attrib)
        {
            // The last link of a file that somebody still has open goes without any other event.
            watch.RetryRoot = true;
            _rootsToRetry = true;
        }

        if ((n.Flags & NodeFlags.File) != 0 && watch.TracksWriters)
        {
            NoteWriter(in record, kind);
        }

        if ((watch.Mapped & kind) == 0)
        {
            return;
        }

        if (IsInLimbo(node))
        {
            Hold(node, in record);
        }
        else if ((kind & (EventMask.Open | EventMask.Access | EventMask.CloseNoWrite)) == 0 || !_memory.IsOwnLook(record.Wd, default))
        {
            DeliverSelf(watch, node, in record);
        }
    }

    private void OnIgnored(int node, in RawEvent record)
    {
        NodeFlags flags = _nodes[node].Flags;
        Watch watch = _watches[_nodes[node].Watch]!;
        _nodes.Detach(node);
        if ((flags & NodeFlags.Root) != 0)
        {
            DeliverSelf(watch, node, in record);
            LoseRoot(watch, "is gone");
            return;
        }

        if ((flags & NodeFlags.Dead) == 0 && !IsInLimbo(node))
        {
            _sink.OnTreeGone(NodePath(node));
        }

        DeliverSelf(watch, node, in record);
        Drop(node);
    }

    private void OnUnmounted(int node, in RawEvent record)
    {
        Watch watch = _watches[_nodes[node].Watch]!;
        bool isFirst = watch.UnmountHorizon <= HandledBytes;
        if (isFirst && watch.RootNode >= 0 && (_nodes[watch.RootNode].Flags & NodeFlags.File) == 0)
        {
            // The directories say it one by one, in any order, and each takes its tasks along: the root may be the last.
            watch.AtUnmount = LostNow(watch);
        }

        _sink.OnTreeGone(NodePath(node));
        if (isFirst)
        {
            watch.UnmountHorizon = ReadBytes + _inotify.Pending() + 1;
            if ((watch.Mapped & EventMask.Unmount) != 0)
            {
                _path.Set(watch.Root);
                _pathNode = -1;
                Deliver(watch, in record, _path.Bytes, default);
            }
        }
    }

    private void OnOverflow()
    {
        Overflows++;
        long gapStartNs = Math.Min(LastEmptyNs, _open.ForgottenSinceNs);
        _open.ForgottenSinceNs = long.MaxValue;

        // The last events of deleted directories may be among those that were lost.
        DropDead(-1);
        foreach (Watch? watch in _watches)
        {
            if (watch is null)
            {
                continue;
            }

            if (watch.Spec.OnOverflow == OverflowPolicy.Rescan)
            {
                OpenGap(watch, gapStartNs, lost: true);
            }

            if ((watch.Mapped & EventMask.QueueOverflow) != 0)
            {
                _sink.OnEvent(new WatchEvent { Watch = watch, Mask = EventMask.QueueOverflow, Wd = -1, PathName = watch.Root });
            }
        }

        _log.Warning($"the kernel's event queue overflowed, {Overflows} times so far; its trees are scanned for what was missed; raise the limit with: sysctl fs.inotify.max_queued_events=65536");
    }

    private void DeliverSelf(Watch watch, int node, in RawEvent record)
    {
        if ((watch.Mapped & (EventMask)record.Mask) != 0)
        {
            // One that was pushed aside is told of by the name that it had, which ends where its parking place begins.
            ReadOnlySpan<byte> path = NodePath(node);
            int end = path.IndexOf((byte)0);
            Deliver(watch, in record, end < 0 ? path : path[..end], default, (_nodes[node].Flags & NodeFlags.File) == 0);
        }
    }

    private void Deliver(Watch watch, in RawEvent record, ReadOnlySpan<byte> path, ReadOnlySpan<byte> source, bool selfIsDir = false)
    {
        EventMask mask = (EventMask)record.Mask & (EventMask.All | EventMask.IsDir);
        if ((watch.Mapped & mask) == 0 || (record.Name.IsEmpty ? !watch.Filter.Passes(path) : !watch.Filter.Passes(path, record.Name)))
        {
            return;
        }

        _sink.OnEvent(new WatchEvent
        {
            Watch = watch,
            Mask = mask,
            Wd = record.Wd,
            Cookie = record.Cookie,
            PathName = path,
            SrcPathName = source,
            SelfIsDir = selfIsDir,
        });
    }

    /// <summary>Returns the path of a node; valid until the next path is made.</summary>
    private ReadOnlySpan<byte> NodePath(int node)
    {
        AppendNodePath(node, _path);
        _pathNode = -1;
        return _path.Bytes;
    }

    /// <summary>Returns the path of an entry of a node; valid until the next path is made. Entries of one directory after the other cost their name only.</summary>
    private ReadOnlySpan<byte> EntryPath(int node, ReadOnlySpan<byte> name)
    {
        if (_pathNode != node)
        {
            AppendNodePath(node, _path);
            _pathPrefix = _path.Length;
            _pathNode = node;
        }

        _path.ReplaceName(_pathPrefix, name);
        return _path.Bytes;
    }

    private void AppendNodePath(int node, PathBuilder path)
    {
        path.Set(TopPath(_nodes.Top(node)));
        _nodes.AppendRelative(node, path);
    }

    private ReadOnlySpan<byte> TopPath(int top) =>
        (_nodes[top].Flags & NodeFlags.Limbo) != 0 && _limboPaths.TryGetValue(top, out byte[]? path) ? path : _watches[_nodes[top].Watch]!.Root;

    private bool IsInLimbo(int node) => _limboPaths.Count != 0 && (_nodes[_nodes.Top(node)].Flags & (NodeFlags.Limbo | NodeFlags.Dead)) == NodeFlags.Limbo;

    private static string Text(ReadOnlySpan<byte> path) => SurrogateEscape.Decode(path);
}
