using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Timing;
using Xunit;

namespace PyInotifyd.UnitTests.Timing;

/// <summary>All start times and deadlines within two ticks of every boundary between levels: there a wheel is wrong if it is wrong at all.</summary>
public sealed class TimerWheelBoundaryTests
{
    private static readonly long[] s_nearBoundaries = NearBoundaries();

    public static TheoryData<int> Boundaries()
    {
        TheoryData<int> data = [];
        for (int bits = 6; bits <= 42; bits += 6)
        {
            data.Add(bits);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Boundaries))]
    public void An_entry_is_exact_from_every_start_near_a_boundary(int bits)
    {
        foreach (long start in Around(1L << bits))
        {
            foreach (long deadline in DeadlinesAfter(start))
            {
                TimerWheel wheel = new(start);
                Entry entry = new();
                wheel.Arm(entry, deadline);

                Assert.Equal(deadline, wheel.NextExpiry);
                Expect(wheel, deadline - 1);
                Expect(wheel, deadline, entry);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Boundaries))]
    public void An_entry_is_exact_when_the_wheel_stops_near_every_boundary_on_the_way(int bits)
    {
        foreach (long start in Around(1L << bits))
        {
            foreach (long deadline in DeadlinesAfter(start))
            {
                TimerWheel wheel = new(start);
                Entry entry = new();
                wheel.Arm(entry, deadline);
                foreach (long stop in s_nearBoundaries)
                {
                    if (stop >= start && stop < deadline)
                    {
                        Expect(wheel, stop);
                        Assert.Equal(deadline, wheel.NextExpiry);
                    }
                }

                Expect(wheel, deadline, entry);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Boundaries))]
    public void Two_entries_keep_their_order_and_neither_hides_the_other(int bits)
    {
        foreach (long start in Around(1L << bits))
        {
            List<long> deadlines = DeadlinesAfter(start);
            foreach (long first in deadlines)
            {
                foreach (long second in deadlines)
                {
                    TimerWheel wheel = new(start);
                    Entry a = new();
                    Entry b = new();
                    wheel.Arm(a, first);
                    wheel.Arm(b, second);
                    (Entry near, Entry far) = second < first ? (b, a) : (a, b);

                    Assert.Equal(near.Deadline, wheel.NextExpiry);
                    if (near.Deadline == far.Deadline)
                    {
                        Expect(wheel, near.Deadline, near, far);
                        continue;
                    }

                    Expect(wheel, near.Deadline, near);
                    Assert.Equal(far.Deadline, wheel.NextExpiry);
                    Expect(wheel, far.Deadline, far);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Boundaries))]
    public void An_entry_armed_on_the_way_is_sorted_in(int bits)
    {
        foreach (long start in Around(1L << bits))
        {
            List<long> deadlines = DeadlinesAfter(start);
            foreach (long first in deadlines)
            {
                foreach (long stop in Around(first))
                {
                    if (stop < start || stop >= first)
                    {
                        continue;
                    }

                    for (long second = stop; second <= first + 3; second++)
                    {
                        TimerWheel wheel = new(start);
                        Entry a = new();
                        Entry b = new();
                        wheel.Arm(a, first);
                        Expect(wheel, stop);
                        wheel.Arm(b, second);
                        Assert.Equal(Math.Min(first, second), wheel.NextExpiry);
                        Entry[] inOrder = second < first ? [b, a] : [a, b];
                        Expect(wheel, first + 10, inOrder);
                    }
                }
            }
        }
    }

    private static List<long> DeadlinesAfter(long start)
    {
        SortedSet<long> deadlines = [];
        foreach (long boundary in s_nearBoundaries)
        {
            if (boundary > start)
            {
                deadlines.Add(boundary);
            }

            // The same distances seen from here.
            deadlines.Add(start + boundary);
        }

        return [.. deadlines];
    }

    private static long[] NearBoundaries()
    {
        SortedSet<long> ticks = [];
        for (int bits = 6; bits <= 42; bits += 6)
        {
            ticks.UnionWith(Around(1L << bits));
        }

        return [.. ticks];
    }

    private static IEnumerable<long> Around(long tick)
    {
        for (long offset = -2; offset <= 2; offset++)
        {
            if (tick + offset >= 0)
            {
                yield return tick + offset;
            }
        }
    }

    private static void Expect(TimerWheel wheel, long tick, params ReadOnlySpan<Entry> expected)
    {
        wheel.TakeDue(tick);
        foreach (Entry entry in expected)
        {
            Assert.True(wheel.TryNext(out TimerEntry? got), "late");
            Assert.Same(entry, got);
        }

        Assert.False(wheel.TryNext(out _), "early");
    }

    private sealed class Entry : TimerEntry;
}
