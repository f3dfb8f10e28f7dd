using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>A task as it is kept across the end of the daemon.</summary>
public sealed record StoredTask
{
    /// <summary>Name of its scheduler.</summary>
    public required string Scheduler { get; init; }

    /// <summary>Its id, which it keeps.</summary>
    public required ulong Id { get; init; }

    /// <summary>Path of its newest event.</summary>
    public required byte[] Path { get; init; }

    /// <summary>Where it was before a rename; null where that is unknown.</summary>
    public byte[]? SrcPath { get; init; }

    /// <summary>The watch's path as configured.</summary>
    public required byte[] WatchPath { get; init; }

    /// <summary>Mask of its newest event.</summary>
    public required EventMask Mask { get; init; }

    /// <summary>Whether the subject is a directory.</summary>
    public bool IsDir { get; init; }

    /// <summary>What was left of its delay, in milliseconds.</summary>
    public long RemainingMs { get; init; }

    /// <summary>How long ago its first event came, in milliseconds: <c>max_delay</c> goes on counting.</summary>
    public long AgeMs { get; init; }

    /// <summary>Inode of the path when it was stored, by which it is found where a directory above it was renamed meanwhile; 0: none.</summary>
    public ulong Inode { get; init; }

    /// <summary>Tries that have failed.</summary>
    public int Failures { get; init; }
}
