namespace PyInotifyd.Engine.State;

/// <summary>Computes since when changes may have been missed, from what the last run wrote down.</summary>
internal static class GapStart
{
    /// <summary>Two readings of both clocks differ by less; what is more was a step.</summary>
    private const long ReadingNs = 1_000_000;

    /// <summary>
    /// A file that is written before the mark and closed after it has an older change time, and its close is lost in a crash. This covers writers that take no longer than a second.
    /// </summary>
    private const long CrashSlackNs = 1_000_000_000;

    /// <summary>Returns the start of the gap, on the present wall clock; <see cref="long.MinValue"/>: everything has to be looked at.</summary>
    /// <param name="state">What the last run wrote.</param>
    /// <param name="now">The clocks now.</param>
    /// <param name="isInFuture">The mark cannot be believed: the wall clock has lost time since, over a reboot, when nobody can tell how much.</param>
    public static long Of(SavedState state, in ClockReading now, out bool isInFuture)
    {
        isInFuture = false;
        long mark = state.MarkNs;
        if (mark == long.MinValue)
        {
            return mark;
        }

        if (now.BootId.Length != 0 && now.BootId == state.Clock.BootId)
        {
            long expected = state.Clock.RealtimeNs + (now.BootNs - state.Clock.BootNs);
            if (expected - now.RealtimeNs > ReadingNs)
            {
                mark -= expected - now.RealtimeNs;
            }
        }

        isInFuture = mark > now.RealtimeNs;
        return isInFuture ? long.MinValue : state.IsClean ? mark : mark - CrashSlackNs;
    }
}
