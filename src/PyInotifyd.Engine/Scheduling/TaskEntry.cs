using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>A task: what is to be done for one path (or for a whole scheduler), from schedule to finish.</summary>
/// <remarks>Threads: reactor only. Small on purpose: a million pending ones is a normal day.</remarks>
public sealed class TaskEntry
{
    /// <summary>Its id, unique in this run of the daemon and most likely among all; sixteen hexadecimal digits as text.</summary>
    public ulong Id { get; internal set; }

    /// <summary>Path of the newest event, without NUL.</summary>
    public byte[] Path { get; internal set; } = [];

    /// <summary>Where it was before a rename; null where that is unknown.</summary>
    public byte[]? SrcPath { get; internal set; }

    /// <summary>The watch's path as configured.</summary>
    public byte[] WatchPath { get; internal set; } = [];

    /// <summary>Mask of the newest event, with IN_ISDIR.</summary>
    public EventMask Mask { get; internal set; }

    /// <summary>Watch descriptor of the newest event.</summary>
    public int Wd { get; internal set; }

    /// <summary>Cookie of the newest event.</summary>
    public uint Cookie { get; internal set; }

    /// <summary>What the job keeps about a running try, such as its process.</summary>
    public object? JobState { get; set; }
}
