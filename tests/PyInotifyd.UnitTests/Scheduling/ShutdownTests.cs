using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class ShutdownTests
{
    private int _completed;

    [Fact]
    public void Nothing_to_do_completes_at_once()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Set.BeginShutdown(30_000, () => _completed++);
        rig.Set.BeginShutdown(30_000, () => _completed++);
        rig.Advance(60_000);

        Assert.Equal(1, _completed);
    }

    [Fact]
    public void Tasks_that_cannot_end_in_time_are_dropped_with_their_path_and_others_run_out()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 10_000));
        rig.Event(EventMask.Create, "/w/soon");
        rig.Advance(6000);
        rig.Event(EventMask.Create, "/w/late");
        rig.Set.BeginShutdown(5000, () => _completed++);
        Assert.Equal("WARNING shutdown: drop delayed task, delay=10000, mask=IN_CREATE, path=/w/late", rig.Lines.Last());
        rig.Advance(4000);
        Assert.Equal("IN_CREATE /w/soon", Assert.Single(rig.Job().Starts));
        Assert.Equal(0, _completed);
        rig.End("/w/soon");

        Assert.Equal(1, _completed);
        Assert.Equal(1, rig.Counters().Finished);
        Assert.Equal(long.MaxValue, rig.Wheel.NextExpiry);
    }

    [Fact]
    public void Tasks_that_wait_for_what_cannot_be_started_are_dropped_at_once_and_what_comes_back_runs_them()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Job().IsReady = false;
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Advance(1000);
        rig.Event(EventMask.Create, "/w/c");
        rig.Set.BeginShutdown(5000, () => _completed++);
        rig.Advance(1);
        Assert.Equal(3, rig.Set.TaskCount);

        rig.Job().CannotStart = true;
        rig.Advance(1);
        Assert.Equal("WARNING shutdown: drop delayed task, mask=IN_CREATE, path=/w/b", rig.Lines.Last());
        Assert.Equal(1, rig.Set.TaskCount);
        (rig.Job().IsReady, rig.Job().CannotStart) = (true, false);
        rig.Advance(1000);
        Assert.Equal("IN_CREATE /w/c", Assert.Single(rig.Job().Starts));
        rig.End("/w/c");

        Assert.Equal(1, _completed);
        Assert.Equal(2, rig.Counters().Cancelled);
    }

    [Fact]
    public void Events_during_a_shutdown_cancel_or_replace_but_start_nothing_new_and_move_no_deadline()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 3000));
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Advance(1000);
        rig.Set.BeginShutdown(5000, () => _completed++);
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Event(EventMask.Delete, "/w/b");
        rig.Event(EventMask.Create, "/w/new");
        rig.Advance(2000);
        Assert.Equal("IN_CLOSE_WRITE /w/a", Assert.Single(rig.Job().Starts));
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.End("/w/a");

        Assert.Single(rig.Job().Starts);
        Assert.Equal(1, _completed);
        Assert.Contains("WARNING skip event due to shutdown, mask=IN_CLOSE_WRITE, path=/w/a", rig.Lines);
    }

    [Fact]
    public void Waiting_tasks_run_as_places_get_free()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(), maxConcurrency: 1);
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.Set.BeginShutdown(5000, () => _completed++);
        rig.End("/w/a");
        Assert.Equal(0, _completed);
        rig.End("/w/b");

        Assert.Equal(1, _completed);
    }

    [Fact]
    public void At_the_end_what_runs_is_stopped_then_killed_and_what_waits_is_dropped()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { KillAfterMs = 2000, Retries = 5 }, maxConcurrency: 1);
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.Event(EventMask.Attrib, "/w/a");
        rig.NewLines.ToString();
        rig.Set.BeginShutdown(5000, () => _completed++);
        rig.Advance(5000);
        string[] lines = rig.NewLines.Split('\n');
        Assert.Contains("WARNING shutdown: stop running task, mask=IN_CREATE, path=/w/a", lines);
        Assert.Equal(2, lines.Count(line => line.StartsWith("WARNING shutdown: drop")));
        Assert.Equal("TERM /w/a", Assert.Single(rig.Job().Stops));
        rig.Advance(2000);
        Assert.Equal("KILL /w/a", rig.Job().Stops.Last());
        Assert.Equal(0, _completed);
        rig.End("/w/a", TaskOutcome.Killed(9));

        Assert.Equal(1, _completed);
        Assert.Single(rig.Job().Starts);
    }

    [Fact]
    public void Second_signal_kills_at_once()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 10));
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(10);
        rig.Event(EventMask.Create, "/w/b");
        rig.Set.BeginShutdown(5000, () => _completed++);
        rig.Set.KillAll();
        Assert.Equal("KILL /w/a", Assert.Single(rig.Job().Stops));
        rig.Advance(60_000);
        Assert.Single(rig.Job().Stops);
        rig.End("/w/a", TaskOutcome.Killed(9));

        Assert.Equal(1, _completed);
        Assert.Single(rig.Job().Starts);
    }

    [Fact]
    public void Chained_task_runs_if_it_can_end_in_time()
    {
        SpecList<SchedulerSpec> specs = new(
            SchedulingRig.Scheduler("s") with { OnSuccess = "now" }, SchedulingRig.Scheduler("now") with { OnSuccess = "later" }, SchedulingRig.Scheduler("later", 60_000));
        SchedulingRig rig = new(specs, SchedulingRig.UsualMap());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Set.BeginShutdown(5000, () => _completed++);
        rig.End("/w/a");
        Assert.Single(rig.Job("now").Starts);
        rig.End("/w/a", TaskOutcome.Success, "now");

        Assert.Equal(1, _completed);
        Assert.Equal("WARNING shutdown: drop delayed task, delay=60000, mask=IN_CREATE, path=/w/a", rig.Lines.Last());
    }

    [Fact]
    public void Retry_that_comes_too_late_is_a_failure()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { Retries = 5, RetryDelayMs = 60_000 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Set.BeginShutdown(5000, () => _completed++);
        rig.End("/w/a", TaskOutcome.Exited(1));

        Assert.Equal(1, _completed);
        Assert.Equal(1, rig.Counters().Failed);
    }
}
