using System;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>What the tasks of one scheduler do.</summary>
/// <remarks>
/// The interface stands in Scheduling, not in Jobs, because folders depend one way: Scheduling ← Jobs.
/// Threads: reactor only; no method may block.
/// </remarks>
public interface IJob
{
    /// <summary>Whether a task could be started now; while not, tasks wait without taking a place.</summary>
    /// <remarks>When that changes, the reactor must be in a step or be woken: it is asked at the end of each.   Cost: asked often.</remarks>
    bool IsReady => true;

    /// <summary>Whether tasks that wait do so in vain as things are: what would run them cannot be started. A shutdown does not wait for that.</summary>
    bool CannotStart => false;

    /// <summary>Says whether there is anything to do for a path; asked before a task is made for it, not at every event of a pending one.</summary>
    /// <remarks>A job that declines says so itself (DEBUG). The span is valid until the method returns.</remarks>
    bool Accepts(ReadOnlySpan<byte> path) => true;

    /// <summary>Says whether an event is the job's own doing, so that it schedules nothing and is no surprise to a task that runs.</summary>
    /// <remarks>The span is valid until the method returns.   Cost: asked at every event that schedules.</remarks>
    bool Caused(EventMask mask, ReadOnlySpan<byte> path) => false;

    /// <summary>Starts a try of a task; the end is reported to the sink that the job was made with, never from inside this call.</summary>
    /// <param name="task">The task; its path may change while it runs (a directory above it is renamed), so what is needed later is copied here.</param>
    /// <param name="error">Why not, where the answer is not <see cref="JobStart.Started"/>: the scheduler writes it to the log, the job need not.</param>
    /// <remarks>
    /// The scheduler has logged <c>start task</c> before and logs <c>task finished</c> or <c>task failed</c> with the outcome afterwards; the job logs what it executes.
    /// Owns: the task stays the scheduler's, and is used for another one after its end: keep no reference to it beyond that.
    /// </remarks>
    JobStart Start(TaskEntry task, out string? error);

    /// <summary>Asks a running task to end (TERM), or has it end at once (KILL); its end is reported as usual, never from inside this call.</summary>
    void Stop(TaskEntry task, bool kill);
}
