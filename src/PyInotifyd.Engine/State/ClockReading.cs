using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.State;

/// <summary>The clocks at one moment, by which a later run tells whether the wall clock was set in between.</summary>
/// <param name="BootId">The kernel's name for this boot; empty where it cannot be read.</param>
/// <param name="RealtimeNs">CLOCK_REALTIME.</param>
/// <param name="BootNs">CLOCK_BOOTTIME, which nobody sets and which counts suspend.</param>
internal readonly record struct ClockReading(string BootId, long RealtimeNs, long BootNs)
{
    private const int BootIdLength = 36;

    /// <summary>Reads the kernel's clocks.</summary>
    public static ClockReading Now()
    {
        Span<byte> text = stackalloc byte[BootIdLength];
        int fd = Libc.openat(Libc.AT_FDCWD, "/proc/sys/kernel/random/boot_id\0"u8, Libc.O_RDONLY | Libc.O_CLOEXEC);
        int size = fd < 0 ? 0 : Libc.read(fd, text);
        if (fd >= 0)
        {
            _ = Libc.close(fd);
        }

        _ = Libc.clock_gettime(Libc.CLOCK_REALTIME, out timespec realtime);
        _ = Libc.clock_gettime(Libc.CLOCK_BOOTTIME, out timespec boot);
        return new ClockReading(size == BootIdLength ? System.Text.Encoding.ASCII.GetString(text) : "", realtime.Nanoseconds, boot.Nanoseconds);
    }
}
