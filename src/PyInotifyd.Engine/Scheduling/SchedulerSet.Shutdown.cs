using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Scheduling;

public sealed partial class SchedulerSet
{
    private readonly ShutdownTimer _shutdownTimer = new();
    private Action? _shutdownCompleted;

    /// <summary>Whether <see cref="BeginShutdown"/> has been called.</summary>
    public bool IsShuttingDown { get; private set; }

    /// <summary>Lets what can end in time run out, and nothing new begin.</summary>
    /// <param name="timeoutMs">How long; what still runs then is stopped.</param>
    /// <param name="completed">Called once when no task is left; perhaps before this method returns.</param>
    /// <remarks>
    /// Tasks whose time comes after the end are dropped at once, each with a line that has its path. Waiting ones run as places get free, and are dropped with a line at the end. Events go on: they cancel, and replace the
    /// event of what is pending without moving its deadline.
    /// </remarks>
    public void BeginShutdown(long timeoutMs, Action completed)
    {
        if (IsShuttingDown)
        {
            return;
        }

        long nowNs = Clock.NowNs;
        IsShuttingDown = true;
        _shutdownCompleted = completed;
        Wheel.Arm(_shutdownTimer, MonotonicTime.DeadlineTick(nowNs, timeoutMs));
        List<TaskEntry> tasks = TakeList();
        Table.CollectAll(tasks);
        foreach (TaskEntry task in tasks)
        {
            task.Scheduler.ExpelIfTooLate(task, nowNs);
        }

        GiveBack(tasks);
        Limit.OnShutdown();
        CompleteShutdownIfDone();
    }

    /// <summary>Ends everything now: drops what is pending and kills what runs. The ends of killed tasks are still to come; <see cref="BeginShutdown"/> must have been called.</summary>
    public void KillAll() => EndAll(kill: true);

    /// <summary>Whether a deadline comes after the end of the daemon.</summary>
    internal bool IsTooLate(long deadlineTick) => IsShuttingDown && (deadlineTick > _shutdownTimer.Deadline || !_shutdownTimer.IsArmed);

    private bool TryExpireShutdown(TimerEntry entry)
    {
        if (!ReferenceEquals(entry, _shutdownTimer))
        {
            return false;
        }

        EndAll(kill: false);
        return true;
    }

    private void EndAll(bool kill)
    {
        Wheel.Cancel(_shutdownTimer);
        List<TaskEntry> tasks = TakeList();
        Table.CollectAll(tasks);
        foreach (TaskEntry task in tasks)
        {
            if (task.State == TaskState.Running)
            {
                task.Scheduler.StopForShutdown(task, kill);
            }
            else
            {
                task.Scheduler.ExpelForShutdown(task);
            }
        }

        GiveBack(tasks);
        CompleteShutdownIfDone();
    }

    private void ExpelInVain()
    {
        foreach (Scheduler scheduler in _schedulers)
        {
            scheduler.ExpelIfInVain();
        }
    }

    private void CompleteShutdownIfDone()
    {
        if (_shutdownCompleted is { } completed && Table.Count == 0)
        {
            _shutdownCompleted = null;
            Wheel.Cancel(_shutdownTimer);
            completed();
        }
    }

    private sealed class ShutdownTimer : TimerEntry;
}
