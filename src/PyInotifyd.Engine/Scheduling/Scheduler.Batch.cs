using System;
using System.Collections.Generic;
using System.Globalization;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Scheduling;

/// <content>One run for many paths.</content>
/// <remarks>
/// <para>
/// Every path keeps a task of its own, with its delay, its id and its row in <see cref="TaskStateTable"/>; only the run is shared. Tasks that wait for a place are joined: a run starts as soon as <c>max</c> of them
/// wait, or <c>wait</c> after the time of the first one was up, or at once in a shutdown, when no others will come. It takes one place of <c>max_concurrency</c>.
/// </para>
/// <para>
/// What ends the run ends it for all: each member has succeeded, or failed and is tried again by its own count (those that failed together wait together, so they meet in one run again), and is handed on by itself. An event
/// or a cancellation of a member is that of a running task. <c>on_busy: restart</c> stops the run; members that had no newer event wait for the next one.
/// </para>
/// </remarks>
public sealed partial class Scheduler
{
    private readonly BatchWait _batchWait;
    private readonly List<WaitingQueue.Item> _joined = [];

    /// <summary>Number of runs; with <c>batch</c> less than the number of running tasks.</summary>
    internal int RunCount { get; private set; }

    /// <summary>Whether the waiting tasks, of which there is one at least, need not wait for others any longer.</summary>
    private bool IsBatchDue =>
        Spec.Batch is not { } batch || _job is not IBatchJob || Waiting.Count >= batch.Max || _set.IsShuttingDown
        || Waiting.FirstTick + batch.WaitMs <= MonotonicTime.ExpiryTick(_set.Clock.NowNs);

    /// <summary>Has the scheduler looked at again when the first waiting task has waited long enough for others.</summary>
    internal void ArmBatchWait()
    {
        if (Spec.Batch is { } batch && Waiting.Count != 0 && !IsBatchDue)
        {
            long due = Waiting.FirstTick + batch.WaitMs;
            if (!_batchWait.IsArmed || _batchWait.Deadline != due)
            {
                _set.Wheel.Arm(_batchWait, due);
            }
        }
        else
        {
            _set.Wheel.Cancel(_batchWait);
        }
    }

    /// <summary>Starts a run for the tasks that are first in line.</summary>
    private bool StartBatch(IBatchJob job, int max)
    {
        List<TaskEntry> tasks = _set.TakeList();
        long nowNs = _set.Clock.NowNs;
        while (Waiting.Count != 0 && tasks.Count < max && !IsBetweenNames(Waiting.First))
        {
            _joined.Add(Waiting.TakeFirst());
            TaskEntry task = _joined[^1].Task;
            tasks.Add(task);
            BeginRun(task, nowNs);
        }

        LogBatch(tasks);
        JobStart start = job.StartBatch(tasks, out string? error);
        if (start == JobStart.TryAgain)
        {
            foreach (WaitingQueue.Item item in _joined)
            {
                Waiting.PutBack(in item);
            }
        }

        _joined.Clear();
        if (_joined.Capacity > SchedulerSet.PoolSize)
        {
            _joined.Capacity = 0;
        }

        if (start == JobStart.TryAgain)
        {
            PutOff(tasks[0], nowNs, error);
            _set.GiveBack(tasks);
            return false;
        }

        EndShortage();
        TaskEntry first = tasks[0];
        first.Run!.Members = tasks;
        foreach (TaskEntry task in tasks)
        {
            task.Run!.First = first;
            EnterRunning(task);
        }

        AddRun(1);
        ArmBatchWait();
        FinishStart(first, start, error);
        return true;
    }

    /// <summary>Takes the end of a run for many: that of each of them.</summary>
    private void EndBatch(TaskEntry first, List<TaskEntry> members, TaskOutcome outcome)
    {
        StopReason stop = first.Run!.Stop;
        bool killed = first.Run.Killed;
        foreach (TaskEntry task in members)
        {
            TaskRun run = task.Run!;
            run.First = null;
            run.Members = null;
            run.Stop = stop;
            run.Killed = killed;
            if (stop == StopReason.Restart && !run.IsRestartWanted && run.Next is null)
            {
                WaitForNextBatch(task, outcome);
            }
            else
            {
                EndOne(task, outcome);
            }
        }

        _set.GiveBack(members);
    }

    private void LogBatch(List<TaskEntry> tasks)
    {
        if (!_logger.IsEnabled(LogLevel.Info))
        {
            return;
        }

        Span<byte> id = stackalloc byte[16];
        tasks[0].WriteId(id);
        LogRecord record = new(LogLevel.Info, _logger.Name, "start batch of " + tasks.Count.ToString(CultureInfo.InvariantCulture) + (tasks.Count == 1 ? " task" : " tasks"))
        {
            Kind = LogKind.Task,
            Scheduler = Spec.Name,
            TaskId = id,
        };
        _logger.Write(in record);
    }

    /// <summary>Has a task wait again whose run was stopped for the sake of another's newer event.</summary>
    private void WaitForNextBatch(TaskEntry task, TaskOutcome outcome)
    {
        long nowNs = _set.Clock.NowNs;
        LeaveRunning(task);
        LogEnd(LogLevel.Info, "task stopped", task, outcome, null, nowNs);
        if (IsRetired)
        {
            Drop(task, LogLevel.Warning, "scheduler removed: drop task", task.Mask);
            return;
        }

        long deadline = MonotonicTime.DeadlineTick(nowNs, 0);
        if (_set.IsTooLate(deadline))
        {
            ExpelAtShutdown(task, deadline, nowNs);
            return;
        }

        task.Run!.JobState = null;
        task.Run.StartLogged = false;
        Wait(task, deadline);
    }
}
