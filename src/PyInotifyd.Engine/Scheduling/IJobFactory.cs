using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Makes what the tasks of a scheduler do.</summary>
/// <remarks>Threads: reactor only.</remarks>
public interface IJobFactory
{
    /// <summary>Returns the job of a scheduler; called at the start, and at a reload for schedulers that are new or changed.</summary>
    /// <param name="spec">The scheduler; checked, so that nothing is left to fail here.</param>
    /// <param name="ends">Where the job reports the ends of its tasks.</param>
    IJob Create(SchedulerSpec spec, ITaskEndSink ends);
}
