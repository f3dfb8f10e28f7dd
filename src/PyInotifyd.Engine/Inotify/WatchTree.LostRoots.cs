using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>What is remembered of a root that goes away, and found again when it is back.</content>
public sealed partial class WatchTree
{
    /// <summary>Directories that a root was and may be again.</summary>
    private const int LostRootsLimit = 64;

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
}
