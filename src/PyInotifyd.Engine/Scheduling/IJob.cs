namespace PyInotifyd.Engine.Scheduling;

/// <summary>How the start of a task went.</summary>
public enum JobStart
{
    /// <summary>It runs; <see cref="ITaskEndSink.TaskEnded"/> will be called once.</summary>
    Started,

    /// <summary>A limit of the machine stood in the way (EAGAIN, EMFILE, ENOMEM): the task keeps its place and is tried again soon.</summary>
    TryAgain,

    /// <summary>It could not be started and has failed; the job has said why.</summary>
    Failed,
}

/// <summary>What the tasks of one scheduler do.</summary>
/// <remarks>
/// The interface stands in Scheduling, not in Jobs, because folders depend one way: Scheduling ← Jobs.
/// Threads: reactor only; neither method may block.
/// </remarks>
public interface IJob
{
    /// <summary>Starts a try of a task; the end is reported to the sink that the job was made with, never from inside this call.</summary>
    JobStart Start(TaskEntry task);

    /// <summary>Asks a running task to end (TERM), or has it end at once (KILL); its end is reported as usual.</summary>
    void Stop(TaskEntry task, bool kill);
}

/// <summary>Takes the ends of running tasks.</summary>
public interface ITaskEndSink
{
    /// <summary>Says that the running try of a task has ended.</summary>
    void TaskEnded(TaskEntry task, bool succeeded);
}
