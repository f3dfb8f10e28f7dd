using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>The clocks of the kernel, and the C library's idea of local time.</summary>
/// <remarks>
/// Local time comes from TZ or /etc/localtime, which the C library reads once, at the first message. Where neither exists, as in a bare chroot, it is UTC.
/// Cost: clock readings make no system call.
/// Threads: any.
/// </remarks>
public sealed class KernelLogClock : ILogClock
{
    /// <inheritdoc/>
    public long RealtimeNs => Libc.clock_gettime(Libc.CLOCK_REALTIME, out timespec now) < 0 ? 0 : now.Nanoseconds;

    /// <inheritdoc/>
    public long MonotonicNs => Libc.clock_gettime(Libc.CLOCK_MONOTONIC, out timespec now) < 0 ? 0 : now.Nanoseconds;

    /// <inheritdoc/>
    public int UtcOffset(long unixSeconds) => Libc.localtime_r(unixSeconds, out tm local) ? (int)local.tm_gmtoff : 0;
}
