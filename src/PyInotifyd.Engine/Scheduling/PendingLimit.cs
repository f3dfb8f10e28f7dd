using System;
using System.Globalization;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Keeps the number of tasks below <c>max_pending</c>: what comes beyond is found again by a scan when there is room.</summary>
/// <remarks>
/// <para>
/// A new task that has no room is refused, and the inode of its file is noted. When half of the tasks are done the trees concerned are scanned for the noted inodes. Those that find no room again are noted anew, and the
/// old notes are thrown away at the end of the scan, so that each round brings new ones however often it must be repeated.
/// </para>
/// <para>
/// A cancelling event takes its file out of the notes, and so does a new task for it. A directory that is deleted or moved out is not met by the scan. What no scan can give back is an event of a path that is gone
/// (IN_DELETE, IN_MOVED_FROM), and one of a kind that the scan does not report (IN_OPEN, IN_ACCESS): those are counted as skipped.
/// </para>
/// Threads: reactor only.
/// </remarks>
internal sealed class PendingLimit
{
    /// <summary>Files that are noted one by one though the limit is lower.</summary>
    private const int SmallestExact = 65_536;

    /// <summary>The limit may be reached again and again in the course of a burst: the warning comes once in ten minutes.</summary>
    private const long QuietNs = 600_000_000_000;

    private readonly SchedulerSet _set;
    private RefusedPaths? _refused;
    private RefusedPaths? _scanned;
    private long _toldNs = long.MinValue;
    private long _lost;

    public PendingLimit(SchedulerSet set, int limit)
    {
        _set = set;
        Limit = limit;
    }

    /// <summary>Tasks that are remembered one by one.</summary>
    public int Limit { get; set; }

    /// <summary>Finds again what was refused; null: nothing does.</summary>
    public IRescan? Rescan { get; set; }

    /// <summary>Whether something has been refused that was not found again yet.</summary>
    public bool IsOpen => _refused is not null || _scanned is not null;

    /// <summary>Change time of the oldest file that was refused; <see cref="long.MaxValue"/>: none was.</summary>
    public long OldestNs => Math.Min(_refused?.OldestNs ?? long.MaxValue, _scanned?.OldestNs ?? long.MaxValue);

    /// <summary>Whether there is no room for a new task.</summary>
    public bool IsFull => _set.Table.Count >= Limit && Rescan is not null;

    /// <summary>Notes an event that finds no room.</summary>
    public void Refuse(Scheduler scheduler, in FileEvent e)
    {
        long nowNs = _set.Clock.NowNs;
        if (_toldNs == long.MinValue || nowNs - _toldNs > QuietNs)
        {
            _toldNs = nowNs;
            Logger.Warning($"max_pending {Limit.ToString(CultureInfo.InvariantCulture)} is reached: further changes are looked for by a scan when half of the tasks are done, deletions are not reported; "
                + "raise max_pending (each task takes about 400 bytes) or max_concurrency");
        }

        if ((e.Mask & (EventMask.PathGone | EventMask.Open | EventMask.Access | EventMask.CloseNoWrite)) != 0 || !_set.TryIdentify(e.PathName, out ulong inode, out long changedNs))
        {
            _lost++;
            scheduler.Counters.Skipped++;
            return;
        }

        _refused ??= new RefusedPaths();
        _refused.Add(KeyOf(scheduler, inode), changedNs, e.WatchPath, Math.Max(Limit, SmallestExact));
    }

    /// <summary>Forgets a file: it has a task now, or was cancelled.</summary>
    public void Forget(Scheduler scheduler, ReadOnlySpan<byte> path)
    {
        if (IsOpen && _set.TryIdentify(path, out ulong inode, out _))
        {
            ulong key = KeyOf(scheduler, inode);
            _refused?.Remove(key);
            _scanned?.Remove(key);
        }
    }

    /// <summary>Whether the scan that goes on is to report an inode.</summary>
    public bool IsWanted(ulong inode)
    {
        if (_scanned is null)
        {
            return false;
        }

        foreach (Scheduler scheduler in _set.Schedulers)
        {
            if (_scanned.Contains(KeyOf(scheduler, inode)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Sees at the end of a step whether there is room for a scan, or one has ended.</summary>
    public void OnStep()
    {
        if (!IsOpen || Rescan is not { } rescan)
        {
            return;
        }

        if (_scanned is not null && !IsAnyPending(rescan, _scanned))
        {
            _scanned = null;
            if (_refused is null)
            {
                string lost = _lost == 0 ? "" : $"; {_lost.ToString(CultureInfo.InvariantCulture)} events of paths that are gone were skipped";
                Logger.Info("everything beyond max_pending has been found again" + lost);
                _lost = 0;
            }
        }

        if (_scanned is null && _refused is not null && _set.Table.Count <= Limit / 2 && !_set.IsShuttingDown)
        {
            _scanned = _refused;
            _refused = null;
            foreach (byte[] root in _scanned.Roots)
            {
                rescan.RequestScan(root);
            }
        }
    }

    /// <summary>Says what a shutdown leaves undone.</summary>
    public void OnShutdown()
    {
        if (IsOpen)
        {
            string count = ((_refused?.Count ?? 0) + (_scanned?.Count ?? 0)).ToString(CultureInfo.InvariantCulture);
            Logger.Warning(_set.KeepsUnfinished
                ? $"shutdown: about {count} changes beyond max_pending are left to a scan at the next start"
                : $"shutdown: drop about {count} changes beyond max_pending, which no scan has found again yet; a state_file would keep them");
        }
    }

    private Logger Logger => _set.Log.GetLogger(_set.LogName);

    private static bool IsAnyPending(IRescan rescan, RefusedPaths paths)
    {
        foreach (byte[] root in paths.Roots)
        {
            if (rescan.IsScanPending(root))
            {
                return true;
            }
        }

        return false;
    }

    private static ulong KeyOf(Scheduler scheduler, ulong inode)
    {
        ulong key = (inode ^ scheduler.Salt) * 0x9E3779B97F4A7C15;
        return key ^ (key >> 29);
    }
}
