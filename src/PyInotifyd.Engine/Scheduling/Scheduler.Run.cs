using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Scheduling;

public sealed partial class Scheduler
{
    private const long LongestRepeatMs = 5 * 60 * 1000;

    private string? _shortage;
    private bool _isShortInRuns;

    /// <summary>The limit of the machine that keeps its tasks from starting, in words; null: none does.</summary>
    public string? Shortage => Waiting.Count != 0 || Running.Count != 0 ? _shortage : null;

    /// <summary>Re-runs in a row that events during the run may cause before they are slowed down.</summary>
    private const int FreeReruns = 3;

    /// <summary>Starts the task that is first in line; false where the machine has no room for it, so that nothing more of this scheduler is worth a try now.</summary>
    internal bool StartFirst()
    {
        TaskEntry task = Waiting.First;
        TaskStateTable.Answer(task.State, TaskInput.Place);
        if (IsBetweenNames(task))
        {
            // Where it is now is known in a moment.
            Backoff.Lengthen(_set.Wheel, _set.Clock.NowNs);
            return false;
        }

        if (Spec.Batch is { } batch && _job is IBatchJob many)
        {
            return StartBatch(many, batch.Max);
        }

        long nowNs = _set.Clock.NowNs;
        BeginRun(task, nowNs);
        JobStart start = _job.Start(task, out string? error);
        if (start == JobStart.TryAgain)
        {
            PutOff(task, nowNs, error);
            return false;
        }

        EndShortage();
        Waiting.Remove(task);
        EnterRunning(task);
        AddRun(1);
        FinishStart(task, start, error);
        return true;
    }

    /// <summary>Takes the end of a run, which with <c>batch</c> is that of several tasks.</summary>
    internal void Ended(TaskEntry task, TaskOutcome outcome)
    {
        _set.Wheel.Cancel(task);
        AddRun(-1);
        if (task.Run!.Members is { } members)
        {
            EndBatch(task, members, outcome);
        }
        else
        {
            EndOne(task, outcome);
        }
    }

    /// <summary>Whether its directory is between two names (see WatchTree, Moves).</summary>
    private static bool IsBetweenNames(TaskEntry task) => task.Path.AsSpan().Contains((byte)0);

    private void BeginRun(TaskEntry task, long nowNs)
    {
        TaskRun run = _set.RunOf(task);
        run.Job = _job;
        run.Stop = StopReason.None;
        run.Killed = false;
        run.StartedNs = nowNs;
        if (!run.StartLogged)
        {
            run.StartLogged = true;
            LogTask(LogLevel.Info, "start task", task, task.Mask);
        }
    }

    private void PutOff(TaskEntry task, long nowNs, string? error)
    {
        _shortage = error;
        if (Backoff.Lengthen(_set.Wheel, nowNs))
        {
            LogTask(LogLevel.Warning, "cannot start task now, it will be tried again", task, task.Mask, error: error);
        }
    }

    /// <summary>A run has begun: what stood in the way does so no more, unless it does only once a run has begun.</summary>
    private void EndShortage()
    {
        if (_isShortInRuns)
        {
            return;
        }

        Backoff.Reset();
        if (_shortage is not null)
        {
            _shortage = null;
            _logger.Info("tasks of scheduler " + Spec.Name + " can be started again");
        }
    }

    private void EnterRunning(TaskEntry task)
    {
        SetState(task, TaskState.Running);
        task.Run!.RunningIndex = Running.Count;
        Running.Add(task);
    }

    private void AddRun(int by)
    {
        RunCount += by;
        _set.RunCount += by;
    }

    private void FinishStart(TaskEntry task, JobStart start, string? error)
    {
        if (start == JobStart.Failed)
        {
            Ended(task, TaskOutcome.Failure(error ?? "it could not be started"));
        }
        else if (Spec.TimeoutMs != 0)
        {
            _set.Wheel.Arm(task, MonotonicTime.DeadlineTick(task.Run!.StartedNs, Spec.TimeoutMs));
        }
    }

    private void EndOne(TaskEntry task, TaskOutcome outcome)
    {
        TaskRun? run = task.Run;
        bool failed = !outcome.Succeeded || run?.Stop == StopReason.Timeout;
        bool lost = outcome.IsLost && run?.Stop == StopReason.None && !IsRetired;
        TaskAnswer answer = TaskStateTable.Answer(task.State, lost ? TaskInput.Lost : failed ? TaskInput.Failed : TaskInput.Succeeded);
        long nowNs = _set.Clock.NowNs;
        LeaveRunning(task);
        run!.JobState = outcome.IsShort ? run.JobState : null;
        _isShortInRuns = outcome.IsShort;
        if (outcome.IsShort)
        {
            PutOff(task, nowNs, outcome.Error);
        }
        else
        {
            EndShortage();
        }

        if (answer == TaskAnswer.Wait && outcome.IsShort && run.Next is null)
        {
            Wait(task, MonotonicTime.ExpiryTick(run.StartedNs));
            return;
        }

        if (answer == TaskAnswer.Wait && run.Next is null)
        {
            // Before those that came later.
            LogTask(LogLevel.Info, "task interrupted, it will be tried again", task, task.Mask, error: outcome.Error);
            run.StartLogged = false;
            Wait(task, MonotonicTime.ExpiryTick(run.StartedNs));
            return;
        }

        if (run.Stop == StopReason.Restart || answer == TaskAnswer.Wait)
        {
            // It did not come to its own end: neither success nor failure.
            LogEnd(LogLevel.Info, "task stopped", task, outcome, null, nowNs);
        }
        else if (answer == TaskAnswer.Finish)
        {
            LogEnd(LogLevel.Info, "task finished", task, outcome, null, nowNs);
            Counters.Finished++;
            HandOver(task, Spec.OnSuccess, nowNs);
        }
        else
        {
            LogEnd(LogLevel.Warning, "task failed", task, outcome, run.Stop == StopReason.Timeout ? "it ran longer than its timeout" : outcome.Error, nowNs);
            if (run.Next is null && TryWaitForRetry(task, run, nowNs))
            {
                return;
            }

            Counters.Failed++;
            if (KeepFailure(task, run) && run.Next is null)
            {
                HandOver(task, Spec.OnFailure, nowNs);
            }
        }

        TaskEntry? next = run.Next;
        run.Next = null;
        Leave(task);
        if (next is not null)
        {
            Rerun(next, nowNs);
        }
    }

    /// <summary>Tells a running task to end because the daemon does.</summary>
    internal void StopForShutdown(TaskEntry task, bool kill)
    {
        TaskRun run = task.Run!;
        ExpelForShutdown(task);
        if (run.Stop == StopReason.None || (kill && !run.Killed))
        {
            LogTask(LogLevel.Warning, kill ? "shutdown: kill running task" : "shutdown: stop running task", task, task.Mask);
        }

        if (run.First is { } first && !ReferenceEquals(first, task))
        {
            // Said for each path; the run is stopped once, with its first task.
            return;
        }

        Stop(task, StopReason.Shutdown, kill);
    }

    /// <summary>Takes an event of a task that runs.</summary>
    private void TriggerRunning(TaskEntry task, in FileEvent e, long nowNs)
    {
        if (Spec.OnBusy == BusyPolicy.Skip)
        {
            LogTask(LogLevel.Warning, "skip event due to ongoing task", task, e.Mask);
            Counters.Skipped++;
            return;
        }

        if ((e.Mask & ReadOnlyEvents) != 0)
        {
            // Most likely the task itself reads its file; nothing has changed that a re-run would find.
            return;
        }

        TaskRun run = task.Run!;
        if (run.Next is null)
        {
            TaskEntry next = _set.NewTask(this);
            next.Path = task.Path;
            next.FirstNs = nowNs;
            next.Reruns = (byte)Math.Min(task.Reruns + 1, 30);
            SetEvent(next, in e, nowNs);
            run.Next = next;
            LogTask(LogLevel.Info, "queue event due to ongoing task", next, e.Mask);
        }
        else
        {
            SetEvent(run.Next, in e, nowNs);
        }

        if (Spec.OnBusy == BusyPolicy.Restart)
        {
            TaskEntry first = run.First ?? task;
            run.IsRestartWanted = true;
            if (first.Run!.Stop == StopReason.None)
            {
                LogTask(LogLevel.Info, "stop task for a newer event", task, e.Mask);
                Stop(first, StopReason.Restart, kill: false);
            }
        }
    }

    private void TimeUpWhileRunning(TaskEntry task)
    {
        TaskRun run = task.Run!;
        if (run.Stop == StopReason.None)
        {
            LogTask(LogLevel.Warning, "stop task, it ran longer than its timeout", task, task.Mask);
            Stop(task, StopReason.Timeout, kill: false);
        }
        else if (!run.Killed)
        {
            LogTask(LogLevel.Warning, "kill task, it did not stop", task, task.Mask);
            Stop(task, run.Stop, kill: true);
        }
    }

    /// <summary>Tells a running task to end, and arms what follows if it does not.</summary>
    private void Stop(TaskEntry task, StopReason reason, bool kill)
    {
        TaskRun run = task.Run!;
        if (run.Stop != StopReason.None && !kill)
        {
            // It has been told, and its KILL is armed; the first reason stays.
            return;
        }

        if (run.Stop == StopReason.None)
        {
            run.Stop = reason;
        }

        if (kill)
        {
            _set.Wheel.Cancel(task);
            if (run.Killed)
            {
                return;
            }

            run.Killed = true;
        }
        else
        {
            _set.Wheel.Arm(task, MonotonicTime.DeadlineTick(_set.Clock.NowNs, Spec.KillAfterMs));
        }

        run.Job!.Stop(task, kill);
    }

    private bool TryWaitForRetry(TaskEntry task, TaskRun run, long nowNs)
    {
        if (run.Failures >= Spec.Retries || run.Stop == StopReason.Shutdown || IsRetired)
        {
            return false;
        }

        long delayMs = Doubled(Spec.RetryDelayMs, run.Failures);
        long deadline = MonotonicTime.DeadlineTick(nowNs, delayMs);
        if (_set.IsTooLate(deadline))
        {
            return false;
        }

        run.Failures++;
        run.StartLogged = false;
        run.Stop = StopReason.None;
        SetState(task, TaskState.RetryWait);
        _set.Wheel.Arm(task, deadline);
        LogTask(LogLevel.Info, "retry task", task, task.Mask, delayMs);
        return true;
    }

    /// <summary>Has a queued re-run take the place of the task that ended.</summary>
    private void Rerun(TaskEntry next, long nowNs)
    {
        TaskEntry? twin = Spec.SingleJob ? (Running.Count != 0 ? Running[0] : null) : _set.Table.Find(this, next.Path);
        if (twin is { State: TaskState.Running })
        {
            QueueOn(twin, next);
            return;
        }

        Enter(next);
        if (IsRetired)
        {
            Drop(next, LogLevel.Warning, "scheduler removed: drop task", next.Mask);
            return;
        }

        if (next.Reruns <= FreeReruns)
        {
            Delay(next, nowNs, "schedule task");
            return;
        }

        if (next.Reruns == FreeReruns + 1)
        {
            LogTask(LogLevel.Warning, "every run is followed by another because of events during the run, it is delayed more and more; 'on_busy: skip' would drop these events", next, next.Mask);
        }

        // Counted from the end of the run: what a loop costs is the share of its runs.
        long delayMs = Doubled(Math.Max(Spec.DelayMs, 500), next.Reruns - FreeReruns);
        long deadline = MonotonicTime.DeadlineTick(nowNs, delayMs);
        if (_set.IsTooLate(deadline))
        {
            ExpelAtShutdown(next, deadline, nowNs);
            return;
        }

        SetState(next, TaskState.Delayed);
        _set.Wheel.Arm(next, deadline);
        LogTask(LogLevel.Info, "schedule task", next, next.Mask, delayMs);
    }

    /// <summary>Hangs a re-run on a running task; where one hangs there already, that of the newer event stays.</summary>
    private void QueueOn(TaskEntry running, TaskEntry next)
    {
        TaskRun run = running.Run!;
        if (run.Next is { } other)
        {
            TaskEntry older = other.EventNs > next.EventNs ? next : other;
            next = ReferenceEquals(older, next) ? other : next;
            LogTask(LogLevel.Info, "scheduled task cancelled", older, older.Mask);
            Counters.Cancelled++;
            _set.Release(older);
        }

        run.Next = next;
    }

    private void DropRerun(TaskEntry task, LogLevel level, string message, EventMask because)
    {
        TaskRun run = task.Run!;
        if (run.Next is { } next)
        {
            run.Next = null;
            LogTask(level, message, next, because);
            Counters.Cancelled++;
            _set.Release(next);
        }
    }

    private void HandOver(TaskEntry task, string? to, long nowNs)
    {
        if (to is null || _set.Find(to) is not { } scheduler)
        {
            return;
        }

        FileEvent e = new()
        {
            Mask = task.Mask,
            IsDir = task.IsDir,
            Wd = task.Wd,
            Cookie = task.Cookie,
            PathName = task.Path,
            SrcPathName = task.SrcPath,
            WatchPath = task.WatchPath,
        };
        scheduler.Trigger(in e, nowNs, handedOver: true);
    }

    private void LeaveRunning(TaskEntry task)
    {
        TaskRun run = task.Run!;
        TaskEntry last = Running[^1];
        Running[run.RunningIndex] = last;
        last.Run!.RunningIndex = run.RunningIndex;
        Running.RemoveAt(Running.Count - 1);
    }

    /// <summary>Returns a delay doubled so many times, 5 minutes at most unless it is longer by itself.</summary>
    private static long Doubled(long delayMs, int times)
    {
        long doubled = delayMs;
        for (int i = 0; i < times && doubled < LongestRepeatMs; i++)
        {
            doubled = Math.Min(doubled * 2, LongestRepeatMs);
        }

        return doubled;
    }

    private void LogEnd(LogLevel level, string message, TaskEntry task, TaskOutcome outcome, string? error, long nowNs)
    {
        if (!_logger.IsEnabled(level))
        {
            return;
        }

        Span<byte> id = stackalloc byte[16];
        task.WriteId(id);
        LogRecord record = new(level, _logger.Name, message)
        {
            Kind = LogKind.Task,
            Scheduler = Spec.Name,
            TaskId = id,
            Mask = (uint)task.Mask,
            MaskName = EventNames.First(task.Mask),
            PathName = task.Path,
            SrcPathName = task.SrcPath,
            Cookie = task.Cookie,
            ExitStatus = outcome.ExitStatus,
            Signal = outcome.Signal,
            DurationMs = (nowNs - task.Run!.StartedNs) / MonotonicTime.NsPerTick,
            Error = error,
        };
        _logger.Write(in record);
    }
}
