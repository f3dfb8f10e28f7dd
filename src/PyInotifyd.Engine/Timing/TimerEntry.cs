namespace PyInotifyd.Engine.Timing;

/// <summary>Something with a deadline: whatever waits for a moment derives from it and is itself the entry of the <see cref="TimerWheel"/>.</summary>
/// <remarks>
/// An entry carries its own links, so that arming and cancelling never allocate and a million waiting tasks cost 25 bytes each for their time.
/// There is no delegate here: the wheel hands the entry back, and whoever runs it knows what it is.
/// Owns: an entry is in one wheel at most; while it is armed, the wheel keeps it alive.   Threads: those of its wheel.
/// </remarks>
public abstract class TimerEntry
{
    internal TimerEntry? _next;
    internal TimerEntry? _previous;
    internal long _deadline;
    internal byte _level;

    /// <summary>Says whether the entry waits in a wheel, or is due and has not been handed out yet.</summary>
    public bool IsArmed => _next is not null;

    /// <summary>Returns the deadline that the entry was last armed with.</summary>
    /// <remarks>Units: ticks of 1 ms on the monotonic clock. A deadline that the wheel had passed already became the tick at which the wheel stood.</remarks>
    public long Deadline => _deadline;
}
