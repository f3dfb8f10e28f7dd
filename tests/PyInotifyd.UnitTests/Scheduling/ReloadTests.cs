using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class ReloadTests
{
    [Fact]
    public void Equal_scheduler_is_untouched_with_its_pending_tasks()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        Scheduler scheduler = rig.Set.Find("s")!;
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(400);
        rig.Reload(SchedulingRig.Scheduler(delayMs: 1000));
        Assert.Same(scheduler, rig.Set.Find("s"));
        rig.Advance(599);
        Assert.Empty(rig.Job().Starts);
        rig.Advance(1);

        Assert.Single(rig.Job().Starts);
        Assert.Equal(2, rig.Lines.Count);
    }

    [Fact]
    public void Changed_delay_counts_from_the_newest_event()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(400);
        rig.Reload(SchedulingRig.Scheduler(delayMs: 5000));
        Assert.Equal("INFO re-schedule task, delay=4600, mask=IN_CREATE, path=/w/a", rig.Lines.Last());
        rig.Advance(4599);
        Assert.Empty(rig.Job().Starts);
        rig.Reload(SchedulingRig.Scheduler(delayMs: 100));
        rig.Step();

        Assert.Single(rig.Job().Starts);
        Assert.Equal(rig.Ids[0], rig.Job().Ids[0].ToString("x16"));
    }

    [Fact]
    public void Delay_that_is_taken_away_starts_what_is_pending()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Event(EventMask.Create, "/w/a");
        rig.Reload(SchedulingRig.Scheduler());
        rig.Step();

        Assert.Single(rig.Job().Starts);
    }

    [Fact]
    public void Running_task_of_a_changed_scheduler_ends_and_its_queued_run_follows_never_twice_at_once()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Reload(SchedulingRig.Scheduler() with { Retries = 1 });
        rig.Event(EventMask.Attrib, "/w/a");
        rig.Step();
        Assert.Single(rig.Job().Starts);
        rig.End("/w/a");

        Assert.Equal(2, rig.Job().Starts.Count);
    }

    [Fact]
    public void Removed_scheduler_drops_pending_tasks_with_a_warning_and_lets_running_ones_end()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 100));
        rig.Event(EventMask.Create, "/w/run");
        rig.Advance(100);
        rig.Event(EventMask.Attrib, "/w/run");
        rig.Event(EventMask.Create, "/w/a");
        rig.Reload(SchedulingRig.Scheduler("other"));
        Assert.Equal(2, rig.Lines.Count(line => line.StartsWith("WARNING scheduler removed: drop task")));
        Assert.Equal(2, rig.Set.Schedulers.Count);
        Assert.Null(rig.Set.Find("s"));
        rig.Event(EventMask.Create, "/w/b");
        Assert.Equal(1, rig.Set.TaskCount);
        rig.End("/w/run");

        Assert.Single(rig.Set.Schedulers);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Name_that_comes_back_comes_back_with_its_running_tasks()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Reload();
        rig.Reload(SchedulingRig.Scheduler());
        rig.Event(EventMask.Attrib, "/w/a");
        rig.Step();
        Assert.Single(rig.Job().Starts);
        rig.End("/w/a");

        Assert.Equal(2, rig.Job().Starts.Count);
    }

    [Fact]
    public void New_scheduler_is_reached_by_a_watch_that_stayed()
    {
        SpecList<ActionSpec>[] map = SchedulingRig.UsualMap();
        map[EventNames.Slot(EventMask.Create)] = new SpecList<ActionSpec>(new ActionSpec("s", false), new ActionSpec("t", false));
        SchedulingRig rig = new(new SpecList<SchedulerSpec>(SchedulingRig.Scheduler()), map);
        rig.Event(EventMask.Create, "/w/a");
        rig.Reload(SchedulingRig.Scheduler(), SchedulingRig.Scheduler("t"));
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();

        Assert.Single(rig.Job("t").Starts);
        Assert.Single(rig.Job("s").Starts);
    }

    [Fact]
    public void Singlejob_that_is_new_makes_one_of_the_pending_tasks()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        foreach (string path in new[] { "/w/a", "/w/b", "/w/c" })
        {
            rig.Event(EventMask.Create, path);
            rig.Advance(10);
        }

        rig.Reload(SchedulingRig.Scheduler(delayMs: 1000) with { SingleJob = true });
        Assert.Equal(1, rig.Set.TaskCount);
        rig.Event(EventMask.Attrib, "/w/d");
        rig.Advance(1000);

        Assert.Equal("IN_ATTRIB /w/d", Assert.Single(rig.Job().Starts));
        Assert.Equal(2, rig.Counters().Cancelled);
    }

    [Fact]
    public void Singlejob_that_is_new_waits_until_all_running_tasks_have_ended()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { MaxConcurrency = 2 });
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Event(EventMask.Create, "/w/c");
        rig.Step();
        rig.Event(EventMask.Attrib, "/w/b");
        rig.Reload(SchedulingRig.Scheduler() with { SingleJob = true });
        rig.Advance(1);
        rig.Event(EventMask.Attrib, "/w/d");
        rig.End("/w/a");
        Assert.Equal(2, rig.Job().Starts.Count);
        rig.End("/w/b");
        Assert.Equal("IN_ATTRIB /w/d", rig.Job().Starts.Last());
        rig.End("/w/d");

        Assert.Equal(3, rig.Job().Starts.Count);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Singlejob_that_is_taken_away_leaves_the_task_to_its_path()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000) with { SingleJob = true });
        rig.Event(EventMask.Create, "/w/a");
        rig.Reload(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Event(EventMask.Create, "/w/b");
        rig.Event(EventMask.Attrib, "/w/a");
        rig.Advance(1000);

        Assert.Equal(new[] { "IN_CREATE /w/b", "IN_ATTRIB /w/a" }, rig.Job().Starts);
    }
}
