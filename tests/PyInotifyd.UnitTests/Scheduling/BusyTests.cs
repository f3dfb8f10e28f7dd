using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class BusyTests
{
    [Fact]
    public void Queue_folds_events_during_a_run_into_one_run_with_the_newest()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Event(EventMask.Attrib, "/w/a");
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Step();
        Assert.Single(rig.Job().Starts);
        rig.End("/w/a");
        Assert.Equal(new[] { "IN_CREATE /w/a", "IN_CLOSE_WRITE /w/a" }, rig.Job().Starts);
        rig.End("/w/a");

        Assert.Equal(2, rig.Job().Starts.Count);
        Assert.NotEqual(rig.Job().Ids[0], rig.Job().Ids[1]);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Queued_run_waits_for_its_delay_after_its_own_event()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(1000);
        rig.Event(EventMask.Attrib, "/w/a");
        rig.Advance(400);
        rig.End("/w/a");
        rig.Advance(599);
        Assert.Single(rig.Job().Starts);
        rig.Advance(1);

        Assert.Equal(2, rig.Job().Starts.Count);
        Assert.Contains("INFO schedule task, delay=600, mask=IN_ATTRIB, path=/w/a", rig.Lines);
    }

    [Theory]
    [InlineData(EventMask.Open)]
    [InlineData(EventMask.Access)]
    [InlineData(EventMask.CloseNoWrite)]
    public void Queue_ignores_events_that_only_read(EventMask mask)
    {
        SpecList<ActionSpec>[] map = SchedulingRig.EmptyMap();
        map[EventNames.Slot(EventMask.Create)] = new SpecList<ActionSpec>(new ActionSpec("s", false));
        map[EventNames.Slot(mask)] = new SpecList<ActionSpec>(new ActionSpec("s", false));
        SchedulingRig rig = new(new SpecList<SchedulerSpec>(SchedulingRig.Scheduler()), map);
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Event(mask, "/w/a");
        rig.End("/w/a");
        Assert.Single(rig.Job().Starts);
        rig.Event(mask, "/w/a");
        rig.Step();

        Assert.Equal(2, rig.Job().Starts.Count);
    }

    [Fact]
    public void Runs_that_cause_each_other_are_slowed_down_after_three_and_nothing_is_dropped()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        for (int run = 1; run <= 3; run++)
        {
            rig.Event(EventMask.CloseWrite, "/w/a");
            rig.End("/w/a");
            Assert.Equal(run + 1, rig.Job().Starts.Count);
        }

        Assert.DoesNotContain(rig.Lines, line => line.StartsWith("WARNING"));
        long expected = 1000;
        for (int run = 4; run <= 16; run++)
        {
            rig.Event(EventMask.CloseWrite, "/w/a");
            rig.End("/w/a");
            Assert.Equal(run, rig.Job().Starts.Count);
            rig.Advance(expected - 1);
            Assert.Equal(run, rig.Job().Starts.Count);
            rig.Advance(1);
            Assert.Equal(run + 1, rig.Job().Starts.Count);
            expected = System.Math.Min(expected * 2, 300_000);
        }

        string warning = Assert.Single(rig.Lines, line => line.StartsWith("WARNING"));
        Assert.Contains("'on_busy: skip'", warning);
        Assert.EndsWith("path=/w/a", warning);
    }

    [Fact]
    public void Event_outside_a_run_ends_the_row()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 100));
        rig.Event(EventMask.Create, "/w/a");
        for (int run = 0; run < 20; run++)
        {
            rig.Advance(100);
            rig.Event(EventMask.CloseWrite, "/w/a");
            rig.End("/w/a");
            if (run % 3 == 2)
            {
                rig.Event(EventMask.Attrib, "/w/a");
            }
        }

        Assert.DoesNotContain(rig.Lines, line => line.StartsWith("WARNING"));
        Assert.Equal(20, rig.Job().Starts.Count);
    }

    [Fact]
    public void Skip_drops_events_during_a_run_with_the_original_warning()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { OnBusy = BusyPolicy.Skip });
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.End("/w/a");

        Assert.Single(rig.Job().Starts);
        Assert.Equal(1, rig.Counters().Skipped);
        Assert.Contains("WARNING skip event due to ongoing task, mask=IN_CLOSE_WRITE, path=/w/a", rig.Lines);
    }

    [Fact]
    public void Restart_stops_the_run_and_starts_again_when_it_has_ended()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { OnBusy = BusyPolicy.Restart, Retries = 3 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Event(EventMask.Attrib, "/w/a");
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Step();
        Assert.Equal("TERM /w/a", Assert.Single(rig.Job().Stops));
        rig.Advance(4999);
        Assert.Single(rig.Job().Stops);
        rig.Advance(1);
        Assert.Equal(new[] { "TERM /w/a", "KILL /w/a" }, rig.Job().Stops);
        rig.Advance(100_000);
        Assert.Equal(2, rig.Job().Stops.Count);
        Assert.Single(rig.Job().Starts);
        rig.End("/w/a", TaskOutcome.Killed(9));

        Assert.Equal("IN_CLOSE_WRITE /w/a", rig.Job().Starts.Last());
        Assert.Equal(0, rig.Counters().Failed);
        Assert.Equal(0, rig.Counters().Finished);
        rig.End("/w/a");
        Assert.Equal(1, rig.Counters().Finished);
    }

    [Fact]
    public void Cancel_during_a_run_drops_the_queued_run_and_lets_the_task_go_on()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Event(EventMask.Delete, "/w/a");
        Assert.Single(rig.Job().Running);
        rig.End("/w/a");

        Assert.Single(rig.Job().Starts);
        Assert.Equal(1, rig.Counters().Cancelled);
        Assert.Contains("WARNING skip event due to ongoing task, mask=IN_DELETE, path=/w/a", rig.Lines);
        Assert.Equal(0, rig.Set.TaskCount);
    }
}
