using System;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.TestKit;

/// <summary>A clock that stands still until a test advances it. Step a reactor that has it with a wait of 0: no wait ends by this clock.</summary>
public sealed class ManualClock : IClock
{
    /// <summary>Makes a clock that shows these times, in nanoseconds.</summary>
    public ManualClock(long nowNs = 1_000_000_000_000, long realtimeNs = 1_700_000_000_000_000_000)
    {
        NowNs = nowNs;
        RealtimeCoarseNs = realtimeNs;
    }

    /// <inheritdoc/>
    public long NowNs { get; private set; }

    /// <inheritdoc/>
    public long RealtimeCoarseNs { get; private set; }

    /// <summary>Lets time pass on both clocks.</summary>
    public void Advance(TimeSpan time) => AdvanceNs(time.Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>Lets milliseconds pass on both clocks.</summary>
    public void AdvanceMs(long milliseconds) => AdvanceNs(milliseconds * MonotonicTime.NsPerTick);

    /// <summary>Lets nanoseconds pass on both clocks.</summary>
    public void AdvanceNs(long nanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanoseconds);
        NowNs += nanoseconds;
        RealtimeCoarseNs += nanoseconds;
    }

    /// <summary>Sets the wall clock, as an administrator or NTP does; the monotonic clock does not notice.</summary>
    public void SetRealtime(long nanoseconds) => RealtimeCoarseNs = nanoseconds;
}
