using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

/// <summary>What a person may do with tasks: list them, hold them, and deal with single ones.</summary>
public sealed class ControlTests
{
    [Fact]
    public void List_tells_where_each_task_stands()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000), maxConcurrency: 1);
        rig.Event(EventMask.Create, "/w/run");
        rig.Event(EventMask.Create, "/w/wait");
        rig.Advance(1000);
        rig.Event(EventMask.Create, "/w/later");
        rig.Event(EventMask.CloseWrite, "/w/run");
        rig.Advance(300);

        Assert.Equal(
            ["/w/later Delayed 700 -1", "/w/run Idle -1 -1", "/w/run Running -1 300", "/w/wait Waiting -1 -1"],
            All(rig).Select(line => $"{Encoding.UTF8.GetString(line.Path)} {line.State} {line.DueMs} {line.RunningMs}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void List_in_pieces_meets_each_task_that_stays_once_whatever_comes_and_goes()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 3_600_000));
        rig.BeQuiet();
        Random random = new(1);
        for (int i = 0; i < 3000; i++)
        {
            rig.Event(EventMask.Create, "/w/stays" + i);
        }

        List<TaskLine> seen = [];
        HashSet<int> others = [];
        uint next = 0;
        do
        {
            next = rig.Set.ListTasks(next, 1 + random.Next(40), seen);

            // The table grows to many times its size, and shrinks again.
            int count = seen.Count < 1500 ? 400 : 40;
            for (int i = 0; i < count; i++)
            {
                int name = random.Next(20_000);
                bool comes = seen.Count < 1500 ? random.Next(4) != 0 : random.Next(40) == 0;
                if (comes ? others.Add(name) : others.Remove(name))
                {
                    rig.Event(comes ? EventMask.Create : EventMask.Delete, "/w/comes" + name);
                }
            }
        }
        while (next != 0);

        string[] stayed = [.. seen.Select(line => Encoding.UTF8.GetString(line.Path)).Where(path => path.StartsWith("/w/stays", StringComparison.Ordinal))];
        Assert.Equal(3000, stayed.Length);
        Assert.Equal(3000, stayed.Distinct().Count());
    }

    [Fact]
    public void Task_is_found_in_pieces()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.BeQuiet();
        for (int i = 0; i < 1000; i++)
        {
            rig.Event(EventMask.Create, "/w/" + i);
        }

        foreach (TaskLine line in All(rig))
        {
            Assert.Equal(line.Path, Find(rig, line.Id)!.Path);
        }

        Assert.Null(Find(rig, 12345));
    }

    [Fact]
    public void Pause_holds_starts_and_keeps_events_and_resume_starts_what_is_due()
    {
        SchedulingRig rig = new(new SpecList<SchedulerSpec>(SchedulingRig.Scheduler(), SchedulingRig.Scheduler("t")), SchedulingRig.UsualMap());
        rig.Set.IsPaused = true;
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Event(EventMask.Delete, "/w/b");
        rig.Advance(60_000);
        Assert.Equal((1, 0), (rig.Counters().Waiting, rig.Counters().Running));

        // A reload changes nothing about it, for new schedulers neither.
        rig.Reload(SchedulingRig.Scheduler() with { Retries = 3 }, SchedulingRig.Scheduler("new"));
        rig.Advance(60_000);
        Assert.Equal((1, 0), (rig.Counters().Waiting, rig.Counters().Running));

        rig.Set.IsPaused = false;
        rig.Set.Find("s")!.IsPaused = true;
        rig.Reload(SchedulingRig.Scheduler());
        rig.Step();
        Assert.Equal(0, rig.Counters().Running);

        rig.Set.Find("s")!.IsPaused = false;
        rig.Step();
        Assert.Equal(1, rig.Counters().Running);
    }

    [Fact]
    public void Shutdown_does_not_wait_for_what_a_pause_holds()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 100));
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(100);
        rig.Set.IsPaused = true;
        rig.Event(EventMask.CloseWrite, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Advance(100);
        bool isDone = false;

        rig.Set.BeginShutdown(30_000, () => isDone = true);

        Assert.Equal(2, rig.Lines.Count(line => line.StartsWith("WARNING shutdown: drop delayed task", StringComparison.Ordinal)));
        Assert.False(isDone);
        rig.End("/w/a");
        Assert.True(isDone);
    }

    [Fact]
    public void Task_that_is_run_now_comes_before_all_others()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 60_000), maxConcurrency: 1);
        rig.Event(EventMask.Create, "/w/a");
        rig.Event(EventMask.Create, "/w/b");
        rig.Event(EventMask.Create, "/w/c");
        rig.Advance(60_000);
        rig.Event(EventMask.Create, "/w/d");
        rig.End("/w/a");
        TaskEntry late = Find(rig, All(rig).Single(line => line.DueMs >= 0).Id)!;

        Assert.True(rig.Set.RunTask(late));
        rig.End("/w/b");

        Assert.Equal("/w/d", Encoding.UTF8.GetString(All(rig).Single(line => line.State == TaskState.Running).Path));
        Assert.False(rig.Set.RunTask(late));
    }

    [Fact]
    public void Cancelled_by_hand_is_dropped_and_what_runs_only_loses_its_rerun()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.Event(EventMask.CloseWrite, "/w/a");
        TaskLine queued = All(rig).Single(line => line.State == TaskState.Idle);
        TaskEntry running = Find(rig, queued.Id)!;
        Assert.Equal(TaskState.Running, running.State);

        Assert.False(rig.Set.RunTask(running));
        Assert.True(rig.Set.CancelTask(running, queued.Id));
        Assert.Single(All(rig));
        Assert.False(rig.Set.CancelTask(running, running.Id));
        Assert.Equal(1, rig.Counters().Cancelled);

        rig.End("/w/a");
        rig.Set.IsPaused = true;
        rig.Event(EventMask.Create, "/w/b");
        Assert.True(rig.Set.CancelTask(Find(rig, All(rig).Single().Id)!, All(rig).Single().Id));
        Assert.Empty(All(rig));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Failed_task_is_tried_once_more_on_demand_under_its_id(bool isSingle)
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000) with { Retries = 2, RetryDelayMs = 1, SingleJob = isSingle });
        rig.Event(EventMask.Create, "/w/a");
        rig.Advance(1000);
        for (int i = 0; i < 3; i++)
        {
            rig.End("/w/a", TaskOutcome.Exited(1));
            rig.Advance(10);
        }

        List<StoredTask> listed = [];
        Assert.False(rig.Set.Failed.ListAfter(0, 10, listed));
        StoredTask failed = Assert.Single(listed);
        Assert.Same(failed, rig.Set.Failed.Find(failed.Id));

        Assert.True(rig.Set.Retry(failed));
        Assert.False(rig.Set.Retry(failed));
        rig.Step();
        Assert.Equal((failed.Id, TaskState.Running), (All(rig).Single().Id, All(rig).Single().State));
        rig.End("/w/a", TaskOutcome.Exited(1));
        Assert.Equal(2, rig.Counters().Failed);

        // It failed again at once, without further tries; now it may be forgotten.
        Assert.True(rig.Set.Forget(rig.Set.Failed.Find(failed.Id)!));
        Assert.Equal(0, rig.Set.Failed.Count);
    }

    [Fact]
    public void Failed_task_whose_scheduler_is_gone_stays()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler());
        rig.Event(EventMask.Create, "/w/a");
        rig.Step();
        rig.End("/w/a", TaskOutcome.Exited(1));
        rig.Reload(SchedulingRig.Scheduler("other"));

        Assert.False(rig.Set.Retry(rig.Set.Failed.All.Single()));
        Assert.Equal(1, rig.Set.Failed.Count);
    }

    private static List<TaskLine> All(SchedulingRig rig)
    {
        List<TaskLine> lines = [];
        for (uint next = 0; (next = rig.Set.ListTasks(next, 3, lines)) != 0;)
        {
        }

        return lines;
    }

    private static TaskEntry? Find(SchedulingRig rig, ulong id)
    {
        uint from = 0;
        do
        {
            if (rig.Set.FindTask(ref from, 10, id) is { } task)
            {
                return task;
            }
        }
        while (from != 0);
        return null;
    }
}
