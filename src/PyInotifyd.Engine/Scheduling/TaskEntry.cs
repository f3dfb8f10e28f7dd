using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>A task: what is to be done for one path (or for a whole scheduler), from schedule to finish.</summary>
/// <remarks>
/// Its timer is the end of the delay, of a wait for the next try, or, while it runs, the timeout.
/// Owns: entries are used again after their end.   Threads: reactor only.
/// Cost: small on purpose, a million pending ones is a normal day. What only a task needs that has been started is in <see cref="TaskRun"/>.
/// </remarks>
public sealed class TaskEntry : TimerEntry, IPathKeyed
{
    internal DirectoryNode? _directory;
    internal TaskEntry? _nextInDirectory;
    internal TaskEntry? _previousInDirectory;
    internal TaskEntry? _nextOfPath;
    internal int _waitingIndex = -1;

    /// <summary>Its id, unique in this run of the daemon and most likely among all; sixteen hexadecimal digits as text.</summary>
    public ulong Id { get; internal set; }

    /// <summary>Path of the newest event, without NUL.</summary>
    public byte[] Path { get; internal set; } = [];

    /// <summary>Where it was before a rename; null where that is unknown.</summary>
    public byte[]? SrcPath { get; internal set; }

    /// <summary>The watch's path as configured.</summary>
    public byte[] WatchPath { get; internal set; } = [];

    /// <summary>Mask of the newest event, as the kernel gave it.</summary>
    public EventMask Mask { get; internal set; }

    /// <summary>Whether the subject of the newest event is a directory; the kernel does not say so of a watched directory itself.</summary>
    public bool IsDir { get; internal set; }

    /// <summary>Watch descriptor of the newest event.</summary>
    public int Wd { get; internal set; }

    /// <summary>Cookie of the newest event.</summary>
    public uint Cookie { get; internal set; }

    /// <summary>Where it stands.</summary>
    public TaskState State { get; internal set; }

    /// <summary>What the job keeps about a running try, such as its process; null again after its end.</summary>
    public object? JobState
    {
        get => Run?.JobState;
        set => (Run ??= new TaskRun()).JobState = value;
    }

    /// <summary>The scheduler that it belongs to.</summary>
    internal Scheduler Scheduler { get; set; } = null!;

    /// <summary>What is known since it was started or settles; null before.</summary>
    internal TaskRun? Run { get; set; }

    /// <summary>When the newest event came, on the monotonic clock.</summary>
    internal long EventNs { get; set; }

    /// <summary>When the first event came that it waits for: <c>max_delay</c> counts from there.</summary>
    internal long FirstNs { get; set; }

    /// <summary>Change time of the path as the task was made: a scan for all that changed since then finds it. Known only where unfinished tasks are kept.</summary>
    internal long ChangedNs { get; set; }

    /// <summary>How many runs in a row before this one were followed by another only because of events during the run.</summary>
    internal byte Reruns { get; set; }

    /// <summary>Writes the id as sixteen hexadecimal digits.</summary>
    public void WriteId(Span<byte> text)
    {
        for (int i = 15; i >= 0; i--)
        {
            text[15 - i] = "0123456789abcdef"u8[(int)(Id >> (i * 4)) & 15];
        }
    }
}
