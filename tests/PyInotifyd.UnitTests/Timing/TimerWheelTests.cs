using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Timing;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Timing;

public sealed class TimerWheelTests
{
    [Fact]
    public void NextExpiry_of_an_empty_wheel_is_never()
    {
        TimerWheel wheel = new(123);

        Assert.Equal(long.MaxValue, wheel.NextExpiry);
        Assert.Equal(123, wheel.NowTick);
        Assert.Equal(0, wheel.Count);
        Assert.Empty(Take(wheel, 1L << 50));
    }

    [Fact]
    public void Arm_gives_the_entry_out_at_its_deadline_and_not_before()
    {
        TimerWheel wheel = new(0);
        Named entry = new("a");
        wheel.Arm(entry, 5000);

        Assert.True(entry.IsArmed);
        Assert.Equal(5000, entry.Deadline);
        Assert.Empty(Take(wheel, 4999));
        Assert.Equal(5000, wheel.NextExpiry);
        Assert.Equal(["a"], Take(wheel, 5000));
        Assert.False(entry.IsArmed);
        Assert.Equal(0, wheel.Count);
        Assert.Equal(long.MaxValue, wheel.NextExpiry);
    }

    [Fact]
    public void Arm_of_an_armed_entry_moves_it()
    {
        TimerWheel wheel = new(0);
        Named entry = new("a");
        wheel.Arm(entry, 10);
        wheel.Arm(entry, 1_000_000);

        Assert.Equal(1, wheel.Count);
        Assert.Equal(1_000_000, wheel.NextExpiry);
        Assert.Empty(Take(wheel, 999_999));
        wheel.Arm(entry, 1_000_001);
        Assert.Empty(Take(wheel, 1_000_000));
        Assert.Equal(["a"], Take(wheel, 1_000_001));
    }

    [Fact]
    public void Cancel_takes_the_entry_out_and_says_whether_it_was_armed()
    {
        TimerWheel wheel = new(0);
        Named near = new("near");
        Named far = new("far");
        wheel.Arm(near, 10);
        wheel.Arm(far, 20);

        Assert.True(wheel.Cancel(near));
        Assert.False(wheel.Cancel(near));
        Assert.Equal(20, wheel.NextExpiry);
        Assert.Equal(["far"], Take(wheel, 100));
    }

    [Fact]
    public void Cancel_of_the_nearest_among_neighbours_gives_the_next_of_them()
    {
        TimerWheel wheel = new(0);
        Named nearest = new("nearest");
        wheel.Arm(new Named("other"), 5001);
        wheel.Arm(nearest, 5000);
        Assert.Equal(5000, wheel.NextExpiry);

        wheel.Cancel(nearest);

        Assert.Equal(5001, wheel.NextExpiry);
    }

    [Fact]
    public void A_deadline_that_is_over_is_due_at_once_behind_what_was_due()
    {
        TimerWheel wheel = new(1000);
        wheel.Arm(new Named("first"), 1000);
        wheel.Arm(new Named("second"), 3);

        Assert.Equal(1000, wheel.NextExpiry);
        Assert.Equal(["first", "second"], Take(wheel, 1000));
        Assert.Equal(long.MaxValue, wheel.NextExpiry);
    }

    [Fact]
    public void An_overdue_entry_leaves_no_wake_up_behind()
    {
        TimerWheel wheel = new(1000);
        wheel.Arm(new Named("later"), 90_000);
        wheel.Arm(new Named("overdue"), 1000);
        Take(wheel, 1000);

        Assert.Equal(90_000, wheel.NextExpiry);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - 1)]
    [InlineData(1L << 62)]
    public void The_farthest_deadlines_are_kept_and_come_out(long deadline)
    {
        TimerWheel wheel = new(17);
        wheel.Arm(new Named("far"), deadline);

        Assert.Equal(deadline, wheel.NextExpiry);
        Assert.Empty(Take(wheel, deadline - 1));
        Assert.Equal(["far"], Take(wheel, deadline));
    }

    [Fact]
    public void A_huge_delay_beside_a_short_one_changes_neither()
    {
        // tokio #8334: from 2^30 ms of uptime on, a timer at the far end of the highest level hid the short ones.
        foreach (long uptime in new[] { 0L, (1L << 30) - 1, 1L << 30, (1L << 30) + 1, (1L << 35) + 12345, (1L << 36) - 1, 1L << 36 })
        {
            foreach (long huge in new[] { (1L << 30) - 1, 1L << 30, (1L << 36) - 1, 1L << 36, (1L << 36) + 1, 1L << 40, 1L << 60 })
            {
                TimerWheel wheel = new(uptime);
                wheel.Arm(new Named("huge"), uptime + huge);
                wheel.Arm(new Named("short"), uptime + 10);

                Assert.Equal(uptime + 10, wheel.NextExpiry);
                Assert.Empty(Take(wheel, uptime + 9));
                Assert.Equal(["short"], Take(wheel, uptime + 10));
                Assert.Equal(uptime + huge, wheel.NextExpiry);
                Assert.Empty(Take(wheel, uptime + huge - 1));
                Assert.Equal(["huge"], Take(wheel, uptime + huge));
            }
        }
    }

    [Fact]
    public void A_deadline_on_a_higher_level_is_not_hidden_by_a_later_one_on_a_lower_level()
    {
        // glommio #44: armed long ago and far away then, nearer now than what was armed since.
        TimerWheel wheel = new(0);
        wheel.Arm(new Named("early"), 65);
        Take(wheel, 63);
        wheel.Arm(new Named("late"), 66);
        Assert.Equal(65, wheel.NextExpiry);
        Assert.Equal(["early"], Take(wheel, 65));
        Assert.Equal(["late"], Take(wheel, 66));

        wheel = new TimerWheel(0);
        wheel.Arm(new Named("early"), 4096 + 10);
        Take(wheel, 4095);
        wheel.Arm(new Named("middle"), 4096 + 11);
        Take(wheel, 4096);
        wheel.Arm(new Named("late"), 4096 + 12);
        Assert.Equal(4096 + 10, wheel.NextExpiry);
        Assert.Equal(["early", "middle", "late"], Take(wheel, 5000));
    }

    [Fact]
    public void Entries_of_one_deadline_come_out_in_arming_order_across_cascades()
    {
        foreach (long deadline in new[] { 5000L, 64, 4096, 262_144, 262_145, (1L << 36) + 7, 1L << 36 })
        {
            TimerWheel wheel = new(0);
            List<string> expected = [];
            long now = 0;
            while (now < deadline)
            {
                string name = expected.Count.ToString();
                expected.Add(name);
                wheel.Arm(new Named(name), deadline);
                now = deadline - ((deadline - now) / 3);
                Assert.Empty(Take(wheel, Math.Min(now, deadline - 1)));
                now = Math.Max(now, wheel.NowTick + 1);
            }

            Assert.Equal(expected, Take(wheel, deadline));
        }
    }

    [Fact]
    public void One_jump_over_everything_gives_all_by_deadline_then_arming_order()
    {
        TimerWheel wheel = new(100);
        long[] deadlines = [1L << 50, 101, 70_000, 101, 1L << 36, 163, 164, 70_000, (1L << 36) - 1, 4096, 1L << 50];
        List<(long Deadline, int Order, string Name)> model = [];
        for (int i = 0; i < deadlines.Length; i++)
        {
            wheel.Arm(new Named(i.ToString()), deadlines[i]);
            model.Add((deadlines[i], i, i.ToString()));
        }

        model.Sort();
        Assert.Equal(model.ConvertAll(m => m.Name), Take(wheel, 1L << 51));
    }

    [Fact]
    public void An_entry_cancelled_by_one_that_runs_before_it_does_not_come_out()
    {
        TimerWheel wheel = new(0);
        Named first = new("first");
        Named sameSlot = new("same slot");
        Named laterSlot = new("later slot");
        Named last = new("last");
        wheel.Arm(first, 10);
        wheel.Arm(sameSlot, 10);
        wheel.Arm(laterSlot, 11);
        wheel.Arm(last, 12);

        wheel.TakeDue(50);
        Assert.True(wheel.TryNext(out TimerEntry? entry));
        Assert.Same(first, entry);
        Assert.True(wheel.Cancel(sameSlot));
        Assert.True(wheel.Cancel(laterSlot));
        Assert.False(sameSlot.IsArmed);
        Assert.True(wheel.TryNext(out entry));
        Assert.Same(last, entry);
        Assert.False(wheel.TryNext(out _));
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void An_entry_re_armed_while_it_is_due_comes_out_at_its_new_deadline_only()
    {
        TimerWheel wheel = new(0);
        Named first = new("first");
        Named second = new("second");
        wheel.Arm(first, 10);
        wheel.Arm(second, 10);

        wheel.TakeDue(10);
        Assert.True(wheel.TryNext(out _));
        wheel.Arm(second, 75);
        Assert.False(wheel.TryNext(out _));
        Assert.Equal(75, wheel.NextExpiry);
        Assert.Empty(Take(wheel, 74));
        Assert.Equal(["second"], Take(wheel, 75));
    }

    [Fact]
    public void An_entry_armed_without_delay_while_entries_run_waits_for_the_next_round()
    {
        TimerWheel wheel = new(0);
        Named again = new("again");
        wheel.Arm(again, 10);

        wheel.TakeDue(10);
        Assert.True(wheel.TryNext(out _));
        wheel.Arm(again, 10);
        Assert.False(wheel.TryNext(out _));
        Assert.Equal(10, wheel.NextExpiry);
        Assert.Equal(["again"], Take(wheel, 10));
    }

    [Fact]
    public void Entries_not_fetched_are_still_due_and_come_first()
    {
        TimerWheel wheel = new(0);
        wheel.Arm(new Named("a"), 10);
        wheel.Arm(new Named("b"), 12);
        wheel.TakeDue(10);

        Assert.Equal(10, wheel.NextExpiry);
        Assert.Equal(["a", "b"], Take(wheel, 12));
    }

    [Fact]
    public void A_slot_left_by_taken_entries_and_filled_anew_is_not_disturbed_by_a_late_cancel()
    {
        TimerWheel wheel = new(0);
        Named taken = new("taken");
        wheel.Arm(taken, 10);
        wheel.TakeDue(10);
        Named anew = new("anew");
        wheel.Arm(anew, 64 + 10);
        wheel.TakeDue(64);
        Assert.Equal(64, wheel.NextExpiry);

        // The new entry now lies on level 0 in the slot that the taken one had.
        Assert.True(wheel.Cancel(taken));
        Assert.Equal(74, wheel.NextExpiry);
        Assert.Equal(["anew"], Take(wheel, 74));
    }

    [Fact]
    public void A_lone_timer_costs_one_wake_up_whatever_its_delay()
    {
        foreach (long start in new[] { 0L, 63, 4095, 123_456_789 })
        {
            for (long delay = 1; delay < 1L << 45; delay = (delay * 5 / 2) + 1)
            {
                TimerWheel wheel = new(start);
                wheel.Arm(new Named("lone"), start + delay);

                Assert.Equal(start + delay, wheel.NextExpiry);
                Assert.Equal(["lone"], Take(wheel, wheel.NextExpiry));
            }
        }
    }

    [Theory]
    [InlineData(300_000)]
    [InlineData(1L << 40)]
    public void A_crowded_slot_costs_few_wake_ups_and_never_a_late_or_a_spinning_one(long deadline)
    {
        TimerWheel wheel = new(0);
        for (int i = 0; i < 1000; i++)
        {
            wheel.Arm(new Named(i.ToString()), deadline + (i % 10));
        }

        int needless = 0;
        int got = 0;
        while (wheel.Count > 0)
        {
            long next = wheel.NextExpiry;
            Assert.True(next > wheel.NowTick, "a wake-up at the tick at which the wheel stands would spin");
            int count = Take(wheel, next).Count;
            needless += count == 0 ? 1 : 0;
            got += count;
        }

        Assert.Equal(1000, got);
        Assert.Equal(deadline + 9, wheel.NowTick);
        // A parked crowd is looked at once in each stretch of 2^36 ticks; after that, one cascade a level at most.
        Assert.InRange(needless, 0, 6 + (int)(deadline >> 36));
    }

    [Fact]
    public void Arm_cancel_and_expiry_allocate_nothing()
    {
        TimerWheel wheel = new(0);
        Named[] entries = new Named[1000];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new Named("x");
        }

        Round(wheel, entries, 0);
        long at = 0;

        Assert.Equal(0, Allocations.Least(() => Round(wheel, entries, at += 1_000_000)));
    }

    [Fact]
    public void An_entry_is_no_larger_than_two_links_a_deadline_and_a_byte()
    {
        Bare warm = new();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Bare entry = new();
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(warm);
        GC.KeepAlive(entry);

        Assert.InRange(bytes, 1, 48);
    }

    private static void Round(TimerWheel wheel, Named[] entries, long start)
    {
        wheel.TakeDue(start);
        while (wheel.TryNext(out _))
        {
        }

        for (int pass = 0; pass < 10; pass++)
        {
            for (int i = 0; i < entries.Length; i++)
            {
                wheel.Arm(entries[i], start + (pass * 7919L) + ((long)i * i % 100_003));
                if (i % 3 == 0)
                {
                    wheel.Cancel(entries[i]);
                }
            }

            wheel.TakeDue(Math.Max(wheel.NowTick, Math.Min(wheel.NextExpiry, start + (pass * 5000))));
            while (wheel.TryNext(out _))
            {
            }
        }

        wheel.TakeDue(start + 900_000);
        while (wheel.TryNext(out _))
        {
        }
    }

    private static List<string> Take(TimerWheel wheel, long tick)
    {
        List<string> names = [];
        wheel.TakeDue(tick);
        while (wheel.TryNext(out TimerEntry? entry))
        {
            Assert.False(entry.IsArmed);
            Assert.True(entry.Deadline <= tick, "early");
            names.Add(((Named)entry).Name);
        }

        return names;
    }

    private sealed class Named(string name) : TimerEntry
    {
        public string Name { get; } = name;
    }

    private sealed class Bare : TimerEntry;
}
