namespace PyInotifyd.Engine.Scheduling;

/// <summary>How the start of a task went.</summary>
public enum JobStart
{
    /// <summary>It runs; <see cref="ITaskEndSink.TaskEnded"/> will be called once.</summary>
    Started,

    /// <summary>A limit of the machine stood in the way (EAGAIN, EMFILE, ENOMEM): the task keeps its place and is tried again soon.</summary>
    TryAgain,

    /// <summary>It could not be started and has failed.</summary>
    Failed,
}
