using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class SchedulerTests
{
    [Fact]
    public void Delay_runs_from_the_newest_event_to_the_millisecond_and_never_ends_early()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 60_000));
        rig.Clock.AdvanceNs(123_456);
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(30_000);
        rig.Event(EventMask.CloseWrite, "/w/a");

        rig.Clock.AdvanceNs(59_999_999_999);
        rig.Step();
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);

        Assert.Equal("IN_CLOSE_WRITE /w/a", Assert.Single(rig.Job().Starts));
        Assert.Equal(
            """
            INFO schedule task, delay=60000, mask=IN_CREATE, path=/w/a
            INFO re-schedule task, delay=60000, mask=IN_CLOSE_WRITE, path=/w/a
            INFO start task, mask=IN_CLOSE_WRITE, path=/w/a
            """,
            rig.NewLines);
        rig.Advance(40);
        rig.End("/w/a");
        Assert.Equal("INFO task finished, exit_status=0, duration_ms=40, mask=IN_CLOSE_WRITE, path=/w/a", rig.NewLines);
        Assert.Single(new System.Collections.Generic.HashSet<string>(rig.Ids));
        Assert.Equal(16, rig.Ids[0].Length);
    }

    [Fact]
    public void Event_without_delay_starts_in_its_step_and_logs_no_schedule_line()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.MovedTo, "/w/a", "/v/b");
        Assert.Empty(rig.Job().Starts);
        rig.Step();

        Assert.Equal("INFO start task, mask=IN_MOVED_TO, path=/w/a", rig.NewLines);
        TaskEntry task = Assert.Single(rig.Job().Running);
        Assert.Equal("/v/b"u8.ToArray(), task.SrcPath);
        Assert.Equal("/w"u8.ToArray(), task.WatchPath);
        Assert.Equal(1, task.Wd);
    }

    [Fact]
    public void Files_and_dirs_restrict_what_is_scheduled_but_not_what_is_cancelled()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Event(EventMask.Create | EventMask.IsDir, "/w/d");
        Assert.Equal(0, rig.Set.TaskCount);
        rig.Event(EventMask.Create, "/w/d");
        Assert.Equal(1, rig.Set.TaskCount);
        rig.Event(EventMask.Delete | EventMask.IsDir, "/w/d");
        Assert.Equal(0, rig.Set.TaskCount);
        SchedulingRig dirs = SchedulingRig.One(SchedulingRig.Scheduler() with { Files = false, Dirs = true });
        dirs.Event(EventMask.Create, "/w/f");
        dirs.Event(EventMask.Create | EventMask.IsDir, "/w/d");
        dirs.Step();
        Assert.Equal("IN_CREATE /w/d", Assert.Single(dirs.Job().Starts));
    }

    [Fact]
    public void Max_delay_ends_a_wait_that_events_keep_prolonging()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000) with { MaxDelayMs = 2500 });
        for (int i = 0; i < 5; i++)
        {
            rig.Event(EventMask.Attrib, "/w/a");
            rig.Advance(499);
            Assert.Empty(rig.Job().Starts);
        }

        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(4);
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);

        Assert.Equal("IN_CREATE /w/a", Assert.Single(rig.Job().Starts));
        Assert.Contains("INFO re-schedule task, delay=5, mask=IN_CREATE, path=/w/a", rig.Lines);
    }

    [Fact]
    public void Cancel_drops_a_pending_task_and_spares_others()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/ab");
        rig.Event(EventMask.Delete, "/w/a");
        rig.Event(EventMask.Delete, "/w/x");
        rig.Advance(1000);

        Assert.Equal("IN_CREATE /w/ab", Assert.Single(rig.Job().Starts));
        Assert.Equal(1, rig.Counters().Cancelled);
        Assert.Contains("INFO scheduled task cancelled, mask=IN_DELETE, path=/w/a", rig.Lines);
    }

    [Fact]
    public void Cancel_of_a_directory_drops_the_tasks_below_it_but_not_its_namesakes()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        foreach (string path in new[] { "/w/d/a", "/w/d/e/b", "/w/d/e/f/g/c", "/w/da", "/w/x" })
        {
            rig.Event(EventMask.Create, path);
        }

        rig.Event(EventMask.Delete | EventMask.IsDir, "/w/d");
        rig.Advance(1000);

        Assert.Equal(new[] { "IN_CREATE /w/da", "IN_CREATE /w/x" }, rig.Job().Starts);
        Assert.Equal(3, rig.Counters().Cancelled);
    }

    [Fact]
    public void Cancelling_event_of_the_same_step_beats_the_end_of_the_delay()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Event(EventMask.Create, "/w/a");
        rig.Clock.AdvanceMs(1000);
        rig.Event(EventMask.Modify, "/w/a");
        rig.Step();

        Assert.Empty(rig.Job().Starts);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Singlejob_has_one_task_whose_path_is_that_of_the_newest_event()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000) with { SingleJob = true });
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(500);
        rig.Event(EventMask.Create, "/w/d/b");
        Assert.Equal(1, rig.Set.TaskCount);
        rig.Gone("/w/d");
        rig.Advance(999);
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);
        Assert.Equal("IN_CREATE /w/d/b", Assert.Single(rig.Job().Starts));
        rig.Event(EventMask.Create, "/w/c");
        rig.End("/w/d/b");
        rig.Event(EventMask.Delete, "/w/somewhere/else");
        rig.Advance(5000);

        Assert.Single(rig.Job().Starts);
        Assert.Equal(1, rig.Counters().Cancelled);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Path_that_the_job_declines_schedules_nothing()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Job().Declines = path => path.EndsWith('b');
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();

        Assert.Equal("IN_CREATE /w/a", Assert.Single(rig.Job().Starts));
    }

    [Fact]
    public void Wait_stable_holds_a_task_while_the_file_grows_or_is_open()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 100) with { WaitStableMs = 1000 });
        rig.Probe.Set("/w/a", new FileLook(1, 1, true));
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(600);
        rig.Probe.Set("/w/a", new FileLook(2, 2, true));
        rig.Advance(600);
        rig.Advance(1000);
        Assert.Empty(rig.Job().Starts);
        rig.Probe.Set("/w/a", new FileLook(2, 2, false));
        rig.Advance(900);

        Assert.Single(rig.Job().Starts);
    }

    [Fact]
    public void Wait_stable_looks_for_the_close_of_an_unchanged_file_after_a_second_and_then_more_seldom()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { WaitStableMs = 600_000 });
        rig.Probe.Set("/w/a", new FileLook(1, 1, true));
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Advance(600_000 + 1_000 + 2_000 + 4_000);
        rig.Probe.Set("/w/a", new FileLook(1, 1, false));
        rig.Advance(7_999);
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);

        Assert.Single(rig.Job().Starts);
    }

    [Theory]
    [InlineData(700, 0, 1720)]
    [InlineData(700, 5, 1715)]
    [InlineData(700, 3_600_000, 2000)]
    [InlineData(700, -300, 2000)]
    [InlineData(-1, 0, 2000)]
    public void Wait_stable_counts_from_the_change_where_the_clock_of_the_files_tells_it(int changedMs, int clockStepMs, int startMs)
    {
        const long Epoch = 1_000_000_000_000_000_000;
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { WaitStableMs = 1000 });
        rig.Probe.Set("/w/a", new FileLook(1, 1, false, Epoch, Epoch));
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Advance(999);
        rig.Probe.Set("/w/a", new FileLook(2, 2, false, changedMs == -1 ? -1 : Epoch + (changedMs * 1_000_000L), Epoch + ((1000 + clockStepMs) * 1_000_000L)));
        rig.Advance(startMs - 1000);
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);

        Assert.Single(rig.Job().Starts);
    }

    [Fact]
    public void Events_of_a_map_go_to_each_of_its_schedulers_in_order()
    {
        SpecList<ActionSpec>[] map = SchedulingRig.EmptyMap();
        map[EventNames.Slot(EventMask.Create)] = new SpecList<ActionSpec>(new ActionSpec("a", false), new ActionSpec("b", false));
        map[EventNames.Slot(EventMask.CloseWrite)] = new SpecList<ActionSpec>(new ActionSpec("a", true), new ActionSpec("b", false), new ActionSpec("a", false));
        SpecList<SchedulerSpec> specs = new(SchedulingRig.Scheduler("a", 1000), SchedulingRig.Scheduler("b", 500));
        SchedulingRig rig = new(specs, map);
        rig.Event(EventMask.Create, "/w/f");
        Assert.Equal(2, rig.Set.TaskCount);
        rig.Event(EventMask.CloseWrite, "/w/f");
        rig.Event(EventMask.Attrib, "/w/f");
        rig.Advance(500);
        Assert.Equal("IN_CLOSE_WRITE /w/f", Assert.Single(rig.Job("b").Starts));
        rig.Advance(500);

        Assert.Equal("IN_CLOSE_WRITE /w/f", Assert.Single(rig.Job("a").Starts));
        Assert.Equal(1, rig.Counters("a").Cancelled);
        Assert.Equal(2, rig.Set.RunningCount);
    }
}
