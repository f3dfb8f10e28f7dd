using System;

namespace PyInotifyd.Engine.Reactor;

/// <summary>Turns readings of the monotonic clock into ticks of the timer wheel so that no delay ends early.</summary>
/// <remarks>
/// A deadline is rounded up to a whole tick and the present is rounded down: whatever the fractions are, the time between is never shorter than the
/// delay, and at most one tick longer.
/// Source: the same rule as in the kernel's timer wheel (kernel/time/timer.c rounds up by one granule).
/// </remarks>
public static class MonotonicTime
{
    /// <summary>Nanoseconds in a tick of 1 ms.</summary>
    public const long NsPerTick = 1_000_000;

    /// <summary>Returns the tick before which <paramref name="delayMs"/> after <paramref name="nowNs"/> is not over.</summary>
    /// <remarks>Errors: a sum beyond the end of the clock becomes <see cref="long.MaxValue"/>, which never comes; a negative delay counts as none.</remarks>
    public static long DeadlineTick(long nowNs, long delayMs)
    {
        long nowTick = ExpiryTick(nowNs);
        if (nowNs != nowTick * NsPerTick)
        {
            nowTick++;
        }

        return nowTick > long.MaxValue - Math.Max(delayMs, 0) ? long.MaxValue : nowTick + Math.Max(delayMs, 0);
    }

    /// <summary>Returns the last tick that is over at <paramref name="nowNs"/>: deadlines up to and including it have expired.</summary>
    public static long ExpiryTick(long nowNs) => nowNs / NsPerTick;

    /// <summary>
    /// Returns how long poll(2) may wait at <paramref name="nowNs"/> for a deadline: milliseconds, 0 when it is over, -1 for <see cref="long.MaxValue"/>.
    /// </summary>
    /// <remarks>Shape: capped at <see cref="int.MaxValue"/> (24 days), after which the loop simply asks again.</remarks>
    public static int TimeoutMs(long nowNs, long deadlineTick)
    {
        if (deadlineTick == long.MaxValue)
        {
            return -1;
        }

        return (int)Math.Clamp(deadlineTick - ExpiryTick(nowNs), 0, int.MaxValue);
    }
}
