using System;
using System.Runtime.CompilerServices;

namespace PyInotifyd.Library;

/// <summary>Turns times of .NET into those of the engine.</summary>
internal static class Milliseconds
{
    /// <summary>Returns a time that is not negative as it is.</summary>
    public static TimeSpan Checked(TimeSpan time, [CallerMemberName] string name = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, name);
        return time;
    }

    /// <summary>Returns whole milliseconds, rounded up: no delay ends early.</summary>
    public static long Of(TimeSpan time) => (time.Ticks / TimeSpan.TicksPerMillisecond) + (time.Ticks % TimeSpan.TicksPerMillisecond == 0 ? 0 : 1);
}
