using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Roots: started, lost, found again, removed.</content>
public sealed partial class WatchTree
{
    private const uint GuardMask = Libc.IN_CREATE | Libc.IN_MOVED_TO | Libc.IN_DELETE_SELF | Libc.IN_MOVE_SELF | Libc.IN_ATTRIB;

    /// <summary>Directories that a root was and may be again.</summary>
    private const int LostRootsLimit = 64;

    private readonly HashSet<string> _pseudoMounts = new(StringComparer.Ordinal);
    private bool _rootsToRetry;

    /// <summary>Adds watches; what is in their trees is reported only where <c>scan_on_start</c> says so.</summary>
    /// <remarks>
    /// Returns false where a root is absent whose watch must not start without it (<c>on_missing: fail</c>); the others run all the same.
    /// Watches that are removed in the same go (a reload) are to be removed afterwards: shared directories are then never unwatched in between.
    /// </remarks>
    public bool AddWatches(IReadOnlyList<Watch> watches)
    {
        bool wasAnyMovedTo = _anyMovedTo;
        foreach (Watch watch in watches)
        {
            _anyMovedTo |= (watch.Mapped & EventMask.MovedTo) != 0;
        }

        if (_anyMovedTo && !wasAnyMovedTo)
        {
            AddMaskToAll(Libc.IN_MOVED_FROM);
        }

        bool complete = true;
        _settingUp = true;
        foreach (Watch watch in watches)
        {
            watch.Index = _watches.IndexOf(null);
            if (watch.Index < 0)
            {
                watch.Index = _watches.Count;
                _watches.Add(watch);
            }
            else
            {
                _watches[watch.Index] = watch;
            }

        }

        FindPseudoMounts();
        foreach (Watch watch in watches)
        {
            watch.Filter.Exploded += (pattern, path) =>
                _log.Error($"pattern '{pattern}' took too many steps on '{Text(path)}': the path counts as not matched; simplify the pattern");
            _log.Info($"start listening for inotify events on '{Text(watch.Root)}'");
            watch.LastScanNs = _clock.RealtimeCoarseNs;
            watch.NeverSeenNs = Math.Min(watch.NeverSeenNs, Math.Min(watch.GapStartNs, watch.LastScanNs));
            int error = StartRoot(watch, watch.Spec.ScanOnStart == StartScan.All);
            if (error < 0)
            {
                if (IsShort(error))
                {
                    NoteUnseenRoot(watch);
                }

                bool fail = watch.Spec.OnMissing == MissingPolicy.Fail;
                complete &= !fail;
                string message = $"cannot watch '{Text(watch.Root)}': {Errno.Name(error)} {Errno.Text(error)}";
                if (fail)
                {
                    _log.Error(message + "; create it, or set on_missing to wait");
                }
                else
                {
                    _log.Warning(message + "; waiting until it is there");
                }
            }

            PlaceGuard(watch, error);
            WatchAbove(watch);
            if (watch.IsTree)
            {
                _ = NoteMounts(watch);
            }

            ArmPoll(watch);
        }

        _settingUp = false;
        EndSetUp();

        foreach (Watch watch in watches)
        {
            if (watch.Remote is not null && watch.RootNode >= 0)
            {
                // What is there is the base of all comparisons to come.
                ScanGap(watch, long.MaxValue);
            }
        }

        // A root may have come or gone between the look at it and the watches above it.
        RetryRoots();
        return complete;
    }

    /// <summary>Nodes of a large set-up are fresh only if something was queued meanwhile; mostly nothing was, and nothing need be kept.</summary>
    private void EndSetUp()
    {
        int pending = _inotify.Pending();
        for (int node = 0; node < _nodes.HighWater; node++)
        {
            ref WatchNode n = ref _nodes[node];
            if ((n.Flags & (NodeFlags.Used | NodeFlags.Fresh)) == (NodeFlags.Used | NodeFlags.Fresh))
            {
                if (pending == 0 && ReadBytes == HandledBytes)
                {
                    n.Flags &= ~NodeFlags.Fresh;
                }
                else
                {
                    _memory.AddFresh(node, n.Wd);
                }
            }
        }

        _memory.Close(ReadBytes + pending);
        _memory.Expire(HandledBytes, _nodes);
    }

    /// <summary>Says, before a watch is added, that it takes the place of one with the same root, which is removed then: what that one had still to find out is handed on.</summary>
    internal void Succeed(Watch before, Watch watch)
    {
        foreach ((ulong key, LostRoot lost) in before.LostRoots)
        {
            watch.LostRoots[key] = lost;
        }

        watch.NeverSeenNs = before.NeverSeenNs;
        bool isDirectory = before.RootNode >= 0 && (_nodes[before.RootNode].Flags & NodeFlags.File) == 0;
        if (isDirectory && (before.GapStartNs != long.MaxValue || !IsSettled || _postponed.Count != 0))
        {
            watch.Returning = SeenNow(before);
            OpenGap(watch, watch.Returning.SinceNs, lost: true);
        }
    }

    /// <summary>Removes a watch and all that only it needed; nothing is reported.</summary>
    public void RemoveWatch(Watch watch)
    {
        _log.Debug($"stop listening for inotify events on '{Text(watch.Root)}'");
        if (watch.GuardNode >= 0)
        {
            Forget(watch.GuardNode);
            watch.GuardNode = -1;
        }

        ReleaseAbove(watch);
        if (watch.RootNode >= 0)
        {
            Drop(watch.RootNode);
            watch.RootNode = -1;
        }

        for (int i = 0; i < MovePairer.Capacity; i++)
        {
            MoveHalf half = _moves.At(i);
            for (int s = 0; s < half.Count; s++)
            {
                ref MoveSource source = ref half[s];
                if (source.Watch == watch.Index)
                {
                    if (source.Node >= 0)
                    {
                        Drop(source.Node);
                    }

                    source.Node = -1;
                    source.Displaced = -1;
                    source.Watch = -1;
                }
            }
        }

        foreach (Displaced displaced in _displaced.FindAll(d => d.Watch == watch.Index))
        {
            DropDisplaced(displaced);
        }

        DropDead(watch.Index);
        _wheel.Cancel(watch);
        _watches[watch.Index] = null;
        watch.Index = -1;
    }

    /// <summary>Drops directories that were deleted and wait for their last event; of one watch, or of all (-1).</summary>
    private void DropDead(int watch)
    {
        for (int node = 0; node < _nodes.HighWater; node++)
        {
            if ((_nodes[node].Flags & (NodeFlags.Used | NodeFlags.Dead)) == (NodeFlags.Used | NodeFlags.Dead) && (watch < 0 || _nodes[node].Watch == watch))
            {
                Drop(node);
            }
        }
    }

    private int StartRoot(Watch watch, bool report)
    {
        int fd = TreeOpener.OpenDirectory(watch.TerminatedRoot, "\0"u8);
        if (fd == -Errno.ENOTDIR)
        {
            return StartFile(watch, report);
        }

        if (fd < 0)
        {
            return fd;
        }

        int node = _nodes.Add(-1, default, (ushort)watch.Index);
        watch.RootNode = node;
        watch.RootDevice = DeviceOf(fd);
        LostRoot? lost = IdentifyRoot(watch, fd, report);
        if (lost is not null)
        {
            // It was away: what is in it is known but for what changed meanwhile.
            report = false;
            watch.Returning = lost;
            OpenGap(watch, lost.SinceNs, lost: true);
        }

        bool isKnown = Libc.fstatfs(fd, out statfs fileSystem) >= 0;
        watch.RemoteKind = isKnown ? RemoteFileSystem.NameOf(fileSystem.f_type) : null;
        if (watch.RemoteKind is { } kind && watch.Spec.PollMs == 0 && !watch.IsWarnedOfRemote)
        {
            watch.IsWarnedOfRemote = true;
            _log.Warning($"'{Text(watch.Root)}' is on a file system of type {kind}: inotify does not tell what other hosts change there; set \"poll\" for this watch, for example \"poll\": \"10s\"");
        }

        if (watch.RemoteKind is not null && watch.Spec.PollMs > 0)
        {
            watch.Remote ??= new RemoteChanges();
        }

        watch.CountsLinks = isKnown
            && fileSystem.f_type is Libc.EXT4_SUPER_MAGIC or Libc.XFS_SUPER_MAGIC or Libc.TMPFS_MAGIC
            && (watch.Mapped & (EventMask.Open | EventMask.Access | EventMask.CloseNoWrite)) == 0;
        Walk(watch, node, fd, report);
        if (_nodes[node].Wd < 0 && !watch.IsBlind)
        {
            // The reason has been logged; a guard would not help, the path is there.
            watch.RootNode = -1;
            if ((_nodes[node].Flags & NodeFlags.Used) != 0)
            {
                _nodes.Free(node);
            }
        }

        return 0;
    }

    /// <summary>Takes down which directory the root is, and returns what was known of it when it went away; null: it has never been the root.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="fd">The directory.</param>
    /// <param name="isNew">Whether it is reported whole if it has never been the root; a file system that is mounted there is not.</param>
    private static LostRoot? IdentifyRoot(Watch watch, int fd, bool isNew)
    {
        const uint wanted = Libc.STATX_INO | Libc.STATX_BTIME;
        if (Libc.statx(fd, "\0"u8, Libc.AT_EMPTY_PATH, wanted, out statx found) < 0)
        {
            return null;
        }

        // The number of a device may be another one after the next mount: the birth of the root has to tell file systems apart, and where there is none, the device.
        bool isBirthKnown = (found.stx_mask & Libc.STATX_BTIME) != 0;
        watch.RootKey = DirectoryKey(in found) ^ (isBirthKnown ? 0 : watch.RootDevice * 31);
        watch.RootInode = LostRoot.Fold(found.stx_ino);
        if (watch.LostRoots.Remove(watch.RootKey, out LostRoot? lost))
        {
            return lost;
        }

        return isNew && (found.stx_attributes & Libc.STATX_ATTR_MOUNT_ROOT) != 0 ? new LostRoot(watch.NeverSeenNs, watch.NeverSeenNs, null) : null;
    }

    private int StartFile(Watch watch, bool report)
    {
        uint mask = MaskOf(watch) | Libc.IN_MOVE_SELF | Libc.IN_ATTRIB;
        int wd = _inotify.AddPath(watch.TerminatedRoot, mask | Libc.IN_MASK_ADD);
        if (wd < 0)
        {
            return wd;
        }

        int node = _nodes.Add(-1, default, (ushort)watch.Index);
        _nodes[node].Flags |= NodeFlags.File;
        _nodes.Attach(node, wd);
        watch.RootNode = node;
        if (report)
        {
            ReportFile(watch, wd);
        }

        return 0;
    }

    private void ReportFile(Watch watch, int wd)
    {
        if ((watch.Mapped & EventMask.Create) != 0)
        {
            Synthesize(watch, wd, EventMask.Create, watch.Root);
        }

        if (watch.FoundAs != EventMask.None)
        {
            Synthesize(watch, wd, watch.FoundAs, watch.Root);
        }

        if ((watch.Mapped & EventMask.CloseWrite) != 0)
        {
            _memory.AddLook(wd, default);
            ReportWritten(watch, watch.RootNode, Libc.AT_FDCWD, watch.TerminatedRoot, default);
            _memory.Close(ReadBytes + _inotify.Pending());
        }
    }

    /// <summary>Watches for the coming (back) of a root that is absent, and always for the replacing of a file.</summary>
    /// <remarks>The guard is the nearest directory on the way that exists, links followed; each time something happens there the root is looked for again, so it comes nearer step by step.</remarks>
    private void PlaceGuard(Watch watch, int startError)
    {
        bool isFile = watch.RootNode >= 0 && (_nodes[watch.RootNode].Flags & NodeFlags.File) != 0;
        if (watch.RootNode >= 0 && !isFile)
        {
            RemoveGuard(watch);
            return;
        }

        if (startError is not (0 or -Errno.ENOENT or -Errno.ENOTDIR or -Errno.EACCES or -Errno.ELOOP))
        {
            // Too many open files, no memory: it passes, and no event says when.
            MarkBlind(watch);
            return;
        }

        List<PathSteps.Step> steps = PathSteps.Of(watch.Root);
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            PathSteps.Step step = steps[i];
            if (watch.GuardNode >= 0 && watch.GuardPath.AsSpan().SequenceEqual(step.Directory) && watch.GuardName.AsSpan().SequenceEqual(step.Name))
            {
                return;
            }

            int wd = _inotify.AddPath(step.Directory, GuardMask | Libc.IN_ONLYDIR | Libc.IN_MASK_ADD);
            if (wd >= 0)
            {
                RemoveGuard(watch);
                int guard = _nodes.Add(-1, default, (ushort)watch.Index);
                _nodes[guard].Flags |= NodeFlags.Guard;
                _nodes.Attach(guard, wd);
                watch.GuardNode = guard;
                watch.GuardPath = step.Directory;
                watch.GuardName = step.Name;

                // It may have come between the look and the guard.
                watch.RetryRoot = true;
                _rootsToRetry = true;
                return;
            }
        }

        // Not a single watch is to be had.
        MarkBlind(watch);
    }

    private void RemoveGuard(Watch watch)
    {
        if (watch.GuardNode >= 0)
        {
            Forget(watch.GuardNode);
            watch.GuardNode = -1;
            watch.GuardPath = [];
            watch.GuardName = [];
        }
    }

    private void OnGuard(int node, in RawEvent record)
    {
        Watch watch = _watches[_nodes[node].Watch]!;
        if ((record.Mask & Libc.IN_IGNORED) != 0)
        {
            RemoveGuard(watch);
        }

        // Only the name that the root's path leads through is of interest.
        if (!record.Name.IsEmpty && !record.Name.SequenceEqual(watch.GuardName))
        {
            return;
        }

        watch.RetryRoot = true;
        _rootsToRetry = true;
    }

    private void LoseRoot(Watch watch, string how)
    {
        if (watch.RootNode < 0)
        {
            return;
        }

        bool isFile = (_nodes[watch.RootNode].Flags & NodeFlags.File) != 0;
        if (!isFile)
        {
            RememberLost(watch);
            _sink.OnTreeGone(watch.Root);
            _log.Warning($"'{Text(watch.Root)}' {how}; waiting until it is back");
        }

        Drop(watch.RootNode);
        watch.RootNode = -1;
        watch.RetryRoot = true;
        _rootsToRetry = true;
    }

    /// <summary>Remembers a root that is about to be lost, for its coming back.</summary>
    private void RememberLost(Watch watch)
    {
        LostRoot? lost = watch.AtUnmount is not null && HandledBytes < watch.UnmountHorizon ? watch.AtUnmount : LostNow(watch);
        watch.AtUnmount = null;
        watch.Returning = null;

        // What comes in its place has a gap of its own.
        watch.GapStartNs = long.MaxValue;
        if (watch.RootKey != 0 && watch.LostRoots.Count < LostRootsLimit)
        {
            watch.LostRoots[watch.RootKey] = lost;
        }
    }

    /// <summary>Returns what is to be remembered of a root that is lost now: its tasks go with it, so what they were for is to be found again.</summary>
    private LostRoot LostNow(Watch watch)
    {
        LostRoot lost = SeenNow(watch);
        return lost with { SinceNs = Math.Min(lost.SinceNs, OldestTaskNs?.Invoke(watch.Root) ?? long.MaxValue) };
    }

    /// <summary>Returns what is known of a root now, and since when something of it may not have been reported, files that somebody has open included.</summary>
    private LostRoot SeenNow(Watch watch)
    {
        long sinceNs = Math.Min(LastEmptyNs, watch.GapStartNs);
        for (int file = watch.TracksWriters ? _open.First : -1; file >= 0; file = _open[file].Next)
        {
            for (int node = _nodes.FirstOf(_open[file].Wd); _open[file].Wd >= 0 && node >= 0; node = _nodes.NextOf(node))
            {
                if (_nodes[node].Watch == watch.Index && (_nodes[node].Flags & NodeFlags.Guard) == 0)
                {
                    sinceNs = Math.Min(sinceNs, _open[file].SinceNs);
                }
            }
        }

        // Of one that had come back and has not been scanned yet, what is known is what was known before.
        return watch.Returning is { } again
            ? again with { SinceNs = Math.Min(again.SinceNs, sinceNs) }
            : new LostRoot(sinceNs, LastEmptyNs, KnownDirectories(watch));
    }

    /// <summary>Returns the inode numbers of a watch's directories, folded and in order; null where they cannot be told from others.</summary>
    private uint[]? KnownDirectories(Watch watch)
    {
        if (_nodes[watch.RootNode].Inode != watch.RootInode)
        {
            // It was not listed, or is on a file system whose listings have other numbers than stat(2).
            return null;
        }

        List<uint> known = [];
        for (int node = 0; node < _nodes.HighWater; node++)
        {
            ref WatchNode n = ref _nodes[node];
            const NodeFlags others = NodeFlags.Guard | NodeFlags.Dead;
            bool isReported = (n.Flags & (NodeFlags.Fresh | NodeFlags.Reported)) != NodeFlags.Fresh;
            if ((n.Flags & (NodeFlags.Used | others)) == NodeFlags.Used && n.Watch == watch.Index && isReported && _nodes.Top(node) == watch.RootNode)
            {
                known.Add(n.Inode);
            }
        }

        known.Sort();
        return [.. known];
    }

    private void RetryRoots()
    {
        // A guard that is placed asks for another look; each look moves the guard or ends, so a few rounds do.
        _rootsLostInARow = 0;
        for (int round = 0; _rootsToRetry && round < 4096; round++)
        {
            _rootsToRetry = false;
            foreach (Watch? watch in _watches)
            {
                if (watch is not null && watch.RetryRoot)
                {
                    watch.RetryRoot = false;
                    RetryRoot(watch);
                }
            }
        }
    }

    private void RetryRoot(Watch watch)
    {
        if (watch.RootNode >= 0)
        {
            if ((_nodes[watch.RootNode].Flags & NodeFlags.File) != 0)
            {
                RefreshFile(watch);
            }
            else
            {
                VerifyRoot(watch);
            }

            return;
        }

        int error = StartRoot(watch, report: true);
        if (error == 0 && watch.RootNode >= 0)
        {
            _log.Info($"'{Text(watch.Root)}' is there, start listening for inotify events on it");
            _memory.Close(ReadBytes + _inotify.Pending());
        }

        PlaceGuard(watch, error);
        WatchAbove(watch);
        CloseGaps();
    }

    /// <summary>A file root whose directory changed: another inode may bear its name now (an editor's atomic save).</summary>
    private void RefreshFile(Watch watch)
    {
        int node = watch.RootNode;
        int wd = _inotify.AddPath(watch.TerminatedRoot, MaskOf(watch) | Libc.IN_MOVE_SELF | Libc.IN_ATTRIB | Libc.IN_MASK_ADD);
        if (wd == _nodes[node].Wd)
        {
            return;
        }

        Drop(node);
        watch.RootNode = -1;
        if (wd >= 0)
        {
            node = _nodes.Add(-1, default, (ushort)watch.Index);
            _nodes[node].Flags |= NodeFlags.File;
            _nodes.Attach(node, wd);
            watch.RootNode = node;
            ReportFile(watch, wd);
        }

        PlaceGuard(watch, wd);
    }

    private void AddMaskToAll(uint mask)
    {
        for (int node = 0; node < _nodes.HighWater; node++)
        {
            if ((_nodes[node].Flags & (NodeFlags.Used | NodeFlags.File | NodeFlags.Guard)) != NodeFlags.Used && (_nodes[node].Flags & NodeFlags.Root) == 0)
            {
                continue;
            }

            if (_nodes[node].Wd < 0 || (_nodes[node].Flags & (NodeFlags.File | NodeFlags.Guard | NodeFlags.Dead)) != 0)
            {
                continue;
            }

            int fd = OpenEntry(_watches[_nodes[node].Watch]!, node, default);
            if (fd >= 0)
            {
                _inotify.AddDirectory(fd, mask);
                _ = Libc.close(fd);
            }
        }
    }

    /// <summary>Finds the mount points of /proc, /sys and the like, which are never descended into.</summary>
    private void FindPseudoMounts()
    {
        _pseudoMounts.Clear();
        foreach (string path in MountTable.PseudoFileSystems())
        {
            foreach (Watch? watch in _watches)
            {
                if (watch is not null && watch.IsTree && path.StartsWith(Text(watch.Root).TrimEnd('/') + "/", StringComparison.Ordinal))
                {
                    _pseudoMounts.Add(path);
                    break;
                }
            }
        }
    }
}
