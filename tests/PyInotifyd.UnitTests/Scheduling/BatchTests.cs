using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class BatchTests
{
    [Fact]
    public void Run_starts_when_the_first_path_has_waited_for_others()
    {
        SchedulingRig rig = Batch(max: 10, waitMs: 2000);
        Create(rig, "/w/a");
        rig.Advance(1500);
        Create(rig, "/w/b");
        rig.Advance(499);
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);

        Assert.Equal(new[] { "IN_CREATE /w/a + IN_CREATE /w/b" }, rig.Job().Starts);
        Assert.Equal(2, rig.Set.RunningCount);
        rig.End("/w/a");
        Assert.Equal(2, rig.Counters().Finished);
        Assert.Equal(0, rig.Set.TaskCount);
        Assert.Equal(long.MaxValue, rig.Wheel.NextExpiry);
    }

    [Fact]
    public void Full_run_starts_at_once_and_the_rest_waits()
    {
        SchedulingRig rig = Batch(max: 2, waitMs: 2000);
        Create(rig, "/w/a", "/w/b", "/w/c");

        Assert.Equal(new[] { "IN_CREATE /w/a + IN_CREATE /w/b" }, rig.Job().Starts);
        rig.Advance(2000);
        Assert.Equal("IN_CREATE /w/c", rig.Job().Starts[1]);
    }

    [Fact]
    public void Run_takes_one_place_of_max_concurrency()
    {
        SchedulingRig rig = new(
            new SpecList<SchedulerSpec>(SchedulingRig.Scheduler() with { Batch = new BatchSpec(2, 0, false), MaxConcurrency = 2 }), SchedulingRig.UsualMap(), maxConcurrency: 2);
        for (int i = 0; i < 6; i++)
        {
            rig.Event(EventMask.Create, "/w/" + i);
        }

        rig.Step();
        Assert.Equal(2, rig.Job().Starts.Count);
        Assert.Equal(4, rig.Set.RunningCount);
        rig.End("/w/0");
        Assert.Equal("IN_CREATE /w/4 + IN_CREATE /w/5", rig.Job().Starts[2]);
    }

    [Fact]
    public void Member_that_is_cancelled_before_the_start_is_left_out_and_the_wait_is_that_of_the_next()
    {
        SchedulingRig rig = Batch(max: 10, waitMs: 2000);
        Create(rig, "/w/a");
        rig.Advance(1000);
        Create(rig, "/w/b");
        rig.Event(EventMask.Delete, "/w/a");
        rig.Advance(1999);
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);

        Assert.Equal(new[] { "IN_CREATE /w/b" }, rig.Job().Starts);
    }

    [Fact]
    public void Event_during_the_run_queues_a_rerun_of_its_path_alone()
    {
        SchedulingRig rig = Batch(max: 10, waitMs: 100);
        Create(rig, "/w/a", "/w/b");
        rig.Advance(100);
        rig.Event(EventMask.CloseWrite, "/w/b");
        rig.End("/w/a");
        rig.Advance(100);

        Assert.Equal(new[] { "IN_CREATE /w/a + IN_CREATE /w/b", "IN_CLOSE_WRITE /w/b" }, rig.Job().Starts);
    }

    [Fact]
    public void Cancel_during_the_run_drops_the_rerun_and_lets_the_run_go_on()
    {
        SchedulingRig rig = Batch(max: 10, waitMs: 0);
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.Event(EventMask.CloseWrite, "/w/b");
        rig.Event(EventMask.Delete, "/w/b");
        Assert.Contains("WARNING skip event due to ongoing task, mask=IN_DELETE, path=/w/b", rig.Lines);
        rig.End("/w/a");
        rig.Advance(1000);

        Assert.Single(rig.Job().Starts);
        Assert.Equal(2, rig.Counters().Finished);
    }

    [Fact]
    public void Failure_counts_for_every_member_and_all_are_tried_again_together_with_their_ids()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { Batch = new BatchSpec(10, 0, false), Retries = 1, RetryDelayMs = 1000 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.End("/w/a", TaskOutcome.Exited(1));
        rig.Advance(1000);
        Assert.Equal(new[] { "IN_CREATE /w/a + IN_CREATE /w/b", "IN_CREATE /w/a + IN_CREATE /w/b" }, rig.Job().Starts);
        Assert.Equal(rig.Job().Ids[..2], rig.Job().Ids[2..]);
        rig.End("/w/a", TaskOutcome.Exited(1));

        Assert.Equal(2, rig.Counters().Failed);
        Assert.Equal(2, rig.Set.Failed.Count);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Event_of_a_member_that_failed_replaces_its_retry_only()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { Batch = new BatchSpec(10, 0, false), Retries = 1, RetryDelayMs = 1000 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.End("/w/a", TaskOutcome.Exited(1));
        Assert.Equal("IN_CLOSE_WRITE /w/a", rig.Job().Starts[1]);
        rig.End("/w/a");
        rig.Advance(1000);

        Assert.Equal("IN_CREATE /w/b", rig.Job().Starts[2]);
    }

    [Fact]
    public void Timeout_stops_the_run_once_and_every_member_has_failed()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { Batch = new BatchSpec(10, 0, false), TimeoutMs = 500 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.Advance(500);
        Assert.Equal(new[] { "TERM /w/a" }, rig.Job().Stops);
        rig.End("/w/a", TaskOutcome.Killed(15));

        Assert.Equal(2, rig.Lines.Count(line => line.Contains("task failed") && line.Contains("it ran longer than its timeout")));
        Assert.Equal(2, rig.Counters().Failed);
    }

    [Fact]
    public void Restart_stops_the_run_and_starts_it_again_with_all_members()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { Batch = new BatchSpec(10, 100, false), OnBusy = BusyPolicy.Restart });
        Create(rig, "/w/a", "/w/b", "/w/c");
        rig.Advance(100);
        rig.Event(EventMask.CloseWrite, "/w/b");
        Assert.Equal(new[] { "TERM /w/a" }, rig.Job().Stops);
        rig.Event(EventMask.CloseWrite, "/w/c");
        rig.Event(EventMask.Delete, "/w/c");
        rig.End("/w/a", TaskOutcome.Killed(15));
        rig.Advance(100);

        Assert.Equal(2, rig.Job().Starts.Count);
        Assert.Equal(new[] { "IN_CLOSE_WRITE /w/b", "IN_CREATE /w/a" }, rig.Job().Starts[1].Split(" + ").OrderBy(start => start).ToArray());
        Assert.Equal(0, rig.Counters().Failed);
    }

    [Fact]
    public void Success_is_handed_on_for_every_path()
    {
        SchedulingRig rig = new(
            new SpecList<SchedulerSpec>(SchedulingRig.Scheduler() with { Batch = new BatchSpec(10, 0, false), OnSuccess = "t" }, SchedulingRig.Scheduler("t")), SchedulingRig.UsualMap());
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.End("/w/a");

        Assert.Equal(new[] { "IN_CREATE /w/a", "IN_CREATE /w/b" }, rig.Job("t").Starts);
    }

    [Fact]
    public void Shutdown_waits_for_no_others_and_names_every_path_that_it_stops()
    {
        SchedulingRig rig = Batch(max: 10, waitMs: 60_000);
        Create(rig, "/w/a", "/w/b");
        bool done = false;
        rig.Set.BeginShutdown(1000, () => done = true);
        rig.Step();
        Assert.Single(rig.Job().Starts);
        rig.Advance(1000);
        Assert.Equal(new[] { "TERM /w/a" }, rig.Job().Stops);
        Assert.Contains("WARNING shutdown: stop running task, mask=IN_CREATE, path=/w/a", rig.Lines);
        Assert.Contains("WARNING shutdown: stop running task, mask=IN_CREATE, path=/w/b", rig.Lines);
        rig.End("/w/a", TaskOutcome.Killed(15));

        Assert.True(done);
    }

    [Fact]
    public void Start_that_the_machine_has_no_room_for_keeps_the_order()
    {
        SchedulingRig rig = Batch(max: 2, waitMs: 0);
        rig.Job().Answers.Enqueue(JobStart.TryAgain);
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Event(EventMask.Create, "/w/c");
        rig.Step();
        Assert.Equal(0, rig.Set.RunningCount);
        rig.Advance(50);

        Assert.Equal(new[] { "IN_CREATE /w/a + IN_CREATE /w/b", "IN_CREATE /w/c" }, rig.Job().Starts);
        Assert.Single(rig.Lines, line => line.Contains("cannot start task now"));
        Assert.Equal(1, rig.Lines.Count(line => line == "INFO start task, mask=IN_CREATE, path=/w/a"));
    }

    [Fact]
    public void Start_that_fails_fails_for_all()
    {
        SchedulingRig rig = Batch(max: 2, waitMs: 0);
        rig.Job().Answers.Enqueue(JobStart.Failed);
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();

        Assert.Equal(2, rig.Counters().Failed);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Members_whose_directory_is_renamed_go_on_under_their_new_names()
    {
        SchedulingRig rig = Batch(max: 10, waitMs: 0);
        rig.Event(EventMask.Create, "/w/d/a");
        rig.Event(EventMask.Create, "/w/d/b");
        rig.Step();
        rig.Move("/w/d", "/w/e");
        rig.Event(EventMask.CloseWrite, "/w/e/b");
        Assert.Single(rig.Job().Starts);
        rig.End("/w/e/a");

        Assert.Equal("IN_CLOSE_WRITE /w/e/b", rig.Job().Starts[1]);
    }

    [Fact]
    public void Reload_without_batch_ends_the_run_as_it_began_and_starts_waiting_ones_alone()
    {
        SchedulingRig rig = Batch(max: 2, waitMs: 60_000);
        Create(rig, "/w/a", "/w/b", "/w/c", "/w/x");
        Create(rig, "/w/d");
        rig.Reload(SchedulingRig.Scheduler());
        rig.Step();
        Assert.Equal("IN_CREATE /w/d", rig.Job().Starts[2]);
        rig.End("/w/a");
        rig.End("/w/c");
        rig.End("/w/d");

        Assert.Equal(5, rig.Counters().Finished);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    private static SchedulingRig Batch(int max, long waitMs) => SchedulingRig.One(SchedulingRig.Scheduler() with { Batch = new BatchSpec(max, waitMs, false) });

    private static void Create(SchedulingRig rig, params string[] paths)
    {
        foreach (string path in paths)
        {
            rig.Event(EventMask.Create, path);
        }

        rig.Step();
    }
}
