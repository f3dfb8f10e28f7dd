using System;
using System.Globalization;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using Level = PyInotifyd.Engine.Diagnostics.LogLevel;

namespace PyInotifyd.Library;

/// <summary>Runs a delegate for each task of a scheduler.</summary>
/// <remarks>
/// The delegate runs on the thread pool from its first statement on, and its end comes back by mail: nothing of it is ever executed by the reactor.
/// Threads: reactor only.
/// </remarks>
internal sealed class DelegateJob : IJob
{
    private readonly DelegateJobs _jobs;
    private readonly SchedulerSpec _spec;
    private readonly Logger _logger;
    private readonly ITaskEndSink _ends;

    public DelegateJob(DelegateJobs jobs, SchedulerSpec spec, Logger logger, ITaskEndSink ends)
    {
        (_jobs, _spec, _logger, _ends) = (jobs, spec, logger, ends);
    }

    /// <inheritdoc/>
    public JobStart Start(TaskEntry task, out string? error)
    {
        error = null;
        string id = task.Id.ToString("x16", CultureInfo.InvariantCulture);
        JobContext context = new(_jobs.LogMail!, _logger.Name, _spec.Name, id, (task.Run?.Failures ?? 0) + 1);
        DelegateRun run = new(this, _jobs.Mailbox!, task, (DelegateJobSpec)_spec.Job, context);
        task.JobState = run;
        run.Start();
        return JobStart.Started;
    }

    /// <inheritdoc/>
    public void Stop(TaskEntry task, bool kill)
    {
        if (task.JobState is not DelegateRun run)
        {
            return;
        }

        run.Cancel();
        if (kill && !_jobs.TryGiveUp(run))
        {
            Write(Level.Warning, run, "the job does not heed its cancellation token; its path waits until it has ended");
        }
    }

    /// <summary>Reports the end of a run, or that it is not waited for any longer.</summary>
    public void End(DelegateRun run)
    {
        _jobs.Forget(run);
        if (run.Task is not { } task)
        {
            return;
        }

        if (run.Error is { } thrown)
        {
            Write(Level.Debug, run, thrown.ToString());
        }

        run.Task = null;
        task.JobState = null;
        _ends.TaskEnded(task, OutcomeOf(run));
    }

    private static TaskOutcome OutcomeOf(DelegateRun run)
    {
        if (!run.HasEnded)
        {
            return TaskOutcome.Failure("the job goes on, it does not heed its cancellation token");
        }

        return run.Error is { } error ? TaskOutcome.Failure(error.GetType().Name + ": " + error.Message) : TaskOutcome.Success;
    }

    private void Write(Level level, DelegateRun run, string message)
    {
        if (_logger.IsEnabled(level))
        {
            Span<byte> id = stackalloc byte[16];
            run.Task!.WriteId(id);
            LogRecord record = new(level, _logger.Name, message) { Kind = LogKind.Task, Scheduler = _spec.Name, TaskId = id };
            _logger.Write(in record);
        }
    }
}
