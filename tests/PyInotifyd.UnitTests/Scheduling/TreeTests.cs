using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class TreeTests
{
    [Fact]
    public void Rename_of_a_directory_takes_its_tasks_along_with_id_and_deadline()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.Event(EventMask.Create, "/w/d/a");
        rig.Event(EventMask.Create, "/w/d/e/b");
        rig.Event(EventMask.Create, "/w/dd/c");
        string id = rig.Ids[0];
        rig.Advance(500);
        rig.Move("/w/d", "/w/x/y");
        rig.Event(EventMask.Attrib, "/w/x/y/e/b");
        rig.Advance(500);

        Assert.Equal(new[] { "IN_CREATE /w/x/y/a", "IN_CREATE /w/dd/c" }.Order(), rig.Job().Starts.Order());
        Assert.Contains(rig.Job().Ids, started => started.ToString("x16") == id);
        Assert.Equal(1, rig.Counters().Delayed);
    }

    [Fact]
    public void Running_task_below_a_renamed_directory_is_busy_under_its_new_path()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/d/a");
        rig.Step();
        rig.Event(EventMask.Attrib, "/w/d/a");
        rig.Move("/w/d", "/w/e");
        rig.Event(EventMask.CloseWrite, "/w/e/a");
        rig.Step();
        Assert.Single(rig.Job().Starts);
        rig.End("/w/e/a");

        Assert.Equal("IN_CLOSE_WRITE /w/e/a", rig.Job().Starts.Last());
    }

    [Fact]
    public void Task_of_the_renamed_directory_itself_goes_along_unless_it_says_that_the_name_has_gone()
    {
        SpecList<ActionSpec>[] map = SchedulingRig.UsualMap();
        map[EventNames.Slot(EventMask.MovedFrom)] = new SpecList<ActionSpec>(new ActionSpec("s", false));
        SchedulingRig rig = new(new SpecList<SchedulerSpec>(SchedulingRig.Scheduler(delayMs: 1000) with { Dirs = true }), map);
        rig.Event(EventMask.Create | EventMask.IsDir, "/w/d");
        rig.Move("/w/d", "/w/e");
        rig.Event(EventMask.MovedFrom | EventMask.IsDir, "/w/e");
        rig.Move("/w/e", "/w/f");
        rig.Advance(1000);

        Assert.Equal("IN_MOVED_FROM /w/e", Assert.Single(rig.Job().Starts));
    }

    [Theory]
    [InlineData(false, "IN_CREATE /w/e/a")]
    [InlineData(true, "IN_ATTRIB /w/e/a")]
    public void Pending_tasks_that_meet_at_a_path_become_the_one_of_the_newest_event(bool targetIsNewer, string expected)
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        string[] order = targetIsNewer ? ["/w/d/a", "/w/e/a"] : ["/w/e/a", "/w/d/a"];
        foreach (string path in order)
        {
            rig.Event(path == "/w/d/a" ? EventMask.Create : EventMask.Attrib, path);
            rig.Advance(10);
        }

        rig.Move("/w/d", "/w/e");
        Assert.Equal(1, rig.Set.TaskCount);
        rig.Advance(1000);

        Assert.Equal(expected, Assert.Single(rig.Job().Starts));
        Assert.Single(rig.Lines, line => line.StartsWith("INFO scheduled task cancelled"));
    }

    [Theory]
    [InlineData("/w/d/a", "/w/e/a")]
    [InlineData("/w/e/a", "/w/d/a")]
    public void Pending_task_that_meets_a_running_one_becomes_its_queued_run(string running, string pending)
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler() with { MaxConcurrency = 1 });
        rig.Event(EventMask.Create, running);
        rig.Step();
        rig.Event(EventMask.Attrib, pending);
        rig.Step();
        rig.Move("/w/d", "/w/e");
        Assert.Equal(1, rig.Set.TaskCount);
        rig.End("/w/e/a");
        Assert.Equal("IN_ATTRIB /w/e/a", rig.Job().Starts.Last());
        rig.End("/w/e/a");

        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Two_running_tasks_that_meet_are_followed_by_one_run_after_both_have_ended()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/d/a");
        rig.Event(EventMask.Create, "/w/e/a");
        rig.Step();
        rig.Event(EventMask.Attrib, "/w/d/a");
        rig.Advance(1);
        rig.Event(EventMask.CloseWrite, "/w/e/a");
        rig.Move("/w/d", "/w/e");
        rig.End("/w/e/a");
        Assert.Equal(2, rig.Job().Starts.Count);
        rig.End("/w/e/a");
        Assert.Equal("IN_CLOSE_WRITE /w/e/a", rig.Job().Starts.Last());
        rig.End("/w/e/a");

        Assert.Equal(3, rig.Job().Starts.Count);
        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Removed_tree_cancels_what_has_not_started_and_queued_runs()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 100) with { Dirs = true });
        rig.Event(EventMask.Create, "/w/d/run");
        rig.Advance(100);
        rig.Event(EventMask.Attrib, "/w/d/run");
        rig.Event(EventMask.Create, "/w/d/e/a");
        rig.Event(EventMask.Create | EventMask.IsDir, "/w/d");
        rig.Event(EventMask.Create, "/w/d2");
        rig.Gone("/w/d");
        Assert.Equal(2, rig.Set.TaskCount);
        rig.End("/w/d/run");
        rig.Advance(100);

        Assert.Equal(new[] { "IN_CREATE /w/d/run", "IN_CREATE /w/d2" }, rig.Job().Starts);
        Assert.Equal(3, rig.Counters().Cancelled);
    }

    [Fact]
    public void Watch_on_the_root_directory_is_a_tree_too()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 100) with { Dirs = true });
        rig.Event(EventMask.Create | EventMask.IsDir, "/");
        rig.Event(EventMask.Create, "/a");
        rig.Event(EventMask.Create, "/b/c");
        rig.Gone("/b");
        Assert.Equal(2, rig.Set.TaskCount);
        rig.Gone("/");

        Assert.Equal(0, rig.Set.TaskCount);
    }

    [Fact]
    public void Removal_of_a_large_tree_costs_no_look_at_other_tasks()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 100_000));
        rig.BeQuiet();
        const int Count = 100_000;
        for (int i = 0; i < Count; i++)
        {
            rig.Event(EventMask.Create, "/w/d" + i + "/f");
        }

        Assert.Equal(Count, rig.Set.TaskCount);
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int i = 0; i < Count; i++)
        {
            rig.Gone("/w/d" + i);
        }

        // Half a second on a free machine; quadratic work would take minutes.
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds < 10);
        Assert.Equal(0, rig.Set.TaskCount);
        Assert.True(rig.Set.Table.DirectoryCount < 200, "empty directories are forgotten");
    }
}
