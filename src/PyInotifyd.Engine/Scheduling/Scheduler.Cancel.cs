using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Scheduling;

/// <content>What drops a task before it starts: an event that cancels, a path that is gone, the end of the daemon.</content>
public sealed partial class Scheduler
{
    /// <summary>Takes an event that cancels: for a file its task, for a directory also the tasks of all that is below.</summary>
    internal void Cancel(in FileEvent e)
    {
        ForgetStored(in e, isCancel: true);
        _set.Limit.Forget(this, e.PathName);
        if (TaskCount == 0)
        {
            return;
        }

        // After MOVED_FROM the tree says whether what is below went with the directory or is gone: a rename must not drop it.
        if (!e.IsDir || Spec.SingleJob || (e.Mask & EventMask.MovedFrom) != 0)
        {
            TaskEntry? task = FindTask(e.PathName);
            if (task is not null)
            {
                Cancel(task, e.Mask);
            }

            return;
        }

        List<TaskEntry> found = _set.TakeList();
        _set.Table.CollectTree(e.PathName, found);
        foreach (TaskEntry task in found)
        {
            if (ReferenceEquals(task.Scheduler, this))
            {
                Cancel(task, e.Mask);
            }
        }

        _set.GiveBack(found);
    }

    /// <summary>Cancels a task.</summary>
    internal void Cancel(TaskEntry task, EventMask because)
    {
        switch (TaskStateTable.Answer(task.State, TaskInput.Cancel))
        {
            case TaskAnswer.Drop:
                Drop(task, LogLevel.Info, "scheduled task cancelled", because);
                break;
            case TaskAnswer.DropRerun:
                DropRerun(task, LogLevel.Info, "scheduled task cancelled", because);
                if (!_job.Caused(because, task.Path))
                {
                    LogTask(LogLevel.Warning, "skip event due to ongoing task", task, because);
                }

                break;
            case TaskAnswer.Nothing:
                break;
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>Says that the path of a task is gone.</summary>
    /// <remarks>With <c>singlejob</c> nothing is dropped: the task stands for all events since its last run, not only for the newest one, whose path it bears.</remarks>
    internal void Gone(TaskEntry task)
    {
        if (Spec.SingleJob)
        {
            return;
        }

        switch (TaskStateTable.Answer(task.State, TaskInput.Gone))
        {
            case TaskAnswer.DropUnlessGone:
                if ((task.Mask & EventMask.PathGone) == 0)
                {
                    Drop(task, LogLevel.Info, "scheduled task cancelled", task.Mask);
                }

                break;
            case TaskAnswer.DropRerunUnlessGone:
                if (task.Run!.Next is { } next && (next.Mask & EventMask.PathGone) == 0)
                {
                    DropRerun(task, LogLevel.Info, "scheduled task cancelled", next.Mask);
                }

                break;
            case TaskAnswer.Nothing:
                break;
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>Drops a task that has no future; a running one only loses its queued re-run.</summary>
    internal void Expel(TaskEntry task, string message)
    {
        switch (TaskStateTable.Answer(task.State, TaskInput.Expel))
        {
            case TaskAnswer.Drop:
                Drop(task, LogLevel.Warning, message, task.Mask);
                break;
            case TaskAnswer.ExpelRerun:
                DropRerun(task, LogLevel.Warning, message, task.Mask);
                break;
            case TaskAnswer.Nothing:
                break;
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>Drops a task whose time comes after that of the daemon.</summary>
    private void ExpelAtShutdown(TaskEntry task, long deadline, long nowNs)
    {
        long leftMs = Math.Max(0, deadline - MonotonicTime.ExpiryTick(nowNs));
        if (_set.KeepsUnfinished)
        {
            Store(_set.Stored(task, nowNs) with { RemainingMs = leftMs });
        }

        Drop(task, LogLevel.Warning, ShutdownMessage, task.Mask, leftMs);
    }

    /// <summary>At the beginning of a shutdown: drops a task, or the re-run of a running one, whose time comes after the end, or that is held by a pause.</summary>
    internal void ExpelIfTooLate(TaskEntry task, long nowNs)
    {
        if (task.State == TaskState.Running)
        {
            if (task.Run!.Next is { } next && (IsHeld || _set.IsTooLate(DeadlineOf(next))))
            {
                ExpelForShutdown(task);
            }
        }
        else if (IsHeld || (task.IsArmed && _set.IsTooLate(task.Deadline)))
        {
            ExpelAtShutdown(task, task.IsArmed ? task.Deadline : 0, nowNs);
        }
    }

    /// <summary>During a shutdown: drops the tasks that wait for what cannot be started.</summary>
    internal void ExpelIfInVain()
    {
        while (Waiting.Count != 0 && _job.CannotStart)
        {
            ExpelForShutdown(Waiting.First);
        }
    }

    private void Refuse(in FileEvent e, TaskEntry? task)
    {
        LogLevel level = task is null ? LogLevel.Info : LogLevel.Warning;
        if (_logger.IsEnabled(level))
        {
            LogRecord record = new(level, _logger.Name, "skip event due to shutdown")
            {
                Kind = LogKind.Task,
                Scheduler = Spec.Name,
                Mask = (uint)e.Mask,
                MaskName = EventNames.First(e.Mask),
                PathName = e.PathName,
            };
            _logger.Write(in record);
        }

        Counters.Skipped++;
    }
}
