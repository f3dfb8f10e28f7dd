using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class ConcurrencyTests
{
    [Fact]
    public void Waiting_tasks_start_in_the_order_in_which_they_became_due()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000) with { MaxConcurrency = 1 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Advance(10);
        rig.Event(EventMask.Create, "/w/c");
        rig.Event(EventMask.Create, "/w/b");
        rig.Advance(2000);
        Assert.Equal(2, rig.Counters().Waiting);
        rig.End("/w/a");
        rig.End("/w/c");
        rig.End("/w/b");

        Assert.Equal(new[] { "IN_CREATE /w/a", "IN_CREATE /w/c", "IN_CREATE /w/b" }, rig.Job().Starts);
        Assert.Equal(3, rig.Counters().Finished);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Daemon_limit_holds_over_all_schedulers_and_the_longest_due_goes_first()
    {
        SpecList<ActionSpec>[] map = SchedulingRig.UsualMap("a");
        map[EventNames.Slot(EventMask.Attrib)] = new SpecList<ActionSpec>(new ActionSpec("b", false));
        SchedulingRig rig = new(new SpecList<SchedulerSpec>(SchedulingRig.Scheduler("a"), SchedulingRig.Scheduler("b")), map, maxConcurrency: 2);
        rig.Event(EventMask.Create, "/w/1");
        rig.Event(EventMask.Create, "/w/2");
        rig.Step();
        rig.Advance(1);
        rig.Event(EventMask.Attrib, "/w/3");
        rig.Advance(1);
        rig.Event(EventMask.Create, "/w/4");
        rig.Step();
        Assert.Equal(2, rig.Set.RunningCount);
        rig.End("/w/1", TaskOutcome.Success, "a");
        Assert.Equal("IN_ATTRIB /w/3", Assert.Single(rig.Job("b").Starts));
        Assert.Equal(2, rig.Job("a").Starts.Count);
        rig.End("/w/3", TaskOutcome.Success, "b");

        Assert.Equal("IN_CREATE /w/4", rig.Job("a").Starts.Last());
    }

    [Fact]
    public void A_full_scheduler_does_not_hold_up_another()
    {
        SpecList<ActionSpec>[] map = SchedulingRig.UsualMap("a");
        map[EventNames.Slot(EventMask.Attrib)] = new SpecList<ActionSpec>(new ActionSpec("b", false));
        SpecList<SchedulerSpec> specs = new(SchedulingRig.Scheduler("a") with { MaxConcurrency = 1 }, SchedulingRig.Scheduler("b"));
        SchedulingRig rig = new(specs, map);
        rig.Event(EventMask.Create, "/w/1");
        rig.Event(EventMask.Create, "/w/2");
        rig.Event(EventMask.Attrib, "/w/3");
        rig.Step();

        Assert.Single(rig.Job("a").Starts);
        Assert.Single(rig.Job("b").Starts);
    }

    [Fact]
    public void Waiting_task_without_delay_keeps_its_place_and_gets_the_newest_event()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { MaxConcurrency = 1 });
        rig.Event(EventMask.Create, "/w/run");
        rig.Step();
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Advance(5);
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Event(EventMask.Create, "/w/c");
        rig.Event(EventMask.Delete, "/w/c");
        rig.End("/w/run");
        rig.End("/w/a");

        Assert.Equal(new[] { "IN_CREATE /w/run", "IN_CLOSE_WRITE /w/a", "IN_CREATE /w/b" }, rig.Job().Starts);
    }

    [Fact]
    public void Waiting_task_with_delay_is_delayed_anew()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 100) with { MaxConcurrency = 1 });
        rig.Event(EventMask.Create, "/w/run");
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(150);
        rig.Event(EventMask.Attrib, "/w/a");
        rig.End("/w/run");
        Assert.Single(rig.Job().Starts);
        rig.Advance(99);
        Assert.Single(rig.Job().Starts);
        rig.Advance(1);

        Assert.Equal("IN_ATTRIB /w/a", rig.Job().Starts.Last());
    }

    [Fact]
    public void Start_without_room_is_tried_again_with_growing_pauses_in_its_place_and_logged_once()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        for (int i = 0; i < 7; i++)
        {
            rig.Job().Answers.Enqueue(JobStart.TryAgain);
        }

        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        foreach (int pause in new[] { 50, 100, 200, 400, 800, 1000 })
        {
            int left = rig.Job().Answers.Count;
            rig.Advance(pause - 1);
            Assert.Equal(left, rig.Job().Answers.Count);
            rig.Advance(1);
            Assert.Equal(left - 1, rig.Job().Answers.Count);
        }

        Assert.Empty(rig.Job().Starts);
        rig.Advance(1000);

        Assert.Equal(new[] { "IN_CREATE /w/a", "IN_CREATE /w/b" }, rig.Job().Starts);
        Assert.Equal(
            """
            INFO start task, mask=IN_CREATE, path=/w/a
            WARNING cannot start task now, it will be tried again, error=no room, mask=IN_CREATE, path=/w/a
            INFO tasks of scheduler s can be started again, path=
            INFO start task, mask=IN_CREATE, path=/w/b
            """,
            rig.NewLines);
    }

    [Fact]
    public void Try_that_a_limit_ended_is_tried_again_with_growing_pauses_and_counts_as_no_failure()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        foreach (int pause in new[] { 50, 100, 200, 400, 800, 1000, 1000 })
        {
            int starts = rig.Job().Starts.Count;
            rig.End("/w/a", TaskOutcome.Short("no room"));
            Assert.Equal("no room", rig.Set.Find("s")!.Shortage);
            rig.Advance(pause - 1);
            Assert.Equal(starts, rig.Job().Starts.Count);
            rig.Advance(1);
            Assert.Equal(starts + 1, rig.Job().Starts.Count);
        }

        rig.End("/w/a");

        Assert.Null(rig.Set.Find("s")!.Shortage);
        Assert.Equal(
            """
            INFO start task, mask=IN_CREATE, path=/w/a
            WARNING cannot start task now, it will be tried again, error=no room, mask=IN_CREATE, path=/w/a
            INFO tasks of scheduler s can be started again, path=
            INFO task finished, exit_status=0, duration_ms=0, mask=IN_CREATE, path=/w/a
            """,
            rig.NewLines);
    }

    [Fact]
    public void Start_that_fails_counts_as_a_failed_try()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Job().Answers.Enqueue(JobStart.Failed);
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();

        Assert.Equal(1, rig.Counters().Failed);
        Assert.Equal(0, rig.Set.TaskCount);
        Assert.Contains("WARNING task failed, duration_ms=0, error=no room, mask=IN_CREATE, path=/w/a", rig.Lines);
    }

    [Fact]
    public void Thousand_tasks_at_once_never_exceed_the_limit_and_all_run()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(), maxConcurrency: 7);
        for (int i = 0; i < 1000; i++)
        {
            rig.Event(EventMask.Create, "/w/" + i);
        }

        rig.Step();
        while (rig.Job().Running.Count != 0)
        {
            Assert.True(rig.Job().Running.Count <= 7);
            rig.Job().End(rig.Job().Running[0], TaskOutcome.Success);
            rig.Step();
        }

        Assert.Equal(1000, rig.Job().Starts.Distinct().Count());
        Assert.Equal(1000, rig.Job().Starts.Count);
    }
}
