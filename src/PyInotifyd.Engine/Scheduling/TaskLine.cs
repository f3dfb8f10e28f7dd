using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>A task as it is listed.</summary>
public readonly record struct TaskLine
{
    /// <summary>Its id.</summary>
    public required ulong Id { get; init; }

    /// <summary>Name of its scheduler.</summary>
    public required string Scheduler { get; init; }

    /// <summary>Path of its newest event.</summary>
    public required byte[] Path { get; init; }

    /// <summary>Mask of its newest event.</summary>
    public required EventMask Mask { get; init; }

    /// <summary>Where it stands; <see cref="TaskState.Idle"/>: queued, it follows the task of its path that runs now.</summary>
    public required TaskState State { get; init; }

    /// <summary>Milliseconds until its timer ends, the delay or the wait for another try; -1: it has none.</summary>
    public required long DueMs { get; init; }

    /// <summary>Milliseconds since it was started; -1: it does not run.</summary>
    public required long RunningMs { get; init; }
}
