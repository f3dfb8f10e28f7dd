using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Scheduling;

public sealed partial class Scheduler
{
    /// <summary>Brings back a task of an earlier run.</summary>
    internal bool Restore(StoredTask stored, long nowNs)
    {
        if ((stored.IsDir ? !Spec.Dirs : !Spec.Files) || !_job.Accepts(stored.Path))
        {
            return false;
        }

        if (FindTask(stored.Path) is not null)
        {
            return true;
        }

        // A configuration that has become faster since is obeyed; a wait for another try is not part of it.
        long remainingMs = Math.Clamp(stored.RemainingMs, 0, Math.Max(Spec.DelayMs, stored.Failures > 0 ? LongestRepeatMs : 0));
        FileEvent e = new()
        {
            Mask = stored.Mask,
            IsDir = stored.IsDir,
            Wd = -1,
            PathName = stored.Path,
            SrcPathName = stored.SrcPath,
            WatchPath = stored.WatchPath,
        };
        TaskEntry task = _set.NewTask(this);
        task.Id = stored.Id;
        SetEvent(task, in e, Math.Max(0, nowNs - ((Spec.DelayMs - remainingMs) * MonotonicTime.NsPerTick)));
        task.FirstNs = Math.Max(0, nowNs - (stored.AgeMs * MonotonicTime.NsPerTick));
        Enter(task);
        if (stored.Failures > 0)
        {
            _set.RunOf(task).Failures = stored.Failures;
        }

        LogTask(LogLevel.Info, "restore task", task, task.Mask, remainingMs > 0 ? remainingMs : -1);
        long deadline = MonotonicTime.DeadlineTick(nowNs, remainingMs);
        if (remainingMs == 0)
        {
            DelayOver(task, deadline);
        }
        else
        {
            SetState(task, TaskState.Delayed);
            _set.Wheel.Arm(task, deadline);
        }

        return true;
    }

    /// <summary>At a shutdown: drops a task that has no time left, or the re-run of a running one; where unfinished ones are kept it is stored.</summary>
    internal void ExpelForShutdown(TaskEntry task)
    {
        bool has = task.State != TaskState.Running || task.Run!.Next is not null;
        if (has && _set.KeepsUnfinished)
        {
            Store(_set.Stored(task, _set.Clock.NowNs));
        }

        Expel(task, ShutdownMessage);
    }

    private string ShutdownMessage => _set.KeepsUnfinished ? "shutdown: store delayed task" : "shutdown: drop delayed task";

    /// <summary>Keeps an event that came too late to be begun.</summary>
    private void StoreLate(in FileEvent e)
    {
        Store(new StoredTask
        {
            Scheduler = Spec.Name,
            Id = _set.NextId(),
            Path = e.PathName.ToArray(),
            SrcPath = e.SrcPathName.IsEmpty ? null : e.SrcPathName.ToArray(),
            WatchPath = e.WatchPath,
            Mask = e.Mask,
            IsDir = e.IsDir,
            RemainingMs = Spec.DelayMs,
            Inode = _set.InodeOf(e.PathName),
        });
        if (_logger.IsEnabled(LogLevel.Info))
        {
            LogRecord record = new(LogLevel.Info, _logger.Name, "shutdown: store event")
            {
                Kind = LogKind.Task,
                Scheduler = Spec.Name,
                Mask = (uint)e.Mask,
                MaskName = EventNames.First(e.Mask),
                PathName = e.PathName,
            };
            _logger.Write(in record);
        }
    }

    private void Store(StoredTask task)
    {
        _set.Unfinished.Add(task, Spec.SingleJob);
        _set.Changes++;
    }

    /// <summary>Keeps a task whose run ended without success: for the next start where only the shutdown is to blame, else among the failed ones.</summary>
    private bool KeepFailure(TaskEntry task, TaskRun run)
    {
        long nowNs = _set.Clock.NowNs;
        if (_set.KeepsUnfinished && _set.IsShuttingDown && (run.Stop == StopReason.Shutdown || run.Failures < Spec.Retries))
        {
            // A newer event of the path may be stored already.
            if (run.Next is null && !_set.Unfinished.Contains(this, task.Path))
            {
                Store(_set.Stored(task, nowNs));
            }

            return false;
        }

        if (run.Next is null && !IsRetired)
        {
            if (!_set.Failed.Add(_set.Stored(task, nowNs) with { RemainingMs = 0, Failures = Spec.Retries }, Spec.SingleJob) && _set.Failed.Refused == 1)
            {
                _logger.Warning($"{_set.Failed.Count} failed tasks are kept by name; further ones are only logged");
            }

            _set.Changes++;
        }

        return true;
    }

    /// <summary>Forgets what is kept of a path, or of all below a directory: a newer event or a cancellation has taken its place.</summary>
    private void ForgetStored(in FileEvent e, bool isCancel)
    {
        if (_set.Failed.Count == 0 && _set.Unfinished.Count == 0)
        {
            return;
        }

        bool any = _set.Failed.Remove(this, e.PathName);
        if (!isCancel && !e.IsDir && (e.Mask & EventMask.MovedTo) != 0 && !e.SrcPathName.IsEmpty)
        {
            // The file has another name now, and the task of that name does what is left to do.
            any |= _set.Failed.Remove(this, e.SrcPathName);
        }

        if (isCancel)
        {
            any |= _set.Unfinished.Remove(this, e.PathName);
            if (e.IsDir && !Spec.SingleJob && (e.Mask & EventMask.MovedFrom) == 0)
            {
                any |= _set.Failed.RemoveTree(this, e.PathName) + _set.Unfinished.RemoveTree(this, e.PathName) != 0;
            }
        }

        _set.Changes += any ? 1 : 0;
    }
}
