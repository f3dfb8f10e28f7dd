using System;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>The wait before a scheduler tries again to start what the machine had no room for: 50 ms, doubling to 1 s.</summary>
internal sealed class StartBackoff : TimerEntry
{
    private const long ShortestMs = 50;
    private const long LongestMs = 1000;
    private const long QuietNs = 30_000_000_000;

    private long _delayMs;
    private long _loggedNs = long.MinValue;

    public StartBackoff(Scheduler scheduler)
    {
        Scheduler = scheduler;
    }

    public Scheduler Scheduler { get; }

    /// <summary>Arms the wait, twice as long as the one before, and returns whether it is time to say so in the log.</summary>
    public bool Lengthen(TimerWheel wheel, long nowNs)
    {
        _delayMs = _delayMs == 0 ? ShortestMs : Math.Min(_delayMs * 2, LongestMs);
        wheel.Arm(this, MonotonicTime.DeadlineTick(nowNs, _delayMs));
        if (_loggedNs != long.MinValue && nowNs - _loggedNs < QuietNs)
        {
            return false;
        }

        _loggedNs = nowNs;
        return true;
    }

    public void Reset() => _delayMs = 0;
}
