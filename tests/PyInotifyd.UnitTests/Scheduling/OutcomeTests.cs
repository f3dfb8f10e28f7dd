using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class OutcomeTests
{
    [Fact]
    public void Failure_is_one_line_with_status_or_signal()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.End("/w/a", TaskOutcome.Exited(3));
        rig.End("/w/b", TaskOutcome.Killed(11));

        Assert.Contains("WARNING task failed, exit_status=3, duration_ms=0, mask=IN_CREATE, path=/w/a", rig.Lines);
        Assert.Contains("WARNING task failed, signal=11, duration_ms=0, mask=IN_CREATE, path=/w/b", rig.Lines);
        Assert.Equal(2, rig.Counters().Failed);
    }

    [Fact]
    public void Retries_double_their_delay_keep_the_id_and_the_last_failure_counts()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { Retries = 2, RetryDelayMs = 1000 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.End("/w/a", TaskOutcome.Exited(1));
        rig.Advance(999);
        Assert.Single(rig.Job().Starts);
        rig.Advance(1);
        rig.End("/w/a", TaskOutcome.Exited(1));
        rig.Advance(1999);
        Assert.Equal(2, rig.Job().Starts.Count);
        rig.Advance(1);
        rig.End("/w/a", TaskOutcome.Exited(1));
        rig.Advance(100_000);

        Assert.Equal(3, rig.Job().Starts.Count);
        Assert.Single(rig.Job().Ids.Distinct());
        Assert.Equal(1, rig.Counters().Failed);
        Assert.Equal(3, rig.Lines.Count(line => line.StartsWith("INFO start task")));
        Assert.Equal(2, rig.Lines.Count(line => line.StartsWith("INFO retry task")));
    }

    [Fact]
    public void Event_during_the_wait_for_a_retry_starts_the_tries_over()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { Retries = 1, RetryDelayMs = 60_000 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.End("/w/a", TaskOutcome.Exited(1));
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Step();
        Assert.Equal("IN_CLOSE_WRITE /w/a", rig.Job().Starts.Last());
        rig.End("/w/a", TaskOutcome.Exited(1));

        Assert.Equal(0, rig.Counters().Failed);
        Assert.Equal(1, rig.Counters().Delayed);
    }

    [Fact]
    public void Failed_run_with_a_queued_event_runs_that_instead_of_a_retry()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { Retries = 1, RetryDelayMs = 60_000 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.End("/w/a", TaskOutcome.Exited(1));

        Assert.Equal("IN_CLOSE_WRITE /w/a", rig.Job().Starts.Last());
    }

    [Fact]
    public void Timeout_stops_with_term_then_kill_and_is_a_failure_whatever_the_status()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { TimeoutMs = 10_000, KillAfterMs = 2000 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Advance(9999);
        Assert.Empty(rig.Job().Stops);
        rig.Advance(1);
        Assert.Equal("TERM /w/a", Assert.Single(rig.Job().Stops));
        rig.Advance(2000);
        Assert.Equal("KILL /w/a", rig.Job().Stops.Last());
        rig.End("/w/a", TaskOutcome.Exited(0));

        Assert.Equal(1, rig.Counters().Failed);
        Assert.Contains(rig.Lines, line => line.StartsWith("WARNING task failed, exit_status=0, duration_ms=12000, error=it ran longer than its timeout"));
    }

    [Fact]
    public void Timeout_counts_from_the_start_of_each_try()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { TimeoutMs = 1000, Retries = 1, RetryDelayMs = 500 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Advance(900);
        rig.End("/w/a", TaskOutcome.Exited(1));
        rig.Advance(500);
        rig.Advance(999);
        Assert.Empty(rig.Job().Stops);
        rig.Advance(1);

        Assert.Single(rig.Job().Stops);
    }

    [Fact]
    public void Success_and_failure_hand_the_event_on()
    {
        SpecList<SchedulerSpec> specs = new(
            SchedulingRig.Scheduler("s") with { OnSuccess = "good", OnFailure = "bad", Retries = 1 },
            SchedulingRig.Scheduler("good", 100),
            SchedulingRig.Scheduler("bad"));
        SchedulingRig rig = new(specs, SchedulingRig.UsualMap());
        rig.Event(EventMask.MovedTo, "/w/a", "/v/x");
        rig.Event(EventMask.Create, "/w/b");
        rig.Step();
        rig.End("/w/a");
        rig.Advance(100);
        Assert.Equal("IN_MOVED_TO /w/a", Assert.Single(rig.Job("good").Starts));
        Assert.Equal("/v/x"u8.ToArray(), rig.Job("good").Running[0].SrcPath);
        rig.End("/w/b", TaskOutcome.Exited(1));
        Assert.Empty(rig.Job("bad").Starts);
        rig.Advance(1000);
        rig.End("/w/b", TaskOutcome.Exited(1));

        Assert.Equal("IN_CREATE /w/b", Assert.Single(rig.Job("bad").Starts));
        Assert.Single(rig.Job("good").Starts);
    }
}
