namespace PyInotifyd.Engine.Scheduling;

/// <summary>Takes the ends of running tasks.</summary>
public interface ITaskEndSink
{
    /// <summary>Says that the running try of a task has ended, and how. The task must not be touched afterwards.</summary>
    void TaskEnded(TaskEntry task, TaskOutcome outcome);
}
