using System;
using PyInotifyd.Engine.Diagnostics;

namespace PyInotifyd.UnitTests.Diagnostics;

/// <summary>Clocks that stand until a test moves them; local time is an hour ahead of UTC unless the test says otherwise.</summary>
internal sealed class FakeLogClock : ILogClock
{
    public int OffsetSeconds { get; set; } = 3600;

    public int OffsetReads { get; private set; }

    public long RealtimeNs { get; set; } = (new DateTime(2026, 11, 22, 14, 59, 57, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks * 100 + 958_123_456;

    public long MonotonicNs { get; set; } = 5_000_000_000;

    public int UtcOffset(long unixSeconds)
    {
        OffsetReads++;
        return OffsetSeconds;
    }

    public void AdvanceMs(long milliseconds)
    {
        RealtimeNs += milliseconds * 1_000_000;
        MonotonicNs += milliseconds * 1_000_000;
    }
}
