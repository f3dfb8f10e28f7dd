namespace PyInotifyd.Engine.Reactor;

/// <summary>The two clocks that the engine reads; tests put their own in place of the kernel's.</summary>
public interface IClock
{
    /// <summary>Returns CLOCK_MONOTONIC in nanoseconds: what deadlines are counted on. Never goes back, does not count suspend.</summary>
    long NowNs { get; }

    /// <summary>Returns CLOCK_REALTIME_COARSE in nanoseconds since the epoch: the clock that file systems stamp with, hence never ahead of a ctime.</summary>
    long RealtimeCoarseNs { get; }
}
