using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Reactor;

/// <summary>Reads the clocks of the kernel.</summary>
/// <remarks>Cost: no system call, the kernel maps both into the process (vDSO).   Threads: any.</remarks>
public sealed class KernelClock : IClock
{
    /// <inheritdoc/>
    public long NowNs => Read(Libc.CLOCK_MONOTONIC);

    /// <inheritdoc/>
    public long RealtimeCoarseNs => Read(Libc.CLOCK_REALTIME_COARSE);

    private static long Read(int clock)
    {
        int result = Libc.clock_gettime(clock, out timespec now);
        if (result < 0)
        {
            // Without time nothing here can be right any more.
            throw new InvalidOperationException("clock_gettime " + clock.ToString() + ": " + Errno.Name(result));
        }

        return now.Nanoseconds;
    }
}
