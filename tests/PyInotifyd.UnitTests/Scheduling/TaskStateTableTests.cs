using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

/// <summary>Walks all pairs of state and input, on a scheduler that was brought there by events.</summary>
public class TaskStateTableTests
{
    private const string Path = "/w/a";

    /// <summary>What follows: the state afterwards, <c>+</c> for a queued re-run, <c>!</c> for a pair that cannot happen.</summary>
    private static readonly string[][] s_expected =
    [
        // Trigger, LateTrigger, Cancel, Gone, Expel, TimeUp, Place, Succeeded, Failed, Lost, RunNow
        ["Delayed", "Idle", "Idle", "Idle", "Idle", "!", "!", "!", "!", "!", "Idle"],
        ["Delayed", "Delayed", "Idle", "Idle", "Idle", "Settling", "!", "!", "!", "!", "Waiting"],
        ["Delayed", "Settling", "Idle", "Idle", "Idle", "Waiting", "!", "!", "!", "!", "Waiting"],
        ["Delayed", "Waiting", "Idle", "Idle", "Idle", "!", "Running", "!", "!", "!", "Waiting"],
        ["Running+", "Running", "Running", "Running", "Running", "Running", "!", "Idle", "RetryWait", "Waiting", "Running"],
        ["Delayed", "RetryWait", "Idle", "Idle", "Idle", "Waiting", "!", "!", "!", "!", "Waiting"],
    ];

    public static TheoryData<int, int> AllPairs()
    {
        TheoryData<int, int> pairs = [];
        for (int state = 0; state < s_expected.Length; state++)
        {
            for (int input = 0; input < s_expected[state].Length; input++)
            {
                pairs.Add(state, input);
            }
        }

        return pairs;
    }

    [Fact]
    public void Table_has_an_answer_for_every_pair()
    {
        Assert.Equal(Enum.GetValues<TaskState>().Length, s_expected.Length);
        foreach (string[] row in s_expected)
        {
            Assert.Equal(Enum.GetValues<TaskInput>().Length, row.Length);
        }
    }

    [Theory]
    [MemberData(nameof(AllPairs))]
    public void Pair_leads_to_the_state_of_the_table(int stateIndex, int inputIndex)
    {
        TaskState state = (TaskState)stateIndex;
        TaskInput input = (TaskInput)inputIndex;
        string expected = s_expected[stateIndex][inputIndex];
        Assert.Equal(expected != "!", TaskStateTable.IsPossible(state, input));
        SchedulingRig rig = BringTo(state);
        TaskEntry? task = TaskOf(rig);
        Assert.Equal(state, task?.State ?? TaskState.Idle);
        if (expected == "!")
        {
            Assert.Throws<InvalidOperationException>(() => TaskStateTable.Answer(state, input));
            return;
        }

        Apply(rig, task, input);

        TaskEntry? after = TaskOf(rig);
        string actual = (after?.State ?? TaskState.Idle).ToString() + (after?.Run?.Next is null ? "" : "+");
        Assert.Equal(expected, actual);
        Assert.Equal(after is null ? 0 : 1, rig.Set.TaskCount);
        Assert.Equal(after?.State == TaskState.Running ? 1 : 0, rig.Set.RunningCount);
        Assert.Equal(after?.State == TaskState.Waiting ? 1 : 0, rig.Counters().Waiting);
        Assert.Equal(after?.State is TaskState.Delayed or TaskState.Settling or TaskState.RetryWait ? 1 : 0, rig.Counters().Delayed);
        bool isArmed = after?.State is TaskState.Delayed or TaskState.Settling or TaskState.RetryWait or TaskState.Running;
        Assert.Equal(isArmed, after?.IsArmed ?? false);
    }

    [Theory]
    [InlineData(TaskState.Delayed)]
    [InlineData(TaskState.Settling)]
    [InlineData(TaskState.Waiting)]
    [InlineData(TaskState.RetryWait)]
    public void Pending_task_whose_event_says_that_the_path_is_gone_survives_the_removal(TaskState state)
    {
        SchedulingRig rig = BringTo(state);
        TaskOf(rig)!.Mask = EventMask.MovedFrom;

        rig.Gone(Path);

        Assert.Equal(state, TaskOf(rig)!.State);
    }

    private static TaskEntry? TaskOf(SchedulingRig rig)
    {
        List<TaskEntry> all = [];
        rig.Set.Table.CollectAll(all);
        return all.Count == 0 ? null : Assert.Single(all);
    }

    private static SchedulingRig BringTo(TaskState state)
    {
        SchedulerSpec spec = SchedulingRig.Scheduler(delayMs: 1000) with { WaitStableMs = 500, Retries = 1, RetryDelayMs = 2000, TimeoutMs = 60_000 };
        SchedulingRig rig = SchedulingRig.One(spec);
        Scheduler scheduler = rig.Set.Find("s")!;
        if (state == TaskState.Idle)
        {
            return rig;
        }

        rig.Event(EventMask.Create, Path);
        scheduler.IsPaused = state == TaskState.Waiting;
        rig.Advance(state switch { TaskState.Delayed => 0, TaskState.Settling => 1000, _ => 1500 });
        if (state == TaskState.RetryWait)
        {
            rig.End(Path, TaskOutcome.Exited(1));
        }

        return rig;
    }

    private static void Apply(SchedulingRig rig, TaskEntry? task, TaskInput input)
    {
        Scheduler scheduler = rig.Set.Find("s")!;
        switch (input)
        {
            case TaskInput.Trigger:
                rig.Event(EventMask.CloseWrite, Path);
                break;
            case TaskInput.LateTrigger:
                // A shutdown drops what a pause holds.
                scheduler.IsPaused = false;
                rig.Set.BeginShutdown(30_000, () => { });
                rig.Event(EventMask.CloseWrite, Path);
                break;
            case TaskInput.Cancel:
                rig.Event(EventMask.Delete, Path);
                break;
            case TaskInput.Gone:
                rig.Gone("/w");
                break;
            case TaskInput.Expel:
                if (task is not null)
                {
                    scheduler.Expel(task, "no future");
                }

                break;
            case TaskInput.TimeUp:
                rig.Wheel.Cancel(task!);
                scheduler.TimeUp(task!);
                break;
            case TaskInput.Place:
                scheduler.IsPaused = false;
                rig.Step();
                break;
            case TaskInput.Succeeded:
                rig.Job().End(task!, TaskOutcome.Success);
                break;
            case TaskInput.Failed:
                rig.Job().End(task!, TaskOutcome.Exited(1));
                break;
            case TaskInput.Lost:
                rig.Job().End(task!, TaskOutcome.Lost("the worker has ended"));
                break;
            case TaskInput.RunNow:
                if (task is not null)
                {
                    Assert.Equal(task.State != TaskState.Running, rig.Set.RunTask(task));
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input));
        }
    }
}
