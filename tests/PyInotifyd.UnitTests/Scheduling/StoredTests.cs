using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

/// <summary>Tasks that outlive their scheduler: stored by a shutdown, kept because they failed, brought back.</summary>
public class StoredTests
{
    [Fact]
    public void Shutdown_stores_what_has_no_time_left_and_what_comes_too_late()
    {
        SchedulingRig rig = Keeping(SchedulingRig.Scheduler() with { DelayMs = 60_000 });
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Advance(10_000);
        rig.Set.BeginShutdown(1000, () => { });
        rig.Event(EventMask.CloseWrite, "/w/b");

        Assert.Equal([("/w/a", 50_000L), ("/w/b", 60_000L)], rig.Set.Unfinished.All.Select(task => (Text(task.Path), task.RemainingMs)).Order());
        Assert.Contains(rig.Lines, line => line.Contains("shutdown: store delayed task", System.StringComparison.Ordinal));
    }

    [Fact]
    public void Cancellation_during_a_shutdown_takes_a_stored_task_out()
    {
        SchedulingRig rig = Keeping(SchedulingRig.Scheduler() with { DelayMs = 60_000 });
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Set.BeginShutdown(1000, () => { });
        rig.Event(EventMask.Delete, "/w/a");

        Assert.Empty(rig.Set.Unfinished.All);
    }

    [Fact]
    public void Task_that_a_shutdown_stops_is_stored_and_has_not_failed()
    {
        SchedulingRig rig = Keeping(SchedulingRig.Scheduler());
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Step();
        rig.Set.BeginShutdown(1000, () => { });
        rig.Advance(1000);
        rig.End("/w/a", TaskOutcome.Killed(15));

        Assert.Equal("/w/a", Text(Assert.Single(rig.Set.Unfinished.All).Path));
        Assert.Empty(rig.Set.Failed.All);
    }

    [Fact]
    public void Event_during_a_shutdown_for_a_running_task_is_stored_and_stays_so_when_that_ends_well()
    {
        SchedulingRig rig = Keeping(SchedulingRig.Scheduler());
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Step();
        rig.Set.BeginShutdown(1000, () => { });
        rig.Event(EventMask.Open, "/w/a");
        Assert.Empty(rig.Set.Unfinished.All);
        rig.Event(EventMask.Attrib, "/w/a");
        rig.End("/w/a");

        Assert.Equal(EventMask.Attrib, Assert.Single(rig.Set.Unfinished.All).Mask);
        Assert.Single(rig.Job().Starts);
    }

    [Fact]
    public void Event_during_a_shutdown_gives_a_queued_rerun_the_newest_event()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Step();
        rig.Event(EventMask.Create, "/w/a");
        rig.Set.BeginShutdown(1000, () => { });
        rig.Event(EventMask.Attrib, "/w/a");
        rig.End("/w/a");

        Assert.Equal("IN_ATTRIB /w/a", rig.Job().Starts[1]);
    }

    [Fact]
    public void Failed_task_is_kept_until_a_newer_event_and_goes_with_its_directory()
    {
        SchedulingRig rig = Keeping(SchedulingRig.Scheduler());
        rig.Event(EventMask.CloseWrite, "/w/d/a");
        rig.Event(EventMask.CloseWrite, "/w/b");
        rig.Step();
        rig.End("/w/d/a", TaskOutcome.Exited(1));
        rig.End("/w/b", TaskOutcome.Exited(1));
        rig.Router.OnTreeMoved("/w/d"u8, "/w/e"u8);
        rig.Event(EventMask.CloseWrite, "/w/b");

        Assert.Equal("/w/e/a", Text(Assert.Single(rig.Set.Failed.All).Path));
    }

    [Fact]
    public void Restored_task_keeps_its_id_and_waits_for_what_was_left_of_its_delay()
    {
        SchedulingRig rig = Keeping(SchedulingRig.Scheduler() with { DelayMs = 60_000 });
        Assert.True(rig.Set.Restore(Task("s", remainingMs: 20_000)));
        Assert.False(rig.Set.Restore(Task("gone", remainingMs: 0)));
        rig.Advance(19_999);
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);

        Assert.Single(rig.Job().Starts);
        Assert.Equal("00000000000000ff", rig.Ids[^1]);
    }

    [Fact]
    public void Restored_failure_has_one_try()
    {
        SchedulingRig rig = Keeping(SchedulingRig.Scheduler() with { Retries = 3 });
        Assert.True(rig.Set.Restore(Task("s", remainingMs: 0) with { Failures = 3 }));
        rig.Step();
        rig.End("/w/a", TaskOutcome.Exited(1));
        rig.Advance(1_000_000);

        Assert.Single(rig.Job().Starts);
        Assert.Single(rig.Set.Failed.All);
    }

    private static StoredTask Task(string scheduler, long remainingMs) => new()
    {
        Scheduler = scheduler,
        Id = 0xff,
        Path = "/w/a"u8.ToArray(),
        WatchPath = "/w"u8.ToArray(),
        Mask = EventMask.CloseWrite,
        RemainingMs = remainingMs,
    };

    private static SchedulingRig Keeping(SchedulerSpec spec)
    {
        SchedulingRig rig = SchedulingRig.One(spec);
        rig.Set.KeepsUnfinished = true;
        return rig;
    }

    private static string Text(byte[] path) => System.Text.Encoding.Latin1.GetString(path);
}
