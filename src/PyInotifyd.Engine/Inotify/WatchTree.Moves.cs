using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Renames.</content>
public sealed partial class WatchTree
{
    /// <summary>How long a directory without a descriptor of its own waits for its MOVED_TO once the queue is empty.</summary>
    private const long SettleMs = 50;

    /// <summary>Bytes of events held back for directories in limbo; beyond it the directory is scanned instead.</summary>
    private const int HeldLimit = 1 << 20;

    /// <summary>Renames between two moments of an empty queue that are remembered one by one.</summary>
    private const int RehungLimit = 4096;

    private readonly MovePairer _moves = new();
    private readonly Dictionary<int, byte[]> _limboPaths = [];
    private readonly List<Displaced> _displaced = [];
    private readonly List<HeldEvent> _held = [];
    private readonly List<Rehung> _rehung = [];
    private long _doubtSinceNs = long.MaxValue;
    private int _heldBytes;
    private long _heldSinceNs;
    private int _displacedCounter;

    /// <summary>A node that a rename pushed aside: the other half of an exchange, or about to vanish.</summary>
    private sealed record Displaced(int Node, int Watch, int AtWd, byte[] AtName, int OriginWd, byte[] OriginName, byte[] TemporaryPath);

    /// <summary>Where a rename put a directory, since the queue was empty last.</summary>
    private readonly record struct Rehung(int Node, int Wd, int Parent, int ParentWd, byte[] Name);

    private sealed record HeldEvent(int Top, int Wd, uint Mask, uint Cookie, byte[] Name);

    /// <summary>Settles what waited for the second half of a rename for too long: called by the timer, and before a scan.</summary>
    private void OnSettleTime()
    {
        for (int i = 0; i < MovePairer.Capacity; i++)
        {
            MoveHalf half = _moves.At(i);
            if (half.HoldsNodes)
            {
                SettleAsGone(half);
            }
        }

        while (_displaced.Count > 0)
        {
            DropDisplaced(_displaced[^1]);
        }
    }

    private void ArmSettling()
    {
        bool waiting = _displaced.Count > 0;
        for (int i = 0; i < MovePairer.Capacity && !waiting; i++)
        {
            waiting = _moves.At(i).HoldsNodes;
        }

        if (waiting && !IsArmed)
        {
            _wheel.Arm(this, MonotonicTime.DeadlineTick(_clock.NowNs, SettleMs));
        }
    }

    private void OnMove(ReadOnlySpan<int> nodes, in RawEvent record)
    {
        if ((record.Mask & Libc.IN_MOVED_FROM) != 0)
        {
            OnMovedFrom(nodes, in record);
        }
        else
        {
            OnMovedTo(nodes, in record);
        }
    }

    private void OnMovedFrom(ReadOnlySpan<int> nodes, in RawEvent record)
    {
        if (_moves.Oldest.HoldsNodes)
        {
            SettleAsGone(_moves.Oldest);
        }

        MoveHalf half = _moves.Open(record.Cookie, record.Wd);
        if (_open.Count != 0)
        {
            NoteMove(in record, half);
        }

        foreach (int node in nodes)
        {
            ref WatchNode n = ref _nodes[node];
            if ((n.Flags & NodeFlags.Guard) != 0)
            {
                OnGuard(node, in record);
                continue;
            }

            if (IsInLimbo(node))
            {
                Hold(node, in record);
                continue;
            }

            Watch watch = _watches[n.Watch]!;
            int watchIndex = n.Watch;
            _memory.TakeReported(record.Wd, watchIndex, record.Name);
            int child = -1;
            int displaced = -1;
            if ((record.Mask & Libc.IN_ISDIR) != 0)
            {
                child = _nodes.FindChild(node, record.Name);
                child = child >= 0 && IsStillThere(child, watch, node, record.Name) ? -1 : child;
                displaced = FindDisplaced(record.Wd, watchIndex, record.Name);
            }

            ReadOnlySpan<byte> path = EntryPath(node, record.Name);
            half.Add(watchIndex, node, child, displaced, path);
            if (child >= 0)
            {
                PutInLimbo(child, path.ToArray());
            }

            Deliver(watch, in record, path, default);
        }
    }

    private void OnMovedTo(ReadOnlySpan<int> nodes, in RawEvent record)
    {
        MoveHalf? half = _moves.Find(record.Cookie);
        bool isDir = (record.Mask & Libc.IN_ISDIR) != 0;
        if (_open.Count != 0 || half?.OpenKind is not null)
        {
            NoteMove(in record, half);
        }

        foreach (int node in nodes)
        {
            ref WatchNode n = ref _nodes[node];
            if ((n.Flags & NodeFlags.Guard) != 0)
            {
                OnGuard(node, in record);
                continue;
            }

            if (IsInLimbo(node))
            {
                Hold(node, in record);
                continue;
            }

            Watch watch = _watches[n.Watch]!;
            int source = half is null ? -1 : half.Find(n.Watch);
            ReadOnlySpan<byte> sourcePath = half is null || half.Count == 0 ? default : half[Math.Max(source, 0)].PathBytes;
            sourcePath = TemporaryNames.Is(sourcePath) ? default : sourcePath;
            bool scan = isDir && watch.IsTree && !Rehang(watch, node, half, source, in record);
            Deliver(watch, in record, EntryPath(node, record.Name), sourcePath);
            if (scan && watch.Spec.AutoAdd)
            {
                AddFound(node, record.Name);
            }
        }

        if (half is not null)
        {
            // Whatever the new place did not take has left its watch.
            KeepPartners(half, in record);
            SettleAsGone(half);
        }
    }

    /// <summary>Hangs a directory that moved within its watch where it is now; false where it is to be added as a new one.</summary>
    private bool Rehang(Watch watch, int node, MoveHalf? half, int source, in RawEvent record)
    {
        int existing = _nodes.FindChild(node, record.Name);
        int moved = source < 0 ? -1 : half![source].Node;
        bool isExchange = false;
        if (source >= 0 && half![source].Displaced is int displacedNode and >= 0)
        {
            Displaced? displaced = _displaced.Find(d => d.Node == displacedNode);
            if (displaced is not null && displaced.OriginWd == record.Wd && record.Name.SequenceEqual(displaced.OriginName))
            {
                // The second half of an exchange: what moved is the one pushed aside, and its partner stays where it has just gone.
                ref MoveSource s = ref half[source];
                if (moved >= 0)
                {
                    TakeFromLimbo(moved);
                    _nodes.Hang(moved, s.Parent, s.Name);
                    _pathNode = -1;
                    NoteRehung(moved);
                    Replay(moved);
                }

                moved = displaced.Node;
                _displaced.Remove(displaced);
                s.Displaced = -1;
                s.Node = -1;
                _oldPath.Set(displaced.TemporaryPath);
                isExchange = true;
            }
        }

        if (moved < 0)
        {
            if (existing >= 0)
            {
                if (IsFresh(existing) && IsAt(existing, watch, node, record.Name))
                {
                    if ((_nodes[existing].Flags & NodeFlags.Reported) != 0)
                    {
                        return true;
                    }

                    // The set-up of the watch found it, silently: what came with it is still to be reported.
                    Drop(existing);
                    return false;
                }

                // What comes in may have been seen to leave another watch: an exchange across watches.
                Displace(watch, existing, node, record, half?.Wd ?? -1, half is { Count: > 0 } ? half[0].Name : default);
            }

            return false;
        }

        if (!isExchange)
        {
            _oldPath.Set(half![source].PathBytes);
        }

        if (existing >= 0)
        {
            Displace(watch, existing, node, record, half!.Wd, half[source].Name);
        }

        if (source >= 0)
        {
            half![source].Node = -1;
        }

        if (TemporaryNames.Is(record.Name) && source >= 0 && IsFresh(moved) && IsAt(moved, watch, half![source].Parent, half[source].Name))
        {
            // The second half of an exchange whose other place is not looked at: what was there has got the hidden name, and the node stays where it has just been added.
            TakeFromLimbo(moved);
            _nodes.Hang(moved, half[source].Parent, half[source].Name);
            _pathNode = -1;
            Replay(moved);
            return true;
        }

        bool keep = !TemporaryNames.Is(record.Name) && !watch.Filter.Excludes(EntryPath(node, record.Name));
        if (keep && IsFresh(moved) && !IsAt(moved, watch, node, record.Name))
        {
            Doubt();
            _sink.OnTreeGone(_oldPath.Bytes);
            Drop(moved);
            return false;
        }

        if (!keep)
        {
            _sink.OnTreeGone(_oldPath.Bytes);
            Drop(moved);
            return true;
        }

        TakeFromLimbo(moved);
        _nodes.Hang(moved, node, record.Name);
        _pathNode = -1;
        NoteRehung(moved);
        _sink.OnTreeMoved(_oldPath.Bytes, EntryPath(node, record.Name));
        if (watch.Filter.HasExcludes)
        {
            Prune(watch, moved);
        }

        Replay(moved);
        return true;
    }

    private void OnMovedSelf(int node, in RawEvent record)
    {
        Watch watch = _watches[_nodes[node].Watch]!;
        if ((_nodes[node].Flags & NodeFlags.Root) != 0)
        {
            DeliverSelf(watch, node, in record);
            LoseRoot(watch, "was moved away");
            return;
        }

        if (!IsInLimbo(node))
        {
            DeliverSelf(watch, node, in record);
            return;
        }

        if (_nodes.Top(node) != node)
        {
            Hold(node, in record);
            return;
        }

        // MOVED_TO would have come before this: it went where nobody watches.
        DeliverSelf(watch, node, in record);
        for (int i = 0; i < MovePairer.Capacity; i++)
        {
            MoveHalf half = _moves.At(i);
            for (int s = 0; half.Cookie != 0 && s < half.Count; s++)
            {
                ref MoveSource source = ref half[s];
                if (source.Node == node)
                {
                    source.Node = -1;
                    _sink.OnTreeGone(source.PathBytes);
                    Drop(node);
                    return;
                }

                if (source.Displaced == node)
                {
                    // It was the one pushed aside that left; its partner stays at the name.
                    source.Displaced = -1;
                    int partner = source.Node;
                    source.Node = -1;
                    if (partner >= 0)
                    {
                        TakeFromLimbo(partner);
                        _nodes.Hang(partner, source.Parent, source.Name);
                        _pathNode = -1;
                        Replay(partner);
                    }

                    break;
                }
            }
        }

        if (_displaced.Find(d => d.Node == node) is Displaced displaced)
        {
            DropDisplaced(displaced);
        }
    }

    /// <summary>A rename without a (further) destination in its watch: the directories that hang on it are gone from there.</summary>
    private void SettleAsGone(MoveHalf half)
    {
        for (int i = 0; i < half.Count; i++)
        {
            ref MoveSource source = ref half[i];
            int node = source.Node;
            source.Node = -1;
            if (node >= 0)
            {
                _sink.OnTreeGone(source.PathBytes);
                Drop(node);
            }
        }

        half.Cookie = 0;
    }

    /// <summary>
    /// The second half of an exchange with a place in another watch: it was the directory pushed aside that left; what came in its place stays, with its tasks.
    /// </summary>
    private void KeepPartners(MoveHalf half, in RawEvent record)
    {
        for (int i = 0; i < half.Count; i++)
        {
            int node = half[i].Node;
            int pushedAside = half[i].Displaced;
            Displaced? displaced = node < 0 || pushedAside < 0 ? null : _displaced.Find(d => d.Node == pushedAside);
            if (displaced is null || displaced.OriginWd != record.Wd || !record.Name.SequenceEqual(displaced.OriginName))
            {
                continue;
            }

            half[i].Node = -1;
            half[i].Displaced = -1;
            TakeFromLimbo(node);
            _nodes.Hang(node, half[i].Parent, half[i].Name);
            _pathNode = -1;
            NoteRehung(node);
            DropDisplaced(displaced);
            Replay(node);
        }
    }

    private void NoteRehung(int node)
    {
        if (_rehung.Count < RehungLimit)
        {
            int parent = _nodes[node].Parent;
            _rehung.Add(new Rehung(node, _nodes[node].Wd, parent, _nodes[parent].Wd, _nodes.Name(node).ToArray()));
        }
        else
        {
            Doubt();
        }
    }

    /// <summary>Something was not where its event said, or a rename can be read in two ways: once the queue is empty, what was re-hung since is looked at.</summary>
    private void Doubt() => _doubtSinceNs = Math.Min(_doubtSinceNs, LastEmptyNs);

    /// <summary>With the queue empty: where a directory is not at its place, the tree is scanned like one that lost events.</summary>
    private void VerifyRehung()
    {
        if (_doubtSinceNs != long.MaxValue)
        {
            // What the tree lost sight of may be where it put another one.
            foreach (Rehung entry in _rehung)
            {
                _postponed.Add(new Postponed(entry.Parent, entry.ParentWd, entry.Name));
            }

            AddPostponed();
            bool all = _rehung.Count < RehungLimit;
            foreach ((int node, int wd, _, _, _) in _rehung)
            {
                ref WatchNode n = ref _nodes[node];
                if (n.Wd != wd || wd < 0 || n.Parent < 0 || (_nodes[_nodes.Top(node)].Flags & NodeFlags.Root) == 0)
                {
                    continue;
                }

                Watch watch = _watches[n.Watch]!;
                if (!all || !IsAt(node, watch, n.Parent, _nodes.Name(node)))
                {
                    OpenGap(watch, _doubtSinceNs, lost: true);
                }
            }
        }

        _doubtSinceNs = long.MaxValue;
        _rehung.Clear();
    }

    private void PutInLimbo(int node, byte[] path)
    {
        _nodes.Unhang(node);
        _nodes[node].Flags |= NodeFlags.Limbo;
        _limboPaths[node] = path;
        _pathNode = -1;
    }

    private void TakeFromLimbo(int node)
    {
        _limboPaths.Remove(node);
        _nodes[node].Flags &= ~NodeFlags.Limbo;
    }

    private void Hold(int node, in RawEvent record)
    {
        _heldSinceNs = _heldBytes == 0 ? LastEmptyNs : _heldSinceNs;
        _heldBytes += record.Name.Length + 64;
        if (_heldBytes <= HeldLimit)
        {
            _held.Add(new HeldEvent(_nodes.Top(node), record.Wd, record.Mask, record.Cookie, record.Name.ToArray()));
        }
    }

    /// <summary>Handles what was held back for a directory that has found its place.</summary>
    private void Replay(int top)
    {
        if (_held.Count == 0 && _heldBytes <= HeldLimit)
        {
            return;
        }

        List<HeldEvent> mine = _held.FindAll(e => e.Top == top);
        _held.RemoveAll(e => e.Top == top);
        bool lost = _heldBytes > HeldLimit;
        _heldBytes = _held.Count == 0 ? 0 : _heldBytes;
        foreach (HeldEvent held in mine)
        {
            RawEvent record = new(held.Wd, held.Mask, held.Cookie, held.Name);
            for (int node = _nodes.FirstOf(held.Wd); node >= 0; node = _nodes.NextOf(node))
            {
                if (_nodes.Top(node) == _nodes.Top(top) && IsBelow(node, top))
                {
                    if (record.Name.IsEmpty)
                    {
                        OnSelf(node, in record);
                    }
                    else if ((record.Mask & (Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO)) != 0)
                    {
                        OnMove([node], in record);
                    }
                    else
                    {
                        OnEntry(node, in record);
                    }

                    break;
                }
            }
        }

        if (lost)
        {
            // Whose they were, nobody remembers.
            foreach (Watch? watch in _watches)
            {
                if (watch is not null)
                {
                    OpenGap(watch, _heldSinceNs, lost: true);
                }
            }
        }
    }

    private bool IsBelow(int node, int top)
    {
        for (; node >= 0; node = _nodes[node].Parent)
        {
            if (node == top)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsFresh(int node) => (_nodes[node].Flags & NodeFlags.Fresh) != 0;

    /// <summary>Says of a child that an older event calls gone, or new, whether it is younger than that event: a scan found it, with what is in it, and it is there.</summary>
    private bool IsStillThere(int child, Watch watch, int parent, ReadOnlySpan<byte> name) =>
        IsFresh(child) && (_nodes[child].Flags & NodeFlags.Reported) != 0 && IsAt(child, watch, parent, name);

    /// <summary>Forgets the renames that a node was part of, which is about to be freed.</summary>
    private void ForgetRenames(int node)
    {
        _displaced.RemoveAll(d => d.Node == node);
        for (int i = 0; i < MovePairer.Capacity; i++)
        {
            MoveHalf half = _moves.At(i);
            for (int s = 0; s < half.Count; s++)
            {
                ref MoveSource source = ref half[s];
                source.Node = source.Node == node ? -1 : source.Node;
                source.Displaced = source.Displaced == node ? -1 : source.Displaced;
            }
        }
    }

    /// <summary>Says whether the directory that is now at a place is the one that a node stands for.</summary>
    private bool IsAt(int node, Watch watch, int parent, ReadOnlySpan<byte> name)
    {
        int fd = OpenEntry(watch, parent, name);
        if (fd < 0)
        {
            return false;
        }

        int wd = _inotify.AddDirectory(fd, MaskOf(watch));
        _ = Libc.close(fd);
        if (RememberLook(watch, node))
        {
            _memory.Close(ReadBytes + _inotify.Pending());
        }

        if (wd >= 0 && wd != _nodes[node].Wd && _nodes.FirstOf(wd) < 0)
        {
            Unwatch(wd);
        }

        return wd >= 0 && wd == _nodes[node].Wd;
    }
}
