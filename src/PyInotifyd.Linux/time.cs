using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Wall clock.</summary>
    public const int CLOCK_REALTIME = 0;

    /// <summary>Time since some point, never set back, without suspend.</summary>
    public const int CLOCK_MONOTONIC = 1;

    /// <summary>Wall clock of the last tick: what file systems stamp.</summary>
    public const int CLOCK_REALTIME_COARSE = 5;

    /// <summary>Time since the boot, suspend included.</summary>
    public const int CLOCK_BOOTTIME = 7;

    [LibraryImport(C, EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int native_clock_gettime(int clock, timespec* ts);

    /// <summary>Reads a clock.</summary>
    public static int clock_gettime(int clock, out timespec ts)
    {
        fixed (timespec* p = &ts)
        {
            return Result(native_clock_gettime(clock, p));
        }
    }

    [LibraryImport(C, EntryPoint = "localtime_r", SetLastError = true)]
    private static partial tm* native_localtime_r(long* time, tm* result);

    /// <summary>Breaks seconds since the epoch down in the time zone of TZ or /etc/localtime; false where that fails.</summary>
    public static bool localtime_r(long time, out tm result)
    {
        fixed (tm* p = &result)
        {
            return native_localtime_r(&time, p) != null;
        }
    }
}

/// <summary>Seconds and nanoseconds.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct timespec
{
    /// <summary>Whole seconds.</summary>
    public long tv_sec;

    /// <summary>Nanoseconds, 0 to 999,999,999.</summary>
    public long tv_nsec;

    /// <summary>The sum in nanoseconds.</summary>
    public readonly long Nanoseconds => (tv_sec * 1_000_000_000L) + tv_nsec;
}

/// <summary>A time broken down, as ctime(3) has it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct tm
{
    /// <summary>Seconds, 0 to 60.</summary>
    public int tm_sec;

    /// <summary>Minutes.</summary>
    public int tm_min;

    /// <summary>Hours.</summary>
    public int tm_hour;

    /// <summary>Day of the month, from 1.</summary>
    public int tm_mday;

    /// <summary>Month, from 0.</summary>
    public int tm_mon;

    /// <summary>Years since 1900.</summary>
    public int tm_year;

    /// <summary>Day of the week, Sunday is 0.</summary>
    public int tm_wday;

    /// <summary>Day of the year, from 0.</summary>
    public int tm_yday;

    /// <summary>Positive while summer time is in force.</summary>
    public int tm_isdst;

    /// <summary>Seconds east of UTC.</summary>
    public long tm_gmtoff;

    /// <summary>Name of the zone.</summary>
    public nint tm_zone;
}
