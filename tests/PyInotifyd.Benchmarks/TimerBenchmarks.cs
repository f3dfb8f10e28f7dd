using System;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Benchmarks;

/// <summary>The wheel with a million timers in it.</summary>
internal static class TimerBenchmarks
{
    public static void Run(Measurement measurement)
    {
        int count = measurement.Size(1_000_000);
        Entry[] entries = new Entry[count];
        long[] deadlines = new long[count];
        Random random = new(1);
        for (int i = 0; i < count; i++)
        {
            entries[i] = new Entry();
            deadlines[i] = 1 + random.NextInt64(3_600_000);
        }

        random.Shuffle(entries);
        TimerWheel wheel = new(0);
        measurement.Time("timer: arm, deadlines within an hour, at random", count, () => CancelAll(wheel, entries), () => ArmAll(wheel, entries, deadlines, 0));
        measurement.Time("timer: re-arm among a million", count, () => ArmAll(wheel, entries, deadlines, 0), () => ArmAll(wheel, entries, deadlines, 60_000));
        measurement.Time("timer: cancel among a million", count, () => ArmAll(wheel, entries, deadlines, 0), () => CancelAll(wheel, entries));
        long now = 0;
        int fired = 0;
        measurement.Time(
            "timer: expire, a step each second of an hour",
            count,
            () => ArmAll(wheel, entries, deadlines, now),
            () =>
            {
                fired = 0;
                for (long end = now + 3_600_000; now < end;)
                {
                    wheel.TakeDue(now += 1000);
                    while (wheel.TryNext(out _))
                    {
                        fired++;
                    }
                }
            });
        if (measurement.Wants("timer: expire") && fired != count)
        {
            throw new InvalidOperationException($"{fired} of {count} timers expired");
        }
    }

    private static void ArmAll(TimerWheel wheel, Entry[] entries, long[] deadlines, long offset)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            wheel.Arm(entries[i], deadlines[i] + offset);
        }
    }

    private static void CancelAll(TimerWheel wheel, Entry[] entries)
    {
        foreach (Entry entry in entries)
        {
            wheel.Cancel(entry);
        }
    }

    private sealed class Entry : TimerEntry;
}
