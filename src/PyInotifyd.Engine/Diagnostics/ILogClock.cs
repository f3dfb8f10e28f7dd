namespace PyInotifyd.Engine.Diagnostics;

/// <summary>The clocks of the log: what time messages bear, and how long repeats and retries wait.</summary>
public interface ILogClock
{
    /// <summary>Returns the time of day in nanoseconds since the epoch.</summary>
    long RealtimeNs { get; }

    /// <summary>Returns CLOCK_MONOTONIC in nanoseconds.</summary>
    long MonotonicNs { get; }

    /// <summary>Returns how far local time is ahead of UTC at a moment.</summary>
    /// <remarks>Units: both in seconds, the moment since the epoch.</remarks>
    int UtcOffset(long unixSeconds);
}
