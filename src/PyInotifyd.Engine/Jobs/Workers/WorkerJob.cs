using System;
using System.Buffers;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>Runs a job of a worker for each task of a scheduler, or for many at once.</summary>
/// <remarks>The worker is looked up by its name at each start: after a reload that changed it, the next task goes to the new one.   Threads: reactor only.</remarks>
public sealed class WorkerJob : IBatchJob
{
    private readonly WorkerSet _workers;
    private readonly string _worker;
    private readonly ITaskEndSink _ends;
    private readonly byte[] _quotedName;

    /// <summary>Makes the job of a scheduler whose specification names a worker.</summary>
    /// <remarks>Errors: another kind of job → InvalidCastException.</remarks>
    public WorkerJob(WorkerSet workers, SchedulerSpec scheduler, Logger logger, ITaskEndSink ends)
    {
        WorkerJobSpec spec = (WorkerJobSpec)scheduler.Job;
        (_workers, _worker, _ends, Logger, SchedulerName) = (workers, spec.Worker, ends, logger, scheduler.Name);
        ArrayBufferWriter<byte> quoted = new();
        JsonText.AppendString(ChildEnvironment.Encode(spec.Job), quoted);
        _quotedName = quoted.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public bool IsReady => _workers.Find(_worker) is not { } worker || worker.IsReady;

    /// <inheritdoc/>
    public bool CannotStart => _workers.Find(_worker) is { CannotStart: true };

    internal Logger Logger { get; }

    internal string SchedulerName { get; }

    /// <summary>Gets the name of the job as a JSON string.</summary>
    internal ReadOnlySpan<byte> QuotedName => _quotedName;

    /// <inheritdoc/>
    public JobStart Start(TaskEntry task, out string? error) => Start(task, null, out error);

    /// <inheritdoc/>
    public JobStart StartBatch(IReadOnlyList<TaskEntry> tasks, out string? error) => Start(tasks[0], tasks, out error);

    /// <inheritdoc/>
    /// <remarks>The first time the worker is asked to end the task; the second time its answer is not waited for any longer.</remarks>
    public void Stop(TaskEntry task, bool kill)
    {
        if (task.JobState is not Worker worker)
        {
            return;
        }

        if (kill)
        {
            worker.Abandon(task);
        }
        else
        {
            worker.Cancel(task);
        }
    }

    /// <summary>Reports the end of a task.</summary>
    internal void Report(TaskEntry task, TaskOutcome outcome)
    {
        task.JobState = null;
        _ends.TaskEnded(task, outcome);
    }

    private JobStart Start(TaskEntry task, IReadOnlyList<TaskEntry>? batch, out string? error)
    {
        error = null;
        if (_workers.Find(_worker) is not { } worker)
        {
            error = "there is no worker " + _worker;
            return JobStart.Failed;
        }

        task.JobState = worker;
        worker.Give(this, task, batch);
        return JobStart.Started;
    }
}
