using System;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Inotify;

/// <content>Scans for what was seen and could not be remembered one by one.</content>
public sealed partial class WatchTree : IRescan
{
    /// <summary>The start of a gap in which nothing can have changed: such a scan reports what is wanted and nothing else.</summary>
    private const long NothingMissedNs = long.MaxValue - 1;

    /// <summary>Shortest pause after such a scan: those of a small tree take no time, and a low limit needs many.</summary>
    private const long NothingMissedPauseNs = 5_000_000;

    /// <summary>Says of an inode whether it is to be reported by the next scan that meets it; null: none is.</summary>
    internal Func<ulong, bool>? AlsoWanted { get; set; }

    /// <summary>Says of a directory how old the oldest change is of which a task below it has not finished; <see cref="long.MaxValue"/>: there is none.</summary>
    internal Func<byte[], long>? OldestTaskNs { get; set; }

    /// <inheritdoc/>
    void IRescan.RequestScan(byte[] root)
    {
        foreach (Watch? watch in _watches)
        {
            if (watch is not null && watch.Root.AsSpan().SequenceEqual(root))
            {
                OpenGap(watch, NothingMissedNs, lost: true);
            }
        }

        // It may be that nothing else ever happens.
        if (_gapOpen && !_gapTimer.IsArmed)
        {
            _wheel.Arm(_gapTimer, MonotonicTime.DeadlineTick(Math.Max(_clock.NowNs, _nextScanNs), 0));
        }
    }

    /// <inheritdoc/>
    bool IRescan.IsScanPending(byte[] root) =>
        _watches.Exists(watch => watch is not null && watch.GapStartNs != long.MaxValue && watch.Root.AsSpan().SequenceEqual(root));
}
