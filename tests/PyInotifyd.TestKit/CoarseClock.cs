using System;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.TestKit;

/// <summary>The clock that change times of files are read from: it goes in steps of some milliseconds.</summary>
public static class CoarseClock
{
    private static readonly KernelClock s_clock = new();

    /// <summary>Waits until the kernel's coarse clock has passed this moment, a few milliseconds, so that what happens from now on has a later change time than what was.</summary>
    /// <remarks>
    /// Another reading of the coarse clock is not enough: on a busy virtual machine it is behind by more than a step, and since Linux 6.13 (multigrain timestamps) change times may be finer, and later, than it shows.
    /// </remarks>
    public static void WaitForTick()
    {
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        while (s_clock.RealtimeCoarseNs <= now + 100)
        {
        }
    }
}
