using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

public sealed partial class Scheduler
{
    /// <summary>Goes on under a changed specification, or comes back after its name was away.</summary>
    /// <remarks>
    /// No task is lost and none gets a new id. Running ones end under the job that started them, their re-runs and retries come under the new one. The deadlines of delayed ones become what they would be had the new
    /// delay been there at their newest event; a task whose time is over by that waits for a place. A wait for another try is not changed.
    /// Where <c>singlejob</c> is new, pending tasks become one, that of the newest event; or a re-run of one that runs.
    /// </remarks>
    internal void Change(SchedulerSpec spec, IJob job)
    {
        SchedulerSpec old = Spec;
        Spec = spec;
        _job = job;
        _logger = _set.Log.GetLogger(spec.LogName);
        IsRetired = false;
        if (old.SingleJob != spec.SingleJob)
        {
            ChangeKey();
        }

        ArmBatchWait();
        bool delayChanged = old.DelayMs != spec.DelayMs || old.MaxDelayMs != spec.MaxDelayMs;
        bool settlesNoMore = old.WaitStableMs != 0 && spec.WaitStableMs == 0;
        if (!delayChanged && !settlesNoMore)
        {
            return;
        }

        long nowNs = _set.Clock.NowNs;
        List<TaskEntry> tasks = TakeOwnTasks();
        foreach (TaskEntry task in tasks)
        {
            if (task.State == TaskState.Delayed && delayChanged)
            {
                _set.Wheel.Cancel(task);
                Delay(task, nowNs, "re-schedule task");
            }
            else if (task.State == TaskState.Settling && settlesNoMore)
            {
                _set.Wheel.Cancel(task);
                Wait(task, task.Deadline);
            }
        }

        _set.GiveBack(tasks);
    }

    /// <summary>Drops what is pending, since the name is no longer configured; what runs goes on to its end.</summary>
    internal void Retire()
    {
        IsRetired = true;
        List<TaskEntry> tasks = TakeOwnTasks();
        foreach (TaskEntry task in tasks)
        {
            Expel(task, "scheduler removed: drop task");
        }

        _set.GiveBack(tasks);
        _set.Wheel.Cancel(Backoff);
    }

    /// <summary>Puts a task whose path has changed back into the table, which it was taken out of. Two tasks that meet become one: that of the newest event, or a re-run where one of them runs.</summary>
    internal void Arrive(TaskEntry task)
    {
        if (Spec.SingleJob || _set.Table.Find(this, task.Path) is not { } met)
        {
            _set.Table.Add(task);
            return;
        }

        bool taskRuns = task.State == TaskState.Running;
        bool metRuns = met.State == TaskState.Running;
        if (taskRuns && metRuns)
        {
            // Both are under way already. The one that ends first leaves its re-run to the other.
            _set.Table.Add(task);
        }
        else if (metRuns)
        {
            Disarm(task);
            BecomeRerun(task, met);
        }
        else if (taskRuns)
        {
            _set.Table.Remove(met);
            _set.Table.Add(task);
            Disarm(met);
            BecomeRerun(met, task);
        }
        else
        {
            _set.Table.Add(task);
            TaskEntry older = task.EventNs >= met.EventNs ? met : task;
            Drop(older, LogLevel.Info, "scheduled task cancelled", older.Mask);
        }
    }

    /// <summary>Makes a pending task, which is in no table any more, the re-run of a running one.</summary>
    private void BecomeRerun(TaskEntry task, TaskEntry running)
    {
        SetState(task, TaskState.Idle);
        task.Reruns = 0;
        if (task.Run is not null)
        {
            _set.ReleaseRun(task);
        }

        QueueOn(running, task);
    }

    private void ChangeKey()
    {
        _single = null;
        if (!Spec.SingleJob)
        {
            return;
        }

        List<TaskEntry> tasks = TakeOwnTasks();
        _single = Running.Count != 0 ? Running[0] : null;
        foreach (TaskEntry task in tasks)
        {
            if (task.State == TaskState.Running)
            {
                if (!ReferenceEquals(task, _single) && task.Run!.Next is { } next)
                {
                    task.Run.Next = null;
                    QueueOn(_single!, next);
                }
            }
            else if (_single is null)
            {
                _single = task;
            }
            else if (_single.State == TaskState.Running)
            {
                _set.Table.Remove(task);
                Disarm(task);
                BecomeRerun(task, _single);
            }
            else
            {
                TaskEntry older = task.EventNs >= _single.EventNs ? _single : task;
                _single = ReferenceEquals(older, task) ? _single : task;
                Drop(older, LogLevel.Info, "scheduled task cancelled", older.Mask);
            }
        }

        _set.GiveBack(tasks);
    }

    private List<TaskEntry> TakeOwnTasks()
    {
        List<TaskEntry> tasks = _set.TakeList();
        if (TaskCount != 0)
        {
            _set.Table.CollectAll(tasks);
            int kept = 0;
            for (int i = 0; i < tasks.Count; i++)
            {
                if (ReferenceEquals(tasks[i].Scheduler, this))
                {
                    tasks[kept++] = tasks[i];
                }
            }

            tasks.RemoveRange(kept, tasks.Count - kept);
        }

        return tasks;
    }
}
