using System.Collections.Generic;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>A job that can do many tasks in one run (<c>batch</c>).</summary>
/// <remarks>
/// The first task stands for the run: the job keeps what it needs in that one's <see cref="TaskEntry.JobState"/>, is asked by it to stop, and reports one end, that of the first, which counts for all of them.
/// Threads: reactor only.
/// </remarks>
public interface IBatchJob : IJob
{
    /// <summary>Starts one run for several tasks, at least one; as <see cref="IJob.Start"/> otherwise.</summary>
    /// <param name="tasks">The tasks; their paths may change while they run, so what is needed later is copied here. The list is only lent.</param>
    /// <param name="error">Why not, where the answer is not <see cref="JobStart.Started"/>.</param>
    JobStart StartBatch(IReadOnlyList<TaskEntry> tasks, out string? error);
}
