using System;
using System.Buffers.Text;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Adding directories, with what is in them.</content>
public sealed partial class WatchTree
{
    /// <summary>Directories of a walk that are kept open at once; deeper ones are opened anew on the way back up.</summary>
    private const int OpenLevels = 32;

    private const uint TreeMask = Libc.IN_CREATE | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO | Libc.IN_MOVE_SELF;

    /// <summary>Directories that are looked for once more; beyond it their trees are scanned.</summary>
    private const int PostponedLimit = 4096;

    private readonly List<Level> _levels = [];
    private readonly byte[] _records = GC.AllocateUninitializedArray<byte>(32 * 1024);
    private readonly byte[] _name = new byte[256];
    private readonly List<Postponed> _postponed = [];
    private bool _settingUp;
    private long _found;

    /// <summary>A directory that was not found where its event said: its parent, what that was, its name.</summary>
    private readonly record struct Postponed(int Parent, int Wd, byte[] Name);

    /// <summary>A directory on the way of a walk: its node, its descriptor (-1: closed meanwhile), and its next child to go into.</summary>
    private struct Level
    {
        public int Node;
        public int Fd;
        public int NextChild;

        /// <summary>The last directory that was watched was a child of this one, by its name.</summary>
        public bool IsCurrent;
    }

    /// <summary>Whether a limit of the kernel keeps some directories unwatched; they are scanned now and then.</summary>
    public bool IsDegraded { get; private set; }

    /// <summary>The mask that a watch needs on its directories.</summary>
    private uint MaskOf(Watch watch)
    {
        uint mask = (uint)(watch.Mapped & EventMask.Subscribable);
        mask |= watch.IsTree ? TreeMask : 0;
        mask |= _anyMovedTo ? Libc.IN_MOVED_FROM : 0;

        // A mask of nothing is refused; the going of the inode is of interest in any case.
        return mask | Libc.IN_DELETE_SELF;
    }

    /// <summary>Adds a directory that has just appeared, and reports what is in it.</summary>
    private void AddFound(int parent, ReadOnlySpan<byte> name)
    {
        Watch watch = _watches[_nodes[parent].Watch]!;
        if (TemporaryNames.Is(name) || (watch.Filter.HasExcludes && watch.Filter.Excludes(EntryPath(parent, name))))
        {
            return;
        }

        int fd = OpenFound(watch, parent, name);
        if (fd < 0)
        {
            ReportOpenError(fd, parent, name);
            Postpone(watch, parent, name);
            _memory.Close(ReadBytes + _inotify.Pending());
            return;
        }

        if (IsForeign(watch, fd))
        {
            _ = Libc.close(fd);
            return;
        }

        int node = _nodes.Add(parent, name, (ushort)watch.Index);
        Walk(watch, node, fd, report: true);
        _memory.Close(ReadBytes + _inotify.Pending());
    }

    /// <summary>Opens a directory that has just appeared, in the parent that it appeared in.</summary>
    /// <remarks>
    /// The event is as old as the queue is long. Unless nothing is unread, the parent may bear another name by now, and another directory its name: then its
    /// descriptor, asked for once more, is not the one that the parent has, and the answer is ENOENT.
    /// </remarks>
    private int OpenFound(Watch watch, int parent, ReadOnlySpan<byte> name)
    {
        int fd = OpenEntry(watch, parent, name);
        if (fd < 0 || _nodes[parent].Wd < 0 || IsQueueRead())
        {
            return fd;
        }

        _ = Libc.close(fd);
        RememberLook(watch, parent);
        fd = OpenEntry(watch, parent, default);
        if (fd < 0)
        {
            return fd;
        }

        int wd = _inotify.AddDirectory(fd, MaskOf(watch));
        int found = wd == _nodes[parent].Wd ? TreeOpener.OpenChild(fd, Terminate(name)) : -Errno.ENOENT;
        if (wd >= 0 && _nodes.FirstOf(wd) < 0)
        {
            _inotify.Remove(wd);
        }

        _ = Libc.close(fd);
        return found;
    }

    /// <summary>Goes through a directory again and adds and reports what is not known there.</summary>
    private void Rescan(int node)
    {
        Watch watch = _watches[_nodes[node].Watch]!;
        int fd = OpenEntry(watch, node, default);
        if (fd >= 0)
        {
            Walk(watch, node, fd, report: true);
            _memory.Close(ReadBytes + _inotify.Pending());
        }
    }

    /// <summary>Whether everything that the kernel has told has been handled: then the tree is as it is on the disk.</summary>
    private bool IsQueueRead() => HandledBytes == ReadBytes && _inotify.Pending() == 0;

    /// <summary>A directory that was taken for deleted turned out to be alive, here.</summary>
    private void DropDead(Watch watch, int node, int wd)
    {
        for (int other = _nodes.FirstOf(wd); other >= 0;)
        {
            int next = _nodes.NextOf(other);
            if (other != node && _nodes[other].Watch == watch.Index && (_nodes[other].Flags & NodeFlags.Dead) != 0)
            {
                Drop(other);
            }

            other = next;
        }
    }

    private bool IsKnownElsewhere(Watch watch, int node, int wd)
    {
        for (int other = _nodes.FirstOf(wd); other >= 0; other = _nodes.NextOf(other))
        {
            if (other != node && _nodes[other].Watch == watch.Index && (_nodes[other].Flags & (NodeFlags.Root | NodeFlags.Guard | NodeFlags.Dead)) == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Remembers that the daemon itself opens a directory, where its map asks for that.</summary>
    private bool RememberLook(Watch watch, int node)
    {
        if ((watch.Mapped & (EventMask.Open | EventMask.Access | EventMask.CloseNoWrite)) == 0)
        {
            return false;
        }

        _memory.AddLook(_nodes[node].Wd, default);
        int parent = _nodes[node].Parent;
        if (parent >= 0 && _nodes[parent].Wd >= 0)
        {
            _memory.AddLook(_nodes[parent].Wd, _nodes.Name(node));
        }

        return true;
    }

    /// <summary>Remembers a directory that could not be found: it has gone, which its own event will say, or one above it was renamed since, and it is where that is now.</summary>
    private void Postpone(Watch watch, int parent, ReadOnlySpan<byte> name)
    {
        Doubt();
        if (_nodes[parent].Wd < 0)
        {
            return;
        }

        if (_postponed.Count < PostponedLimit)
        {
            _postponed.Add(new Postponed(parent, _nodes[parent].Wd, name.ToArray()));
        }
        else
        {
            OpenGap(watch, LastEmptyNs, lost: true);
        }
    }

    /// <summary>With the queue empty the tree is as it is on the disk: looks once more for what was not found.</summary>
    private void AddPostponed()
    {
        if (_postponed.Count == 0)
        {
            return;
        }

        List<Postponed> again = [.. _postponed];
        _postponed.Clear();
        foreach (Postponed entry in again)
        {
            if (entry.Wd < 0 || _nodes[entry.Parent].Wd != entry.Wd || _nodes.FindChild(entry.Parent, entry.Name) >= 0)
            {
                continue;
            }

            if ((_nodes[_nodes.Top(entry.Parent)].Flags & NodeFlags.Root) == 0)
            {
                // It hangs on a rename that has not been settled.
                _postponed.Add(entry);
                continue;
            }

            Watch watch = _watches[_nodes[entry.Parent].Watch]!;
            if (!watch.Spec.AutoAdd)
            {
                continue;
            }

            int fd = OpenEntry(watch, entry.Parent, entry.Name);
            if (fd >= 0)
            {
                _ = Libc.close(fd);
                AddFound(entry.Parent, entry.Name);
            }
        }
    }

    /// <summary>After a rename inside a tree with exclude patterns: drops what is excluded under its new path, adds what no longer is.</summary>
    private void Prune(Watch watch, int top)
    {
        for (int child = _nodes[top].FirstChild; child >= 0;)
        {
            int next = _nodes[child].NextSibling;
            ReadOnlySpan<byte> path = NodePath(child);
            if (watch.Filter.Excludes(path))
            {
                _sink.OnTreeGone(path);
                Drop(child);
            }
            else
            {
                Prune(watch, child);
            }

            child = next;
        }

        if (!watch.Spec.AutoAdd)
        {
            return;
        }

        int fd = OpenEntry(watch, top, default);
        if (fd >= 0)
        {
            Walk(watch, top, fd, report: true, onlyNewDirectories: true);
            _memory.Close(ReadBytes + _inotify.Pending());
        }
    }

    /// <summary>Watches a directory, lists it, and goes into its sub-directories if the watch wants them; takes over the descriptor.</summary>
    private void Walk(Watch watch, int top, int fd, bool report, bool onlyNewDirectories = false)
    {
        int floor = _levels.Count;
        if (!Enter(watch, top, fd, report && !onlyNewDirectories, onlyNewDirectories && report))
        {
            return;
        }

        while (_levels.Count > floor)
        {
            Level level = _levels[^1];
            int child = level.NextChild;
            while (child >= 0 && _nodes[child].Wd >= 0)
            {
                child = _nodes[child].NextSibling;
            }

            if (child < 0)
            {
                if (level.Fd >= 0)
                {
                    _ = Libc.close(level.Fd);
                }

                _levels.RemoveAt(_levels.Count - 1);
                continue;
            }

            level.NextChild = _nodes[child].NextSibling;
            if (level.Fd < 0)
            {
                level.Fd = OpenEntry(watch, level.Node, default);
            }

            int leaf = -1;
            bool isLeaf = !report && watch.CountsLinks && level.Fd >= 0 && WatchLeaf(watch, child, ref level, out leaf);
            _levels[^1] = level;
            if (isLeaf)
            {
                continue;
            }

            int childFd = level.Fd < 0 ? level.Fd : TreeOpener.OpenChild(level.Fd, Terminate(_nodes.Name(child)));
            if (IsShortOfDescriptors(childFd) && CloseOuterLevels(floor))
            {
                // What running tasks hold may leave very few: the levels above can be opened anew.
                level.NextChild = child;
                _levels[^1] = level;
                continue;
            }

            if (childFd < 0 || IsForeign(watch, childFd))
            {
                if (childFd < 0)
                {
                    ReportOpenError(childFd, level.Node, _nodes.Name(child));
                    if (report)
                    {
                        Postpone(watch, level.Node, _nodes.Name(child));
                    }
                }
                else
                {
                    _ = Libc.close(childFd);
                }

                Forget(child);
                Unwatch(leaf);
                continue;
            }

            Enter(watch, child, childFd, report, false);
            Unwatch(leaf);
            int close = _levels.Count - 1 - OpenLevels;
            if (close >= floor && _levels[close].Fd >= 0)
            {
                Level outer = _levels[close];
                _ = Libc.close(outer.Fd);
                outer.Fd = -1;
                _levels[close] = outer;
            }
        }
    }

    /// <summary>Watches a directory of a silent walk by its name and says whether that was all there is to do: it has no sub-directories.</summary>
    /// <remarks>
    /// Most directories of a large tree have none, and where the file system counts a directory's links, two say so: two system calls instead of six.
    /// It is watched first and counted then, so a sub-directory that appears in between has its event; a name that is exchanged in between has the events of its parent.
    /// Source: inode(7), st_nlink; ext4, XFS and tmpfs keep it for directories (btrfs and overlayfs do not).
    /// </remarks>
    private bool WatchLeaf(Watch watch, int child, ref Level parent, out int wd)
    {
        ReadOnlySpan<byte> name = Terminate(_nodes.Name(child));
        wd = _inotify.AddChild(parent.Fd, name, MaskOf(watch), parent.IsCurrent);
        parent.IsCurrent = wd >= 0;
        if (wd < 0
            || Libc.statx(parent.Fd, name, Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_TYPE | Libc.STATX_NLINK, out statx found) < 0
            || found.Type != Libc.S_IFDIR || found.stx_nlink != 2 || (((ulong)found.stx_dev_major << 32) | found.stx_dev_minor) != watch.RootDevice)
        {
            // The way through a descriptor decides what it is.
            parent.IsCurrent = false;
            return false;
        }

        Tie(child, wd, reported: false);
        return true;
    }

    /// <summary>Removes a watch that no node has.</summary>
    private void Unwatch(int wd)
    {
        if (wd >= 0 && _nodes.FirstOf(wd) < 0)
        {
            _inotify.Remove(wd);
        }
    }

    private static bool IsShortOfDescriptors(int error) => error is -Errno.EMFILE or -Errno.ENFILE;

    /// <summary>Closes the directories of a walk above the deepest one; false where none was open.</summary>
    private bool CloseOuterLevels(int floor)
    {
        bool any = false;
        for (int i = floor; i < _levels.Count - 1; i++)
        {
            Level outer = _levels[i];
            if (outer.Fd >= 0)
            {
                _ = Libc.close(outer.Fd);
                outer.Fd = -1;
                _levels[i] = outer;
                any = true;
            }
        }

        return any;
    }

    /// <summary>Whether a directory lies on another file system than the root of a watch that stays on one.</summary>
    private static bool IsForeign(Watch watch, int fd) => watch.Spec.OneFileSystem && DeviceOf(fd) != watch.RootDevice;

    private static ulong DeviceOf(int fd) => Libc.statx(fd, "\0"u8, Libc.AT_EMPTY_PATH, Libc.STATX_TYPE, out statx found) < 0
        ? 0 : ((ulong)found.stx_dev_major << 32) | found.stx_dev_minor;

    /// <summary>Watches one directory and lists it: sub-directories become nodes, and all is reported if wanted.</summary>
    private bool Enter(Watch watch, int node, int fd, bool report, bool reportNewDirectories)
    {
        int wd = _inotify.AddDirectory(fd, MaskOf(watch));
        if (wd < 0)
        {
            ReportWatchError(watch, wd, node);
            if (wd != -Errno.ENOSPC)
            {
                _ = Libc.close(fd);
                if (wd is -Errno.ENOENT or -Errno.ENOTDIR)
                {
                    Forget(node);
                }

                return false;
            }
        }
        else
        {
            if (!_settingUp && !IsQueueRead() && IsKnownElsewhere(watch, node, wd))
            {
                // It came here by a rename that is still in the queue, and which takes it along with all that is known of it.
                Postpone(watch, _nodes[node].Parent, _nodes.Name(node));
                _ = Libc.close(fd);
                Forget(node);
                return false;
            }

            Tie(node, wd, report);
            DropDead(watch, node, wd);
        }

        bool looks = RememberLook(watch, node);
        bool descend = (_nodes[node].Flags & NodeFlags.Root) != 0 ? watch.Spec.Rec : watch.IsTree;
        if (descend || report)
        {
            List(watch, node, fd, report, reportNewDirectories, descend, looks);
        }

        _levels.Add(new Level { Node = node, Fd = fd, NextChild = descend ? _nodes[node].FirstChild : -1 });
        return true;
    }

    /// <summary>Ties a node to the descriptor of what is at its place now; it is fresh until the queue has been handled past this moment.</summary>
    private void Tie(int node, int wd, bool reported)
    {
        int before = _nodes[node].Wd;
        if (before >= 0 && before != wd && _nodes.Detach(node))
        {
            _inotify.Remove(before);
        }

        _nodes.Attach(node, wd);
        if ((_nodes[node].Flags & NodeFlags.Fresh) == 0)
        {
            _nodes[node].Flags |= reported ? NodeFlags.Fresh | NodeFlags.Reported : NodeFlags.Fresh;
            if (!_settingUp)
            {
                _memory.AddFresh(node, wd);
            }
        }
    }

    private void List(Watch watch, int node, int fd, bool report, bool reportNewDirectories, bool descend, bool looks)
    {
        int wd = _nodes[node].Wd;
        int size;
        while ((size = Libc.getdents64(fd, _records)) > 0)
        {
            DirectoryEntries entries = new(_records.AsSpan(0, size));
            while (entries.MoveNext())
            {
                if (TemporaryNames.Is(entries.Name))
                {
                    continue;
                }

                int type = entries.Type == Libc.DT_UNKNOWN ? TypeOf(fd, entries.Name) : entries.Type;
                bool isDir = type == Libc.DT_DIR;
                bool isNew = isDir && descend && _nodes.FindChild(node, entries.Name) < 0;
                if (isNew && watch.Filter.HasExcludes && watch.Filter.Excludes(EntryPath(node, entries.Name)))
                {
                    continue;
                }

                if (isNew && _pseudoMounts.Count != 0 && _pseudoMounts.Contains(Text(EntryPath(node, entries.Name))))
                {
                    continue;
                }

                if (report || (reportNewDirectories && isNew))
                {
                    ReportFound(watch, node, wd, fd, entries.Name, type, looks);
                }

                if (isNew)
                {
                    _nodes.Add(node, entries.Name, (ushort)watch.Index);
                }
            }
        }
    }

    private static int TypeOf(int dirfd, ReadOnlySpan<byte> name)
    {
        Span<byte> terminated = stackalloc byte[256];
        name.CopyTo(terminated);
        terminated[name.Length] = 0;
        if (Libc.statx(dirfd, terminated[..(name.Length + 1)], Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_TYPE, out statx found) < 0)
        {
            return Libc.DT_UNKNOWN;
        }

        return found.Type >> 12;
    }

    /// <summary>Reports an entry that a scan found, as its map wants to see it (CONTRACT 6.1).</summary>
    private void ReportFound(Watch watch, int node, int wd, int dirfd, ReadOnlySpan<byte> name, int type, bool looks, bool asCreated = true)
    {
        bool isDir = type == Libc.DT_DIR;
        EventMask dirFlag = isDir ? EventMask.IsDir : EventMask.None;
        ReadOnlySpan<byte> path = EntryPath(node, name);
        _memory.AddReported(wd, watch.Index, name);
        if (!watch.Filter.Passes(path))
        {
            return;
        }

        _found++;
        if (asCreated && (watch.Mapped & EventMask.Create) != 0)
        {
            Synthesize(watch, wd, EventMask.Create | dirFlag, path);
        }

        if (watch.FoundAs != EventMask.None && !(isDir && watch.FoundAs == EventMask.Modify))
        {
            Synthesize(watch, wd, watch.FoundAs | dirFlag, path);
        }

        if (type == Libc.DT_REG && (watch.Mapped & EventMask.CloseWrite) != 0)
        {
            if (looks)
            {
                _memory.AddLook(wd, name);
            }

            // Somebody who has it open for writing closes it later, and then the kernel says so: the directory is watched already.
            if (LeaseProbe.Probe(dirfd, Terminate(name)) is WriterState.Closed or WriterState.Unknown)
            {
                Synthesize(watch, wd, EventMask.CloseWrite, EntryPath(node, name));
            }
        }
    }

    private void Synthesize(Watch watch, int wd, EventMask mask, ReadOnlySpan<byte> path) =>
        _sink.OnEvent(new WatchEvent { Watch = watch, Mask = mask, Wd = wd, PathName = path });

    /// <summary>Opens the directory of a node, or an entry of it, without following links below the root.</summary>
    private int OpenEntry(Watch watch, int node, ReadOnlySpan<byte> name)
    {
        _scratch.Length = 0;
        if (_nodes[node].Parent >= 0 || name.Length != 0)
        {
            _nodes.AppendRelative(node, _scratch);
            _scratch.AppendName(name);
        }

        // The relative path starts after the slash that the builder put before the first component.
        ReadOnlySpan<byte> relative = _scratch.Length == 0 ? "\0"u8 : _scratch.Terminated[1..];
        return TreeOpener.OpenDirectory(watch.TerminatedRoot, relative);
    }

    private ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> name)
    {
        name.CopyTo(_name);
        _name[name.Length] = 0;
        return _name.AsSpan(0, name.Length + 1);
    }

    /// <summary>Takes a subtree out of the tree and out of the kernel, silently.</summary>
    private void Drop(int top)
    {
        _pathNode = -1;
        if (_limboPaths.Remove(top))
        {
            ForgetRenames(top);
            _nodes[top].Flags &= ~NodeFlags.Limbo;
        }

        if (_held.Count != 0)
        {
            _held.RemoveAll(e => e.Top == top);
        }

        int node = top;
        while (true)
        {
            int child = _nodes[node].FirstChild;
            if (child >= 0)
            {
                node = child;
                continue;
            }

            int parent = node == top ? -1 : _nodes[node].Parent;
            Forget(node);
            if (parent < 0)
            {
                return;
            }

            node = parent;
        }
    }

    /// <summary>A directory that was deleted: its node leaves the tree, but stays for its last events, IN_DELETE_SELF and IN_IGNORED.</summary>
    private void Retire(int node)
    {
        if (IsFresh(node) || _nodes[node].Wd < 0)
        {
            // What the node is may be a younger directory of that name, whose own creation is still in the queue.
            Drop(node);
            return;
        }

        byte[] path = NodePath(node).ToArray();
        while (_nodes[node].FirstChild >= 0)
        {
            Drop(_nodes[node].FirstChild);
        }

        PutInLimbo(node, path);
        _nodes[node].Flags |= NodeFlags.Dead;
    }

    private void Forget(int node)
    {
        int wd = _nodes[node].Wd;
        if (_nodes.Detach(node))
        {
            // EINVAL: it has gone by itself, which is what we want.
            _inotify.Remove(wd);
        }

        _pathNode = -1;
        _nodes.Free(node);
    }

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
                _log.Error($"cannot watch '{Text(NodePath(node))}': the limit of inotify watches is reached ({_nodes.DescriptorCount} are in use here{LimitText()}), or kernel memory is short; "
                    + "this directory and further ones are scanned every 10 s instead; raise the limit with: sysctl fs.inotify.max_user_watches=1048576");
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

    /// <summary>Says what the limit is: the machine's, or a smaller one of the user namespace.</summary>
    private static string LimitText()
    {
        long limit = Math.Min(ReadNumber("/proc/sys/fs/inotify/max_user_watches\0"u8), ReadNumber("/proc/sys/user/max_inotify_watches\0"u8));
        return limit == long.MaxValue ? "" : $" of {limit}";
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
