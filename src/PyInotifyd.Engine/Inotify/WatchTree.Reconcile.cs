using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>The scan after a gap: goes through a tree and makes what is known of it what is there.</content>
public sealed partial class WatchTree
{
    /// <summary>A directory of the walk of a gap scan.</summary>
    private sealed class GapLevel
    {
        public int Node;
        public int Fd;

        /// <summary>The directory was not known before the gap: everything in it is reported.</summary>
        public bool IsNew;

        /// <summary>It was not watched until a moment ago: only a scan tells what happened in it.</summary>
        public bool WasUnwatched;

        /// <summary>A listed child turned out to belong elsewhere: its name is to be listed once more.</summary>
        public bool ListAgain;
        public readonly List<int> Children = [];
    }

    private void Reconcile(Watch watch, int rootFd, long gapStartNs, bool wasUnwatched)
    {
        List<GapLevel> levels = [];
        _entered.Clear();
        _appeared.Clear();
        _entered.Add(watch.RootNode);
        GapLevel root = new() { Node = watch.RootNode, Fd = rootFd, IsNew = _returning is null && IsNewSinceLastRun(rootFd, "\0"u8, gapStartNs), WasUnwatched = wasUnwatched };
        levels.Add(root);
        ListGap(watch, root, gapStartNs, reportFiles: true);
        while (levels.Count > 0)
        {
            GapLevel level = levels[^1];
            if (level.Children.Count == 0)
            {
                if (level.ListAgain)
                {
                    level.ListAgain = false;
                    Close(level);
                    EnsureOpen(watch, level);
                    ListGap(watch, level, gapStartNs, reportFiles: false);
                    continue;
                }

                Close(level);
                levels.RemoveAt(levels.Count - 1);
                continue;
            }

            int child = level.Children[^1];
            level.Children.RemoveAt(level.Children.Count - 1);
            if ((_nodes[child].Flags & NodeFlags.Used) == 0 || _nodes[child].Parent != level.Node)
            {
                continue;
            }

            EnsureOpen(watch, level);
            int fd = level.Fd < 0 ? level.Fd : TreeOpener.OpenChild(level.Fd, Terminate(_nodes.Name(child)));
            if (IsShortOfDescriptors(fd) && CloseOuter(levels))
            {
                // What running tasks hold may leave very few: the levels above can be opened anew.
                level.Children.Add(child);
                continue;
            }

            if (fd < 0 && !IsGone(fd) && (_nodes[child].Wd >= 0 || (IsShort(fd) && !_appeared.Contains(child))))
            {
                // That tells nothing about the directory, which is watched as before.
                ReportOpenError(fd, level.Node, _nodes.Name(child));
                continue;
            }

            if (fd < 0 || IsForeign(watch, fd))
            {
                if (fd < 0)
                {
                    ReportOpenError(fd, level.Node, _nodes.Name(child));
                }
                else
                {
                    _ = Libc.close(fd);
                }

                PutAside(child);
                continue;
            }

            GapLevel? next = EnterGap(watch, level, child, fd, levels, gapStartNs);
            if (next is null)
            {
                _ = Libc.close(fd);
                continue;
            }

            levels.Add(next);
            ListGap(watch, next, gapStartNs, reportFiles: true);
            int outer = levels.Count - 1 - OpenLevels;
            if (outer >= 0)
            {
                Close(levels[outer]);
            }
        }

        foreach (Missing missing in _missing)
        {
            if (_limboPaths.TryGetValue(missing.Node, out byte[]? path) && ReferenceEquals(path, missing.ParkedPath))
            {
                _sink.OnTreeGone(path);
                Drop(missing.Node);
            }
        }

        _missing.Clear();
        _entered.Clear();
    }

    /// <summary>Finds out which directory is at a child's place, and makes the tree say so.</summary>
    private GapLevel? EnterGap(Watch watch, GapLevel level, int child, int fd, List<GapLevel> levels, long gapStartNs)
    {
        int wd = _inotify.AddDirectory(fd, MaskOf(watch));
        bool isNew = level.IsNew || _appeared.Contains(child);
        bool wasUnwatched = _nodes[child].Wd < 0;
        if (wd < 0)
        {
            ReportWatchError(watch, wd, child);
            if (!IsShortOfWatches(wd))
            {
                return null;
            }

            if (!wasUnwatched && wd != -Errno.ENOMEM)
            {
                // What is watched already needs no other watch: this is another directory.
                byte[] name = _nodes.Name(child).ToArray();
                PutAside(child);
                if (!watch.Spec.AutoAdd)
                {
                    return null;
                }

                child = _nodes.Add(level.Node, name, (ushort)watch.Index);
                (isNew, wasUnwatched) = (true, true);
            }
        }
        else if (_nodes[child].Wd < 0 && !isNew && FindKnown(watch, wd) < 0)
        {
            // It could not be watched before; now it can.
            Tie(child, wd, reported: true);
        }
        else if (_nodes[child].Wd != wd)
        {
            int elsewhere = FindKnown(watch, wd);
            byte[] name = _nodes.Name(child).ToArray();
            if (_nodes[child].Wd >= 0)
            {
                PutAside(child);
            }
            else
            {
                Forget(child);
            }

            if (elsewhere >= 0)
            {
                GapLevel? losing = levels.Find(l => l.Node == _nodes[elsewhere].Parent);
                if (losing is not null)
                {
                    losing.ListAgain = true;
                }

                byte[] from = NodePath(elsewhere).ToArray();
                _nodes.Unhang(elsewhere);
                TakeFromLimbo(elsewhere);
                _nodes.Hang(elsewhere, level.Node, name);
                _pathNode = -1;
                _sink.OnTreeMoved(from, NodePath(elsewhere));
                child = elsewhere;
                isNew = false;
            }
            else if (watch.Spec.AutoAdd)
            {
                child = _nodes.Add(level.Node, name, (ushort)watch.Index);
                _nodes.Attach(child, wd);
                isNew = true;
            }
            else
            {
                if (_nodes.FirstOf(wd) < 0)
                {
                    Unwatch(wd);
                }

                return null;
            }
        }

        if (!_entered.Add(child))
        {
            return null;
        }

        if (wd >= 0)
        {
            Tie(child, wd, reported: true);
        }

        return new GapLevel { Node = child, Fd = fd, IsNew = isNew || IsNewSinceLastRun(fd, "\0"u8, gapStartNs), WasUnwatched = wasUnwatched };
    }

    /// <summary>Lists a directory: children that are no longer there are put aside, new ones become nodes, what changed in the gap is reported.</summary>
    private void ListGap(Watch watch, GapLevel level, long gapStartNs, bool reportFiles)
    {
        if (level.Fd < 0)
        {
            // It could not be opened once more, which tells nothing about what is in it.
            return;
        }

        int node = level.Node;
        int wd = _nodes[node].Wd;
        bool descend = (_nodes[node].Flags & NodeFlags.Root) != 0 ? watch.Spec.Rec || watch.Spec.AutoAdd : watch.IsTree;
        bool looks = RememberLook(watch, node);

        reportFiles &= !_onlyUnwatched || level.IsNew || level.WasUnwatched || wd < 0;
        HashSet<int> there = [];
        ulong self = 0;
        int size = 0;
        while ((size = Libc.getdents64(level.Fd, _records)) > 0)
        {
            DirectoryEntries entries = new(_records.AsSpan(0, size));
            while (entries.MoveNext())
            {
                int type = entries.Type == Libc.DT_UNKNOWN ? TypeOf(level.Fd, entries.Name) : entries.Type;
                bool isDir = type == Libc.DT_DIR;
                int child = isDir && descend ? _nodes.FindChild(node, entries.Name) : -1;
                bool isNew = isDir && descend && child < 0;
                if (isNew && (TemporaryNames.Is(entries.Name) || (watch.Filter.HasExcludes && watch.Filter.Excludes(EntryPath(node, entries.Name))) || IsPseudoMount(node, entries.Name)))
                {
                    continue;
                }

                if (isNew && !watch.Spec.Rec && (_nodes[node].Flags & NodeFlags.Root) != 0
                    && !(ChangedInGap(level.Fd, entries.Name, gapStartNs, out bool bornInGap) && bornInGap))
                {
                    // Sub-directories that were there before the watch are none of its business.
                    isNew = false;
                }

                if (isNew)
                {
                    // Without auto_add only directories that were renamed are looked for: EnterGap decides by the descriptor.
                    child = _nodes.Add(node, entries.Name, (ushort)watch.Index);
                    _appeared.Add(child);
                }

                if (child >= 0)
                {
                    there.Add(child);
                    if (!_entered.Contains(child))
                    {
                        level.Children.Add(child);
                    }
                }

                bool born = true;
                bool isKnownDirectory = child >= 0 && !isNew && !IsNewSinceLastRun(level.Fd, Terminate(entries.Name), gapStartNs);
                if (level.IsNew && watch.Remote is not null)
                {
                    _ = HasChanged(watch, node, level.Fd, entries.Name, gapStartNs, out _, isReported: true);
                }

                if (reportFiles && (level.IsNew || IsWanted(entries.Inode) || (!isKnownDirectory && HasChanged(watch, node, level.Fd, entries.Name, gapStartNs, out born))))
                {
                    ReportFound(watch, node, wd, level.Fd, entries.Name, type, looks, born);
                }
            }

            self |= entries.Self;
        }

        if (size < 0)
        {
            return;
        }

        _nodes[node].Inode = self == 0 ? _nodes[node].Inode : LostRoot.Fold(self);
        for (int child = _nodes[node].FirstChild; child >= 0;)
        {
            int next = _nodes[child].NextSibling;
            if (!there.Contains(child))
            {
                PutAside(child);
            }

            child = next;
        }
    }

    private bool IsPseudoMount(int node, ReadOnlySpan<byte> name) => _pseudoMounts.Count != 0 && _pseudoMounts.Contains(Text(EntryPath(node, name)));

    private bool HasChanged(Watch watch, int node, int dirfd, ReadOnlySpan<byte> name, long gapStartNs, out bool born, bool isReported = false)
    {
        if (watch.Remote is not { } remote)
        {
            return ChangedInGap(dirfd, name, gapStartNs, out born);
        }

        born = true;
        const uint wanted = Libc.STATX_CTIME | Libc.STATX_MTIME | Libc.STATX_SIZE | Libc.STATX_BTIME;
        if (Libc.statx(dirfd, Terminate(name), Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, wanted, out statx found) < 0)
        {
            return false;
        }

        born = (found.stx_mask & Libc.STATX_BTIME) == 0 || found.stx_btime.Nanoseconds >= remote.SinceNs;
        return remote.IsDue(NameHash.Compute(_seed, EntryPath(node, name)), in found, isReported);
    }

    private bool ChangedInGap(int dirfd, ReadOnlySpan<byte> name, long gapStartNs, out bool born)
    {
        born = true;
        int flags = Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT;
        if (gapStartNs == NothingMissedNs || Libc.statx(dirfd, Terminate(name), flags, Libc.STATX_CTIME | Libc.STATX_BTIME, out statx found) < 0)
        {
            return false;
        }

        born = (found.stx_mask & Libc.STATX_BTIME) == 0 || IsInGap(found.stx_btime.Nanoseconds, gapStartNs);
        return IsInGap(found.stx_ctime.Nanoseconds, gapStartNs);
    }

    private static bool IsInGap(long stampNs, long gapStartNs) =>
        stampNs >= gapStartNs || (stampNs % 1_000_000_000 == 0 && stampNs >= gapStartNs - (gapStartNs % WholeSecondsNs));

    /// <summary>Returns a node of the watch that has the descriptor and was not met in this scan, or -1.</summary>
    private int FindKnown(Watch watch, int wd)
    {
        for (int node = _nodes.FirstOf(wd); node >= 0; node = _nodes.NextOf(node))
        {
            NodeFlags flags = _nodes[node].Flags;
            if (_nodes[node].Watch == watch.Index && (flags & (NodeFlags.Root | NodeFlags.Guard | NodeFlags.Dead)) == 0 && !_entered.Contains(node))
            {
                return node;
            }
        }

        return -1;
    }

    /// <summary>Takes a node from its place until the scan has found it elsewhere; its tasks wait under a path that no file can have.</summary>
    private void PutAside(int node)
    {
        if (_nodes[node].Wd < 0)
        {
            // Not watched: nothing can tell it from a new one elsewhere.
            _sink.OnTreeGone(NodePath(node));
            Drop(node);
            return;
        }

        byte[] path = NodePath(node).ToArray();
        byte[] parked = Park(path);
        PutInLimbo(node, parked);
        _missing.Add(new Missing(node, parked));
    }

    private void EnsureOpen(Watch watch, GapLevel level)
    {
        if (level.Fd < 0)
        {
            level.Fd = OpenEntry(watch, level.Node, default);
        }
    }

    /// <summary>Closes the directories above the deepest one; false where none was open.</summary>
    private static bool CloseOuter(List<GapLevel> levels)
    {
        bool any = false;
        for (int i = 0; i < levels.Count - 1; i++)
        {
            any |= levels[i].Fd >= 0;
            Close(levels[i]);
        }

        return any;
    }

    private static void Close(GapLevel level)
    {
        if (level.Fd >= 0)
        {
            _ = Libc.close(level.Fd);
            level.Fd = -1;
        }
    }
}
