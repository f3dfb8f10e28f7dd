using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Runs the tasks of one scheduler of the configuration: delays them, lets them wait for a place, starts them and deals with their ends.</summary>
/// <remarks>
/// <para>
/// What is done when is in <see cref="TaskStateTable"/>; the methods here are the columns of that table: each takes one input, looks the answer up and carries it out.
/// This part holds what comes before a task starts, <c>Scheduler.Cancel.cs</c> what drops it, <c>Scheduler.Run.cs</c> what comes from there on, <c>Scheduler.Reload.cs</c> changes of the configuration and of paths.
/// </para>
/// <para>
/// Invariants: one task for a key (the path, or the scheduler with <c>singlejob</c>), in the set's table from schedule to finish; an event for a running one hangs a second entry on it
/// (<see cref="TaskRun.Next"/>), which takes its place when it ends. A delayed, settling or retrying task is in the wheel, a waiting one in <see cref="Waiting"/>, a running one in <see cref="Running"/>.
/// A scheduler lives as long as its name is configured and then until its last task has ended, so that a key cannot be run twice at once across a reload.
/// </para>
/// Threads: reactor only.   Cost: an event that re-schedules a pending task allocates nothing; a new task its path, and its entry where the pool is empty.
/// </remarks>
public sealed partial class Scheduler
{
    private const long ShortestOpenPauseMs = 1_000;
    private const long LongestOpenPauseMs = 60_000;

    /// <summary>The coarse clock, which stamps files, is behind the others by less.</summary>
    private const long ClockSlackNs = 10_000_000;

    private const EventMask ReadOnlyEvents = EventMask.Open | EventMask.Access | EventMask.CloseNoWrite;

    private readonly SchedulerSet _set;
    private IJob _job;
    private Logger _logger;
    private TaskEntry? _single;

    internal Scheduler(SchedulerSet set, SchedulerSpec spec, IJob job)
    {
        _set = set;
        Spec = spec;
        _job = job;
        _logger = set.Log.GetLogger(spec.LogName);
        Backoff = new StartBackoff(this);
        _batchWait = new BatchWait(this);
        Salt = set.NextId();
    }

    /// <summary>What the user configured.</summary>
    public SchedulerSpec Spec { get; private set; }

    /// <summary>What became of its tasks.</summary>
    public Counters Counters { get; } = new();

    /// <summary>Whether it starts nothing for the time being; events go on being taken.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Tells its files from those of other schedulers.</summary>
    internal ulong Salt { get; }

    /// <summary>Tasks that wait for a place.</summary>
    internal WaitingQueue Waiting { get; } = new();

    /// <summary>Tasks that run.</summary>
    internal List<TaskEntry> Running { get; } = [];

    /// <summary>Holds up starts while the machine has no room for another process.</summary>
    internal StartBackoff Backoff { get; }

    /// <summary>Whether its name is no longer configured.</summary>
    internal bool IsRetired { get; private set; }

    internal int TaskCount => Counters.Delayed + Counters.Waiting + Counters.Running;

    /// <summary>Whether one of its waiting tasks may start as far as the scheduler is concerned.</summary>
    internal bool CanStart =>
        Waiting.Count != 0 && !IsHeld && !Backoff.IsArmed && (Spec.MaxConcurrency == 0 || RunCount < Spec.MaxConcurrency) && IsBatchDue && _job.IsReady;

    /// <summary>Takes an event that schedules.</summary>
    /// <param name="e">The event.</param>
    /// <param name="nowNs">When it was read.</param>
    /// <param name="handedOver">It comes from a task that ended and is part of what was pending: a shutdown lets it run where it can end in time.</param>
    internal void Trigger(in FileEvent e, long nowNs, bool handedOver = false)
    {
        if (e.IsDir ? !Spec.Dirs : !Spec.Files)
        {
            return;
        }

        if (!handedOver && _job.Caused(e.Mask, e.PathName))
        {
            return;
        }

        TaskEntry? task = FindTask(e.PathName);
        if ((task is null || Spec.SingleJob) && !_job.Accepts(e.PathName))
        {
            return;
        }

        ForgetStored(in e, isCancel: false);
        bool late = _set.IsShuttingDown && !(handedOver && task is null);
        switch (TaskStateTable.Answer(task?.State ?? TaskState.Idle, late ? TaskInput.LateTrigger : TaskInput.Trigger))
        {
            case TaskAnswer.Schedule when !handedOver && _set.Limit.IsFull:
                _set.Limit.Refuse(this, in e);
                break;
            case TaskAnswer.Schedule:
                _set.Limit.Forget(this, e.PathName);
                task = _set.NewTask(this);
                SetEvent(task, in e, nowNs);
                task.FirstNs = nowNs;
                Enter(task);
                Delay(task, nowNs, "schedule task");
                break;
            case TaskAnswer.Reschedule:
                Reschedule(task!, in e, nowNs);
                break;
            case TaskAnswer.RescheduleOrStay:
                if (Spec.DelayMs == 0 && Spec.WaitStableMs == 0)
                {
                    SetEvent(task!, in e, nowNs);
                    task!.Reruns = 0;
                }
                else
                {
                    Reschedule(task!, in e, nowNs);
                }

                break;
            case TaskAnswer.ReplaceEvent:
                SetEvent(task!, in e, nowNs);
                break;
            case TaskAnswer.Busy:
                TriggerRunning(task!, in e, nowNs);
                break;
            case TaskAnswer.Refuse when task is not null && (e.Mask & ReadOnlyEvents) != 0 && Spec.OnBusy != BusyPolicy.Skip:
                break;
            case TaskAnswer.Refuse when task?.Run?.Next is { } next:
                // Its deadline stays where it is.
                SetEvent(next, in e, next.EventNs);
                break;
            case TaskAnswer.Refuse when _set.KeepsUnfinished && (task is null || Spec.OnBusy != BusyPolicy.Skip):
                StoreLate(in e);
                break;
            case TaskAnswer.Refuse:
                Refuse(in e, task);
                break;
            default:
                throw new InvalidOperationException();
        }
    }

    /// <summary>Takes the expiry of a task's timer.</summary>
    internal void TimeUp(TaskEntry task)
    {
        switch (TaskStateTable.Answer(task.State, TaskInput.TimeUp))
        {
            case TaskAnswer.Settle:
                DelayOver(task, task.Deadline);
                break;
            case TaskAnswer.Probe:
                Probe(task);
                break;
            case TaskAnswer.Wait:
                Wait(task, task.Deadline);
                break;
            case TaskAnswer.Stop:
                TimeUpWhileRunning(task);
                break;
            default:
                throw new InvalidOperationException();
        }
    }

    private TaskEntry? FindTask(ReadOnlySpan<byte> path) => Spec.SingleJob ? _single : _set.Table.Find(this, path);

    /// <summary>Puts a task where it is found.</summary>
    private void Enter(TaskEntry task)
    {
        if (Spec.SingleJob)
        {
            _single = task;
        }

        _set.Table.Add(task);
    }

    /// <summary>Takes a task out of everything that knows it and gives it back.</summary>
    private void Leave(TaskEntry task)
    {
        Disarm(task);
        _set.Table.Remove(task);
        if (ReferenceEquals(_single, task))
        {
            // After a reload that brought singlejob others may still run.
            _single = Spec.SingleJob && Running.Count != 0 ? Running[0] : null;
        }

        SetState(task, TaskState.Idle);
        _set.Release(task);
    }

    /// <summary>Takes a pending task out of the wheel or the queue.</summary>
    private void Disarm(TaskEntry task)
    {
        _set.Wheel.Cancel(task);
        if (task._waitingIndex >= 0)
        {
            Waiting.Remove(task);
            if (Waiting.Count == 0)
            {
                _set.Wheel.Cancel(_batchWait);
            }
        }
    }

    private void SetEvent(TaskEntry task, in FileEvent e, long nowNs)
    {
        if (!e.PathName.SequenceEqual(task.Path))
        {
            bool indexed = task.State != TaskState.Idle;
            if (indexed)
            {
                _set.Table.Remove(task);
            }

            task.Path = e.PathName.ToArray();
            if (indexed)
            {
                _set.Table.Add(task);
            }
        }

        if (e.SrcPathName.IsEmpty)
        {
            task.SrcPath = null;
        }
        else if (!e.SrcPathName.SequenceEqual(task.SrcPath))
        {
            task.SrcPath = e.SrcPathName.ToArray();
        }

        task.WatchPath = e.WatchPath;
        task.Mask = e.Mask;
        task.IsDir = e.IsDir;
        task.Wd = e.Wd;
        task.Cookie = e.Cookie;
        task.EventNs = nowNs;
        _set.Changes++;
        if (_set.KeepsUnfinished)
        {
            // With singlejob it stands for all paths since its last run: the oldest counts.
            long changed = task.State == TaskState.Idle || Spec.SingleJob ? _set.ChangeTimeOf(task.Path) : task.ChangedNs;
            task.ChangedNs = task.State == TaskState.Idle ? changed : Math.Min(task.ChangedNs, changed);
        }
    }

    private void Reschedule(TaskEntry task, in FileEvent e, long nowNs)
    {
        Disarm(task);
        if (task.State == TaskState.RetryWait)
        {
            task.FirstNs = nowNs;
        }

        if (task.Run is not null)
        {
            _set.ReleaseRun(task);
        }

        task.Reruns = 0;
        SetEvent(task, in e, nowNs);
        Delay(task, nowNs, "re-schedule task");
    }

    /// <summary>Has a task wait for its delay, counted from its newest event, or for a place where there is none.</summary>
    private void Delay(TaskEntry task, long nowNs, string message)
    {
        long deadline = DeadlineOf(task);
        if (_set.IsTooLate(deadline) || (_set.IsShuttingDown && IsHeld))
        {
            ExpelAtShutdown(task, deadline, nowNs);
            return;
        }

        if (Spec.DelayMs != 0)
        {
            // A deadline is rounded up to a whole tick; what the user reads is the delay as configured, or what is left of it.
            LogTask(LogLevel.Info, message, task, task.Mask, Math.Max(0, deadline - MonotonicTime.DeadlineTick(nowNs, 0)));
        }

        if (deadline <= MonotonicTime.ExpiryTick(nowNs) || Spec.DelayMs == 0)
        {
            // Over already, by max_delay or while a run lasted: it takes the place in the queue that it has by its deadline.
            DelayOver(task, deadline);
            return;
        }

        SetState(task, TaskState.Delayed);
        _set.Wheel.Arm(task, deadline);
    }

    private long DeadlineOf(TaskEntry task)
    {
        long deadline = MonotonicTime.DeadlineTick(task.EventNs, Spec.DelayMs);
        return Spec.MaxDelayMs == 0 ? deadline : Math.Min(deadline, MonotonicTime.DeadlineTick(task.FirstNs, Spec.MaxDelayMs));
    }

    private void DelayOver(TaskEntry task, long tick)
    {
        if (Spec.WaitStableMs == 0 || _set.Probe is not { } probe)
        {
            Wait(task, tick);
            return;
        }

        SetState(task, TaskState.Settling);
        long nowNs = _set.Clock.NowNs;
        TaskRun run = _set.RunOf(task);
        run.Look = probe.Look(task.Path, task.Wd);
        run.LookNs = nowNs;
        run.OpenLooks = 0;
        _set.Wheel.Arm(task, MonotonicTime.DeadlineTick(nowNs, Spec.WaitStableMs));
    }

    /// <summary>Returns when a file was changed that is no longer as it was, on the monotonic clock: now, or earlier where its change time tells.</summary>
    /// <remarks>Never too early: not before the look that found it otherwise, and not if the wall clock was set since. The clock that stamps files ticks every few milliseconds.</remarks>
    private static long ChangedAt(in FileLook look, TaskRun run, long nowNs)
    {
        long step = (look.RealtimeNs - nowNs) - (run.Look.RealtimeNs - run.LookNs);
        return look.ChangedNs < 0 || Math.Abs(step) > ClockSlackNs ? nowNs : nowNs - Math.Clamp(look.RealtimeNs - look.ChangedNs - (2 * ClockSlackNs), 0, nowNs - run.LookNs);
    }

    private void Probe(TaskEntry task)
    {
        if (_set.Probe is { } probe && Spec.WaitStableMs != 0)
        {
            TaskRun run = task.Run!;
            long nowNs = _set.Clock.NowNs;
            FileLook look = probe.Look(task.Path, task.Wd);
            if (!look.HasSameContent(run.Look))
            {
                long changedNs = ChangedAt(in look, run, nowNs);
                run.Look = look;
                run.LookNs = nowNs;
                run.OpenLooks = 0;
                _set.Wheel.Arm(task, MonotonicTime.DeadlineTick(changedNs, Spec.WaitStableMs));
                return;
            }

            if (look.IsOpenForWriting)
            {
                // It only has to be closed: looked for more often than it has to be unchanged, and more seldom the longer that lasts.
                long pauseMs = Math.Min(ShortestOpenPauseMs << Math.Min(run.OpenLooks++, 6), LongestOpenPauseMs);
                _set.Wheel.Arm(task, MonotonicTime.DeadlineTick(nowNs, Math.Min(pauseMs, Spec.WaitStableMs)));
                return;
            }
        }

        Wait(task, task.Deadline);
    }

    private void Wait(TaskEntry task, long tick)
    {
        SetState(task, TaskState.Waiting);
        Waiting.Add(task, tick, _set.NextArrival());
        if (Spec.Batch is not null)
        {
            ArmBatchWait();
        }
    }

    private void Drop(TaskEntry task, LogLevel level, string message, EventMask because, long delayMs = -1)
    {
        LogTask(level, message, task, because, delayMs);
        Counters.Cancelled++;
        Leave(task);
    }

    private void SetState(TaskEntry task, TaskState state)
    {
        Count(task.State, -1);
        task.State = state;
        _set.Changes++;
        Count(state, 1);
    }

    private void Count(TaskState state, int by)
    {
        switch (state)
        {
            case TaskState.Idle:
                break;
            case TaskState.Waiting:
                Counters.Waiting += by;
                break;
            case TaskState.Running:
                Counters.Running += by;
                _set.RunningCount += by;
                break;
            default:
                Counters.Delayed += by;
                break;
        }
    }

    /// <summary>A path as it is written: without what the tree puts into it to park the tasks of a directory that a rename pushed aside, a NUL and a number.</summary>
    internal static ReadOnlySpan<byte> Shown(byte[] path)
    {
        int parked = path.AsSpan().IndexOf((byte)0);
        if (parked < 0)
        {
            return path;
        }

        int rest = path.AsSpan(parked).IndexOf((byte)'/');
        return rest < 0 ? path.AsSpan(0, parked) : (byte[])[.. path.AsSpan(0, parked), .. path.AsSpan(parked + rest)];
    }

    private void LogTask(LogLevel level, string message, TaskEntry task, EventMask mask, long delayMs = -1, string? error = null)
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
            Mask = (uint)mask,
            MaskName = EventNames.First(mask),
            PathName = Shown(task.Path),
            SrcPathName = mask == task.Mask ? task.SrcPath : null,
            Cookie = mask == task.Mask ? task.Cookie : 0,
            DelayMs = delayMs,
            Error = error,
        };
        _logger.Write(in record);
    }
}
