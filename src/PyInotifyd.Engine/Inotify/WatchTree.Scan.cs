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

    /// <summary>What the open set needs.</summary>
    private const uint WriterMask = Libc.IN_CREATE | Libc.IN_MODIFY | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO;

    private readonly List<Level> _levels = [];
    private readonly byte[] _records = GC.AllocateUninitializedArray<byte>(32 * 1024);
    private readonly byte[] _name = new byte[256];
    private readonly PathBuilder _shortPath = new();
    private bool _settingUp;
    private long _found;

    /// <summary>A directory on the way of a walk: its node, its descriptor (-1: closed meanwhile), and its next child to go into.</summary>
    private struct Level
    {
        public int Node;
        public int Fd;
        public int NextChild;

        /// <summary>The last directory that was watched was a child of this one, by its name.</summary>
        public bool IsCurrent;
    }

    /// <summary>The mask that a watch needs on its directories.</summary>
    private uint MaskOf(Watch watch)
    {
        uint mask = (uint)(watch.Mapped & EventMask.Subscribable);
        mask |= watch.IsTree ? TreeMask : 0;
        mask |= watch.TracksWriters ? WriterMask : 0;
        mask |= _anyMovedTo ? Libc.IN_MOVED_FROM : 0;

        // A mask of nothing is refused; the going of the inode is of interest in any case.
        return mask | Libc.IN_DELETE_SELF;
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
        _nodes[child].Inode = LostRoot.Fold(found.stx_ino);
        return true;
    }

    /// <summary>Removes a watch that no node has.</summary>
    /// <remarks>A mask can only grow: where the directory lies above a root, it is watched anew for that, once its IN_IGNORED is read.</remarks>
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
        int known = _nodes[node].Wd;
        if (known >= 0 && wd != known && (wd is >= 0 or -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ENOSPC))
        {
            // The node has left its place, as an event that is still in the queue will say, and this is another directory, of which it will say too.
            Unwatch(wd);
            _ = Libc.close(fd);
            Doubt();
            return false;
        }

        if (wd < 0)
        {
            ReportWatchError(watch, wd, node);
            if (!IsShortOfWatches(wd))
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
            Unwatch(before);
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
        ulong self = 0;
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

            self |= entries.Self;
        }

        _nodes[node].Inode = LostRoot.Fold(self);
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
                _inotify.MakeRoom();
            }

            ReportWritten(watch, node, dirfd, Terminate(name), name);
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
        int fd = TreeOpener.OpenDirectory(watch.TerminatedRoot, relative);
        if (IsShort(fd))
        {
            // Whatever it was wanted for: a scan will find out.
            AppendNodePath(node, _shortPath);
            if (!name.IsEmpty)
            {
                _shortPath.AppendName(name);
            }

            NoteShort(watch, fd, _shortPath.Bytes);
        }

        return fd;
    }

    private ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> name)
    {
        name.CopyTo(_name);
        _name[name.Length] = 0;
        return _name.AsSpan(0, name.Length + 1);
    }
}
