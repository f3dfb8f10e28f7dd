using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Roots: started, looked for again, removed.</content>
public sealed partial class WatchTree
{
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
