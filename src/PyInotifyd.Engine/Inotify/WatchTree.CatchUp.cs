using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>CatchUp: after a gap, what is there is compared with what was seen.</content>
/// <remarks>
/// A gap is a time in which events may have been lost; it starts at the last moment when the queue was known to be empty. The scan goes through the whole tree and
/// - reports every entry whose ctime is not older than the start of the gap (ctime moves with every create, write, rename, link and chmod, and nobody can set it);
/// - finds directories that were renamed in the gap by their watch descriptor: the inode at a place, watched once more, answers with the descriptor that a node elsewhere has;
/// - reports everything in directories that were not known before, whatever their ctime (a directory that was moved in keeps old ones inside);
/// - takes out directories that are nowhere any more, and has tasks on vanished paths dropped.
/// The start of the gap is read from CLOCK_REALTIME_COARSE, which is never ahead of a ctime. A ctime of whole seconds is compared with the start rounded down to two seconds.
/// A scan of a large tree takes a while, and a flood may overflow the queue again meanwhile: scans are coalesced and wait for four times as long as the last one took.
/// </remarks>
public sealed partial class WatchTree
{
    /// <summary>How often directories are scanned that the kernel does not let us watch.</summary>
    private const long BlindPollMs = 10_000;

    /// <summary>The coarsest change times: whole seconds on ext4 with small inodes, every second one on FAT.</summary>
    private const long WholeSecondsNs = 2_000_000_000;

    /// <summary>Shortest pause between two scans.</summary>
    private const long ScanPauseNs = 100_000_000;

    private readonly GapTimer _gapTimer = new();
    private readonly List<Missing> _missing = [];
    private readonly HashSet<int> _entered = [];
    private readonly HashSet<int> _appeared = [];
    private bool _gapOpen;
    private bool _onlyUnwatched;
    private LostRoot? _returning;
    private long _nextScanNs;

    /// <summary>The start of the gap that is being scanned; <see cref="long.MaxValue"/>: none is.</summary>
    private long _scanStartNs = long.MaxValue;
    private bool _scanIsOfLost;

    /// <summary>A directory that is not where it was: found again elsewhere in the same scan, or gone at its end.</summary>
    private readonly record struct Missing(int Node, byte[] ParkedPath);

    private sealed class GapTimer : TimerEntry;

    /// <summary>CLOCK_REALTIME_COARSE of the last moment when the queue was known to be empty; set by the source.</summary>
    public long LastEmptyNs { get; set; }

    /// <summary>Scans that followed a gap.</summary>
    public long Rescans { get; private set; }

    /// <summary>Says whether a timer that expired belongs here, and acts on it.</summary>
    public bool TryExpire(TimerEntry entry)
    {
        if (ReferenceEquals(entry, this))
        {
            OnSettleTime();
            return true;
        }

        if (ReferenceEquals(entry, _openTimer))
        {
            OnLookTime();
            return true;
        }

        if (entry is Watch watch)
        {
            OpenGap(watch, watch.LastScanNs, lost: false);
        }
        else if (!ReferenceEquals(entry, _gapTimer))
        {
            return false;
        }

        CloseGaps();
        RetryRoots();
        return true;
    }

    private void OpenGap(Watch watch, long startNs, bool lost)
    {
        watch.HasLostEvents |= lost;
        watch.GapStartNs = Math.Min(watch.GapStartNs, startNs);
        _gapOpen = true;
    }

    /// <summary>Scans the trees that have a gap, unless the last scan was a moment ago: then the timer does it.</summary>
    internal void CloseGaps()
    {
        if (!_gapOpen)
        {
            return;
        }

        long start = _clock.NowNs;
        if (start < _nextScanNs)
        {
            if (!_gapTimer.IsArmed)
            {
                _wheel.Arm(_gapTimer, MonotonicTime.DeadlineTick(_nextScanNs, 0));
            }

            return;
        }

        _gapOpen = false;
        _openScan++;
        int watches = 0;
        long reported = _found;
        long pause = NothingMissedPauseNs;
        foreach (Watch? watch in _watches)
        {
            if (watch is not null && watch.GapStartNs != long.MaxValue)
            {
                long gap = watch.GapStartNs;
                watch.GapStartNs = long.MaxValue;
                bool isPoll = !watch.HasLostEvents;
                watch.HasLostEvents = false;
                watch.IsInScan = !isPoll;

                // Where only the limit makes the scan necessary, watched directories have reported their events already.
                _onlyUnwatched = isPoll && watch.Spec.PollMs == 0;
                _returning = watch.Returning;
                watch.Returning = null;
                _scanStartNs = gap;
                _scanIsOfLost = !isPoll;
                ScanGap(watch, gap);
                _scanStartNs = long.MaxValue;
                _scanIsOfLost = false;
                _returning = null;
                if (watch.LacksAbove)
                {
                    WatchAbove(watch);
                }

                ArmPoll(watch);
                pause = gap == NothingMissedNs ? pause : ScanPauseNs;
                watches += isPoll ? 0 : 1;
            }
        }

        CheckDegraded();
        if (watches == 0)
        {
            return;
        }

        ReportClosed();
        ReportClosedBefore();
        foreach (Watch? watch in _watches)
        {
            _ = watch is not null && (watch.IsInScan = false);
        }

        long took = _clock.NowNs - start;
        _nextScanNs = _clock.NowNs + Math.Max(4 * took, pause);
        Rescans++;
        _log.Info($"scanned {watches} watches for what was missed, {_nodes.DescriptorCount} directories, {_found - reported} entries reported, {took / 1_000_000} ms");
    }

    /// <summary>Has a watch scanned again after its interval, or after ten seconds where the kernel lets it watch only a part.</summary>
    private void ArmPoll(Watch watch)
    {
        long interval = watch.Spec.PollMs > 0 ? watch.Spec.PollMs : watch.IsBlind ? BlindPollMs : 0;
        if (interval > 0 && watch.Index >= 0)
        {
            _wheel.Arm(watch, MonotonicTime.DeadlineTick(_clock.NowNs, interval));
        }
    }

    private void CheckDegraded()
    {
        if (IsDegraded && !_watches.Exists(w => w is not null && w.IsBlind))
        {
            IsDegraded = false;
            Shortage = "";
            _shortagesSaid.Clear();
            _log.Info($"all directories are watched again, {_nodes.DescriptorCount} in all");
        }
    }

    private void ScanGap(Watch watch, long gapStartNs)
    {
        watch.LastScanNs = _clock.RealtimeCoarseNs;
        watch.IsBlind = false;
        if (watch.RootNode < 0)
        {
            watch.RetryRoot = true;
            _rootsToRetry = true;
            return;
        }

        if ((_nodes[watch.RootNode].Flags & NodeFlags.File) != 0)
        {
            ScanFile(watch, gapStartNs);
            return;
        }

        int fd = TreeOpener.OpenDirectory(watch.TerminatedRoot, "\0"u8);
        if (fd < 0 && !IsGone(fd))
        {
            // That tells nothing about what is there.
            NoteShort(watch, fd, watch.Root);
            return;
        }

        int wd = fd < 0 ? fd : _inotify.AddDirectory(fd, MaskOf(watch));
        bool wasUnwatched = _nodes[watch.RootNode].Wd < 0;
        if (IsShortOfWatches(wd) && (wasUnwatched || wd == -Errno.ENOMEM))
        {
            ReportWatchError(watch, wd, watch.RootNode);
        }
        else if (wd >= 0 && wasUnwatched)
        {
            Tie(watch.RootNode, wd, reported: true);
        }
        else if (wd < 0 || wd != _nodes[watch.RootNode].Wd)
        {
            if (fd >= 0)
            {
                _ = Libc.close(fd);
            }

            // What the scan was to find is remembered with the root.
            watch.GapStartNs = Math.Min(watch.GapStartNs, gapStartNs);
            watch.Returning ??= _returning;
            LoseRoot(watch, fd < 0 ? "is no longer there" : "is another directory now");
            return;
        }

        // Renames whose second half was lost: their directories are found by the scan, or gone.
        OnSettleTime();
        watch.Remote?.Begin();
        Reconcile(watch, fd, gapStartNs, wasUnwatched);
        watch.Remote?.End();
        _sink.OnTreeScanned(watch.Root);
        _memory.Close(ReadBytes + _inotify.Pending());
    }

    private void ScanFile(Watch watch, long gapStartNs)
    {
        int wd = _nodes[watch.RootNode].Wd;
        RefreshFile(watch);
        if (watch.RootNode >= 0 && _nodes[watch.RootNode].Wd == wd
            && Libc.statx(Libc.AT_FDCWD, watch.TerminatedRoot, 0, Libc.STATX_CTIME | Libc.STATX_INO, out statx found) >= 0
            && (IsInGap(found.stx_ctime.Nanoseconds, gapStartNs) || IsWanted(found.stx_ino)))
        {
            ReportFile(watch, wd);
        }
    }
}
