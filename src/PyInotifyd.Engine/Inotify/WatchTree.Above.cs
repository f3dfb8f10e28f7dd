using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>What lies above a root: directories that may be renamed, links that may be changed, mounts that may come and go.</content>
/// <remarks>
/// A rename above a root tells the root nothing: its inode stays where it was. So each directory on the way to it is watched for its own move, also where a link leads there, and the directory of each
/// symbolic link on the way for the link's name. The directory that holds the root is also watched for the root's deletion: the root itself does not tell as long as anybody has a file open in it or stands in it. Most roots have two or three directories above them, which they share with others: a few watches in all. A mount over a root has no event either; the table of mounts has (poll(2)
/// of /proc/self/mountinfo), and then every root is looked at. Looking is cheap: the path, opened once more, must have the descriptor that the root's node has.
/// </remarks>
public sealed partial class WatchTree
{
    private const uint AboveMask = Libc.IN_MOVE_SELF | Libc.IN_DELETE_SELF;
    private const uint LinkMask = Libc.IN_CREATE | Libc.IN_DELETE | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO;

    private const uint LastAboveMask = AboveMask | Libc.IN_DELETE;

    /// <summary>Times that a single round of looks may lose roots, besides once each, before the rest is left to a timer.</summary>
    private const int LossesAtOnce = 64;

    /// <summary>Watch descriptors of directories above roots, with the number of times that watches need them.</summary>
    private readonly Dictionary<int, int> _above = [];
    private bool _anyLinkAbove;
    private int _rootsLostInARow;

    /// <summary>A directory above a root; with a name, that of a link in it which leads on.</summary>
    internal readonly record struct Above(int Wd, byte[] Name);

    /// <summary>Says that the table of mounts has changed: roots may have been covered or uncovered, and what lies below them.</summary>
    internal void OnMountsChanged()
    {
        FindPseudoMounts();
        foreach (Watch? watch in _watches)
        {
            if (watch is null)
            {
                continue;
            }

            watch.RetryRoot = true;
            _rootsToRetry = true;
            if (watch.IsTree && NoteMounts(watch))
            {
                OpenGap(watch, LastEmptyNs, lost: true);
            }
        }

        RetryRoots();
        CloseGaps();
    }

    /// <summary>Takes down what is mounted below a root; true where that is not what it was.</summary>
    private static bool NoteMounts(Watch watch)
    {
        string root = Text(watch.Root).TrimEnd('/') + "/";
        ulong mounts = 0;
        foreach (string mount in MountTable.Entries())
        {
            int at = mount.IndexOf(' ', StringComparison.Ordinal) + 1;
            if (mount.AsSpan(at).StartsWith(root, StringComparison.Ordinal))
            {
                mounts = (mounts * 31) + (ulong)mount.GetHashCode(StringComparison.Ordinal);
            }
        }

        bool isOther = watch.MountsBelow != mounts;
        watch.MountsBelow = mounts;
        return isOther;
    }

    /// <summary>Watches what lies above a root; one that was not watched before asks for another look at the root.</summary>
    private void WatchAbove(Watch watch)
    {
        List<Above> found = [];
        watch.LacksAbove = false;
        List<PathSteps.Step> steps = PathSteps.Of(watch.Root);
        for (int i = 0; i < steps.Count && steps[i].Type != 0; i++)
        {
            PathSteps.Step step = steps[i];
            bool isLink = step.Type == Libc.S_IFLNK;
            bool isLast = i == steps.Count - 1;
            if (isLink || isLast)
            {
                int holder = AddAbove(watch, step.Directory, isLink ? LinkMask | AboveMask : LastAboveMask);
                if (holder >= 0)
                {
                    found.Add(new Above(holder, step.Name));
                    _anyLinkAbove |= isLink;
                }
            }

            int wd = isLink || isLast ? -1 : AddAbove(watch, [.. step.Directory.AsSpan()[..^1].TrimEnd((byte)'/'), (byte)'/', .. step.Name, 0], AboveMask);
            if (wd >= 0)
            {
                found.Add(new Above(wd, []));
            }
        }

        foreach (Above above in found)
        {
            _above[above.Wd] = _above.GetValueOrDefault(above.Wd) + 1;
            if (!watch.Above.Exists(a => a.Wd == above.Wd))
            {
                watch.RetryRoot = true;
                _rootsToRetry = true;
            }
        }

        ReleaseAbove(watch);
        watch.Above = found;
    }

    /// <summary>Watches a directory above a root; where the kernel has no watch left, the root is looked at now and then instead.</summary>
    private int AddAbove(Watch watch, byte[] terminatedPath, uint mask)
    {
        int wd = _inotify.AddPath(terminatedPath, mask | Libc.IN_ONLYDIR | Libc.IN_MASK_ADD);
        if (IsShortOfWatches(wd))
        {
            watch.LacksAbove = true;
            ReportShortOfWatches(watch, wd, terminatedPath.AsSpan(0, terminatedPath.Length - 1));
        }

        return wd;
    }

    private void ReleaseAbove(Watch watch)
    {
        foreach (Above above in watch.Above)
        {
            int count = _above.GetValueOrDefault(above.Wd);
            if (count > 1)
            {
                _above[above.Wd] = count - 1;
            }
            else if (_above.Remove(above.Wd))
            {
                Unwatch(above.Wd);
            }
        }

        watch.Above = [];
    }

    /// <summary>Says whether an event may be of interest for what lies above roots: the moves of directories, the deletion of one, and all about links.</summary>
    private bool MayBeAbove(in RawEvent record) =>
        (record.Name.IsEmpty || _anyLinkAbove || (record.Mask & (Libc.IN_DELETE | Libc.IN_ISDIR)) == (Libc.IN_DELETE | Libc.IN_ISDIR)) && _above.ContainsKey(record.Wd);

    /// <summary>An event of a directory that may lie above roots.</summary>
    private void OnAbove(in RawEvent record)
    {
        if ((record.Mask & Libc.IN_IGNORED) != 0)
        {
            _above.Remove(record.Wd);
        }

        foreach (Watch? watch in _watches)
        {
            foreach (Above above in watch?.Above ?? [])
            {
                if (above.Wd == record.Wd && record.Name.SequenceEqual(above.Name))
                {
                    watch!.RetryRoot = true;
                    _rootsToRetry = true;
                }
            }
        }
    }

    /// <summary>Looks whether a root's path still leads to the directory that is watched; else the root is lost.</summary>
    private void VerifyRoot(Watch watch)
    {
        int node = watch.RootNode;
        if (_nodes[node].Wd < 0)
        {
            return;
        }

        bool looks = RememberLook(watch, node);
        int fd = TreeOpener.OpenDirectory(watch.TerminatedRoot, "\0"u8);
        if (fd < 0 && !(fd is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP or -Errno.ESTALE))
        {
            // That tells nothing about what is there.
            if (IsShort(fd))
            {
                NoteShort(watch, fd, watch.Root);
            }

            return;
        }

        int wd = fd < 0 ? fd : _inotify.AddDirectory(fd, MaskOf(watch));
        if (fd >= 0)
        {
            _ = Libc.close(fd);
        }

        if (looks)
        {
            _memory.Close(ReadBytes + _inotify.Pending());
        }

        if (wd == _nodes[node].Wd)
        {
            WatchAbove(watch);
            return;
        }

        Unwatch(wd);
        if (++_rootsLostInARow > LossesAtOnce + _watches.Count)
        {
            // The path leads to another directory each time that it is asked: looking at once again would never end.
            MarkBlind(watch);
            return;
        }

        LoseRoot(watch, fd < 0 ? "is no longer there" : "is another directory now");
    }
}
