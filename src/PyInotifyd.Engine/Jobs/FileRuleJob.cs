using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Moves, copies and deletes by the rules of a file manager.</summary>
/// <remarks>
/// The reactor finds the rule and the destination; a thread of the pool does the rest and reports by mail.
/// Threads: reactor only.
/// </remarks>
public sealed class FileRuleJob : IJob
{
    /// <summary>The state of a task whose action was begun, logged and put off for want of descriptors: it is not logged again.</summary>
    private static readonly object s_announced = new();

    private readonly FilePool _pool;
    private readonly string _scheduler;
    private readonly Logger _logger;
    private readonly ITaskEndSink _ends;
    private readonly RuleSet _rules;
    private readonly List<FileAction> _running = [];
    private byte[] _path = new byte[512];

    internal FileRuleJob(FilePool pool, SchedulerSpec scheduler, Logger logger, ITaskEndSink ends)
    {
        (_pool, _scheduler, _logger, _ends) = (pool, scheduler.Name, logger, ends);
        _rules = new RuleSet(((FileManagerJobSpec)scheduler.Job).Rules);
        pool.Register(_scheduler, _rules);
    }

    /// <inheritdoc/>
    public bool Accepts(ReadOnlySpan<byte> path)
    {
        // A pattern that takes too long becomes a task, which fails: so it is counted and shown.
        if (_rules.Find(path, out _) != MatchOutcome.NoMatch)
        {
            return true;
        }

        if (_logger.IsEnabled(LogLevel.Debug))
        {
            LogRecord record = new(LogLevel.Debug, _logger.Name, "no rule in ruleset matches") { Kind = LogKind.Task, Scheduler = _scheduler, PathName = path };
            _logger.Write(in record);
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Caused(EventMask mask, ReadOnlySpan<byte> path)
    {
        if ((mask & EventMask.PathGone) != 0)
        {
            foreach (FileAction action in _running)
            {
                if (action.Rule.Spec.Action != RuleAction.Copy && (path.SequenceEqual(action.Source) || DestinationPath.IsBelow(path, action.Source)))
                {
                    return true;
                }
            }

            return false;
        }

        if ((mask & EventMask.MovedTo) != 0)
        {
            foreach (FileAction action in _running)
            {
                if (path.SequenceEqual(action.Source) && action.TakeOwnArrival())
                {
                    return true;
                }
            }
        }

        return !_pool.OwnWrites.IsEmpty && Libc.statx(Libc.AT_FDCWD, Terminate(path), Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_BASIC_STATS, out statx found) == 0
            && _pool.OwnWrites.IsOwn(in found, _scheduler);
    }

    /// <inheritdoc/>
    public JobStart Start(TaskEntry task, out string? error)
    {
        error = null;
        MatchOutcome outcome = _rules.Find(task.Path, out FileRule? rule);
        if (outcome == MatchOutcome.BudgetExceeded)
        {
            error = RuleSet.Exploded(rule!, task.Path);
            _logger.Error(error);
            return JobStart.Failed;
        }

        if (rule is null)
        {
            // The path changed since it was accepted: a directory above it was renamed.
            Log(LogLevel.Info, task, "no rule in ruleset matches");
            FileAction nothing = new(_pool, _rules.Rules[0], _scheduler, task.Path, OnEnd) { Task = task };
            task.JobState = nothing;
            _running.Add(nothing);
            _ = _pool.Mailbox.Post(nothing);
            return JobStart.Started;
        }

        byte[]? destination = null;
        if (rule.Destination is not null && (destination = _rules.Expand(rule, task.Path, out error)) is null)
        {
            error = "unable to " + rule.Verb + " " + FileFailure.Quote(task.Path) + ": " + error;
            return JobStart.Failed;
        }

        FileAction action = new(_pool, rule, _scheduler, task.Path, OnEnd)
        {
            Task = task,
            SourceAnchor = DestinationPath.IsBelow(task.Path, task.WatchPath) ? task.WatchPath.Length : int.MaxValue,
            Destination = destination,
            DestinationAnchor = destination is null ? 0 : DestinationPath.AnchorLength(rule, destination, task.WatchPath),
            IsRecorded = destination is not null && _pool.MayMatchAt(destination),
        };
        bool isAnnounced = ReferenceEquals(task.JobState, s_announced);
        task.JobState = action;
        _running.Add(action);
        if (!_pool.TryEnqueue(action))
        {
            _running.RemoveAt(_running.Count - 1);
            task.JobState = isAnnounced ? s_announced : null;
            error = StartFailure.LimitText(Errno.EAGAIN);
            return JobStart.TryAgain;
        }

        if (isAnnounced)
        {
            return JobStart.Started;
        }

        Log(LogLevel.Info, task, rule.Verb + " " + FileFailure.Quote(task.Path) + (destination is null ? "" : " to " + FileFailure.Quote(destination)));
        return JobStart.Started;
    }

    /// <inheritdoc/>
    /// <remarks>What was begun is taken back, as far as it has not taken effect; there is nothing to kill that would be worse than to wait for that.</remarks>
    public void Stop(TaskEntry task, bool kill) => (task.JobState as FileAction)?.RequestStop();

    private void OnEnd(FileAction action)
    {
        _ = _running.Remove(action);
        TaskEntry task = action.Task!;
        foreach ((string text, bool isWarning) in action.Messages)
        {
            Log(isWarning ? LogLevel.Warning : LogLevel.Info, task, text);
        }

        if (action.WasGone)
        {
            Log(LogLevel.Info, task, "nothing to " + action.Rule.Verb + ", " + FileFailure.Quote(action.Source) + " is gone");
        }

        if (action.IsLoop)
        {
            Log(LogLevel.Error, task, action.Outcome.Error!);
        }

        task.JobState = action.Outcome.IsShort ? s_announced : null;
        _ends.TaskEnded(task, action.Outcome);
    }

    private ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> path)
    {
        if (_path.Length <= path.Length)
        {
            _path = new byte[path.Length * 2];
        }

        path.CopyTo(_path);
        _path[path.Length] = 0;
        return _path.AsSpan(0, path.Length + 1);
    }

    private void Log(LogLevel level, TaskEntry task, string message)
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
            Scheduler = _scheduler,
            TaskId = id,
            Mask = (uint)task.Mask,
            MaskName = EventNames.First(task.Mask),
            PathName = task.Path,
        };
        _logger.Write(in record);
    }
}
