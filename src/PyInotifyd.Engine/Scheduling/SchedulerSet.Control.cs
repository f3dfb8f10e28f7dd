using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Scheduling;

/// <content>What a person asks for while the daemon runs: lists, and commands for single tasks.</content>
/// <remarks>
/// There may be a million tasks, and the loop must not be held up: whatever looks at all of them does so in pieces, from a place in the table to the next. A task that is there all the time is met exactly once,
/// unless a directory above it is renamed meanwhile.
/// </remarks>
public sealed partial class SchedulerSet
{
    /// <summary>Whether nothing starts for the time being, in any scheduler; events go on being taken.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Appends tasks from a place in the table on, and returns the place at which to go on; 0: that was all.</summary>
    /// <param name="from">0, or what the last call returned.</param>
    /// <param name="limit">After so many it stops as soon as it can.</param>
    /// <param name="lines">Where they go; re-runs that are queued follow the task that runs.</param>
    public uint ListTasks(uint from, int limit, List<TaskLine> lines)
    {
        long nowNs = Clock.NowNs;
        List<TaskEntry> tasks = TakeList();
        uint next = Table.CollectFrom(from, limit, tasks);
        foreach (TaskEntry task in tasks)
        {
            lines.Add(LineOf(task, nowNs));
            if (task.Run?.Next is { } queued)
            {
                lines.Add(LineOf(queued, nowNs));
            }
        }

        GiveBack(tasks);
        return next;
    }

    /// <summary>Looks for a task in a piece of the table, and returns it, or for a queued re-run the running task that it follows; null where it is not in this piece.</summary>
    /// <param name="from">Where to begin, 0 at first; set to where to go on, 0 at the end.</param>
    /// <param name="limit">After so many tasks it stops as soon as it can.</param>
    /// <param name="id">Whose.</param>
    public TaskEntry? FindTask(ref uint from, int limit, ulong id)
    {
        List<TaskEntry> tasks = TakeList();
        from = Table.CollectFrom(from, limit, tasks);
        TaskEntry? found = tasks.Find(task => task.Id == id || task.Run?.Next?.Id == id);
        GiveBack(tasks);
        return found;
    }

    /// <summary>Cancels what <see cref="FindTask"/> has found; false where it runs: then it goes on, and only loses its queued re-run.</summary>
    public bool CancelTask(TaskEntry task, ulong id) => task.Scheduler.CancelByHand(task, id);

    /// <summary>Has a pending task start as soon as there is a place, before all others; false where it runs already, or follows one that does.</summary>
    public bool RunTask(TaskEntry task) => task.Scheduler.RunNow(task);

    /// <summary>Whether a pause keeps a task from starting.</summary>
    public bool IsHeld(TaskEntry task) => task.Scheduler.IsHeld;

    /// <summary>Tries a failed task once more, at once; false where its scheduler is gone or wants it no more, or it has been tried since.</summary>
    public bool Retry(StoredTask task) => Failed.Contains(task) && Restore(task with { RemainingMs = 0, AgeMs = 0 }) && Failed.Remove(task) && Changed();

    /// <summary>Forgets a failed task; false where that has happened already.</summary>
    public bool Forget(StoredTask task) => Failed.Remove(task) && Changed();

    private bool Changed()
    {
        Changes++;
        return true;
    }

    private static TaskLine LineOf(TaskEntry task, long nowNs)
    {
        ReadOnlySpan<byte> shown = Scheduler.Shown(task.Path);
        bool waits = task.State is TaskState.Delayed or TaskState.Settling or TaskState.RetryWait;
        return new TaskLine
        {
            Id = task.Id,
            Scheduler = task.Scheduler.Spec.Name,
            Path = shown.Length == task.Path.Length ? task.Path : shown.ToArray(),
            Mask = task.Mask,
            State = task.State,
            DueMs = waits ? Math.Max(0, task.Deadline - MonotonicTime.ExpiryTick(nowNs)) : -1,
            RunningMs = task.State == TaskState.Running ? Math.Max(0, (nowNs - task.Run!.StartedNs) / MonotonicTime.NsPerTick) : -1,
        };
    }
}
