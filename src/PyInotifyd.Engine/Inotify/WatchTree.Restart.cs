using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>The gap between two runs of the daemon.</content>
public sealed partial class WatchTree
{
    private HashSet<ulong>? _knownBefore;
    private HashSet<ulong>? _wantedInodes;
    private bool _isRestart;

    /// <summary>Whether nothing is between two places: events held back, directories whose new name is not known yet.</summary>
    internal bool IsSettled => _held.Count == 0 && _limboPaths.Count == 0;

    /// <summary>Since when changes may not have been reported yet (CLOCK_REALTIME_COARSE): whatever was in the queue before has been handled, gaps that are still to be scanned included.</summary>
    internal long HandledUpToNs
    {
        get
        {
            long mark = Math.Min(LastEmptyNs, _open.ForgottenSinceNs);
            foreach (Watch? watch in _watches)
            {
                mark = watch is null ? mark : Math.Min(mark, watch.GapStartNs);
            }

            return mark;
        }
    }

    /// <summary>Says, before the watches are added, that some of them ran until a moment.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="startNs">The moment; <see cref="long.MinValue"/>: nobody knows, all is reported.</param>
    internal void SetStartGap(Watch watch, long startNs)
    {
        OpenGap(watch, startNs, lost: true);
        _isRestart = true;
    }

    /// <summary>Sets the directories that were known at that moment, by <see cref="DirectoryKey"/>; null: they were not written down.</summary>
    internal void SetKnownBefore(HashSet<ulong>? known) => _knownBefore = known;

    /// <summary>Sets inodes that are to be reported wherever they are found: the files of unfinished tasks whose directory was renamed since.</summary>
    internal void SetWanted(HashSet<ulong> inodes) => _wantedInodes = inodes.Count == 0 ? null : inodes;

    /// <summary>Says, before the watches are added, that one of them had a root which was away when the last run wrote its state.</summary>
    internal static void SetLostBefore(Watch watch, ulong key, long sinceNs) => watch.LostRoots[key] = new LostRoot(sinceNs, sinceNs, null);

    /// <summary>Hands over the roots of a watch that are away, and since when.</summary>
    internal static void CollectLost(Watch watch, Action<ulong, long> take)
    {
        foreach ((ulong key, LostRoot lost) in watch.LostRoots)
        {
            take(key, lost.SinceNs);
        }
    }

    /// <summary>Scans what the watches missed before they were added.</summary>
    internal void CloseStartGaps()
    {
        CloseGaps();
        _isRestart = false;
        _knownBefore = null;
        _wantedInodes = null;
    }

    /// <summary>Returns the moment from which on a change bears another change time than any before: the next tick of the clock that stamps files, which is an even second where a root has whole seconds.</summary>
    internal long NextStampNs(long nowNs)
    {
        foreach (Watch? watch in _watches)
        {
            if (watch is not null && Libc.statx(Libc.AT_FDCWD, watch.TerminatedRoot, 0, Libc.STATX_CTIME, out statx found) >= 0 && found.stx_ctime.tv_nsec == 0)
            {
                return nowNs - (nowNs % WholeSecondsNs) + WholeSecondsNs;
            }
        }

        return nowNs + 1;
    }

    /// <summary>Settles all that is between two places, without waiting for a second half any longer.</summary>
    internal void SettleNow() => OnSettleTime();

    /// <summary>Hands over the keys of all directories that are watched now and are still where the tree has them.</summary>
    /// <remarks>Cost: about 10 µs for each; for the end of a run.</remarks>
    internal void CollectDirectoryKeys(Action<ulong> take)
    {
        for (int node = 0; node < _nodes.HighWater; node++)
        {
            const NodeFlags others = NodeFlags.File | NodeFlags.Guard | NodeFlags.Dead | NodeFlags.Limbo;
            if ((_nodes[node].Flags & (NodeFlags.Used | others)) != NodeFlags.Used || _nodes[node].Wd < 0 || IsInLimbo(node))
            {
                continue;
            }

            int fd = OpenEntry(_watches[_nodes[node].Watch]!, node, default);
            if (fd < 0)
            {
                continue;
            }

            // The same descriptor says that it is the same directory: another of its name may have come since the last event was read.
            if (_inotify.AddDirectory(fd, Libc.IN_DELETE_SELF) == _nodes[node].Wd
                && Libc.statx(fd, "\0"u8, Libc.AT_EMPTY_PATH, Libc.STATX_INO | Libc.STATX_BTIME, out statx found) >= 0)
            {
                take(DirectoryKey(in found));
            }

            _ = Libc.close(fd);
        }
    }

    /// <summary>Returns what tells a directory from others, across renames and reboots: its inode number and, where that is known, its birth.</summary>
    internal static ulong DirectoryKey(in statx found) =>
        (found.stx_ino * 0x9E3779B97F4A7C15) ^ ((found.stx_mask & Libc.STATX_BTIME) == 0 ? 0 : (ulong)found.stx_btime.Nanoseconds);

    private bool IsWanted(ulong inode) => (_wantedInodes is not null && _wantedInodes.Contains(inode)) || (AlsoWanted is not null && AlsoWanted(inode));

    /// <summary>In the scan after a restart: says whether a directory was not there, or was elsewhere, when the last run ended.</summary>
    /// <remarks>
    /// After a clean end the list of inodes tells. After a crash there is none: a directory that was moved in has a change time in the gap which is not that of its modification, though that may be in
    /// the gap too; where both are the same, an entry of it was the last that changed, and whether it was moved before nobody can tell. One that was made in the gap is younger than it, and so is all that it holds.
    /// </remarks>
    private bool IsNewSinceLastRun(int dirfd, ReadOnlySpan<byte> terminatedName, long gapStartNs)
    {
        if (!_isRestart && _returning is null)
        {
            return false;
        }

        const uint wanted = Libc.STATX_TYPE | Libc.STATX_INO | Libc.STATX_BTIME | Libc.STATX_CTIME | Libc.STATX_MTIME;
        int flags = Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT | Libc.AT_EMPTY_PATH;
        if (Libc.statx(dirfd, terminatedName, flags, wanted, out statx found) < 0 || found.Type != Libc.S_IFDIR)
        {
            return false;
        }

        if (_knownBefore is not null && _returning is null)
        {
            return !_knownBefore.Contains(DirectoryKey(in found));
        }

        bool isBirthKnown = (found.stx_mask & Libc.STATX_BTIME) != 0;
        if (_returning is { Known: not null } lost)
        {
            if (!lost.Had(found.stx_ino))
            {
                return true;
            }

            if (isBirthKnown)
            {
                // Numbers are used again.
                return IsInGap(found.stx_btime.Nanoseconds, lost.LostNs);
            }
        }

        bool isBornInGap = isBirthKnown && IsInGap(found.stx_btime.Nanoseconds, gapStartNs);
        return isBornInGap || (IsInGap(found.stx_ctime.Nanoseconds, gapStartNs) && found.stx_mtime.Nanoseconds != found.stx_ctime.Nanoseconds);
    }
}
