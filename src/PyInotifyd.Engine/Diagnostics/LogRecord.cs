using System;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>In which order the text form puts the fields, and whether repeats may be counted instead of written.</summary>
public enum LogKind : byte
{
    /// <summary>A message of the daemon; identical ones in a burst are counted.</summary>
    Plain,

    /// <summary><c>message, delay=…, cmd=…, exit_status=…, signal=…, duration_ms=…, error=…, mask=…, path=…, task_id=…</c>; never folded.</summary>
    /// <remarks>With <see cref="LogRecord.Stream"/> set, the line of a process: <c>output, task_id=…, stream=…, line=…</c>.</remarks>
    Task,

    /// <summary><c>received event, dir=True, mask=0x…, maskname=…, pathname=…, src_pathname=…, wd=…</c>; never folded.</summary>
    Event,
}

/// <summary>One message with its fields; a field that holds its default does not apply.</summary>
/// <remarks>
/// Shape: byte spans are raw names as the kernel has them; sinks escape them (text) or keep them lossless (JSON).
/// Owns: spans need to live only until <see cref="ILogSink.Write"/> returns.
/// </remarks>
public ref struct LogRecord
{
    /// <summary>A record with no field set.</summary>
    public LogRecord(LogLevel level, string logger, string message)
    {
        Level = level;
        Logger = logger;
        Message = message;
        Wd = -1;
        DelayMs = -1;
        ExitStatus = -1;
        DurationMs = -1;
    }

    /// <summary>Level.</summary>
    public LogLevel Level;

    /// <summary>Name of the logger, such as <c>daemon</c> or <c>sched</c>.</summary>
    public string Logger;

    /// <summary>The text before the fields; it may hold control characters, which sinks escape.</summary>
    public string Message;

    /// <summary>Order of the text form.</summary>
    public LogKind Kind;

    /// <summary>Name of the scheduler.</summary>
    public string? Scheduler;

    /// <summary>Id of the task.</summary>
    public ReadOnlySpan<byte> TaskId;

    /// <summary>Event mask with IN_ISDIR as it came; 0: none.</summary>
    public uint Mask;

    /// <summary>Name of the event: the first flag for tasks, with <c>|IN_ISDIR</c> for <see cref="LogKind.Event"/>; null: none.</summary>
    /// <remarks>Set by the caller beside <see cref="Mask"/>: the names belong to the model, which this folder does not know.</remarks>
    public string? MaskName;

    /// <summary>The event's subject is a directory though <see cref="Mask"/> does not say so.</summary>
    public bool SelfIsDir;

    /// <summary>Path of the event.</summary>
    public ReadOnlySpan<byte> PathName;

    /// <summary>Where it was before a rename.</summary>
    public ReadOnlySpan<byte> SrcPathName;

    /// <summary>Watch descriptor; -1: none.</summary>
    public int Wd;

    /// <summary>Cookie of a rename; 0: none.</summary>
    public uint Cookie;

    /// <summary>Delay in milliseconds; -1: none. Written in seconds.</summary>
    public long DelayMs;

    /// <summary>Command line of a shell task.</summary>
    public ReadOnlySpan<byte> Command;

    /// <summary>Arguments of an exec task, each ended by NUL.</summary>
    public ReadOnlySpan<byte> Argv;

    /// <summary>Exit status of a process; -1: none.</summary>
    public int ExitStatus;

    /// <summary>Signal that ended a process; 0: none.</summary>
    public int Signal;

    /// <summary>How long a run took, in milliseconds; -1: none.</summary>
    public long DurationMs;

    /// <summary><c>stdout</c> or <c>stderr</c>, with <see cref="Line"/>; null: not the output of a process.</summary>
    public string? Stream;

    /// <summary>A line that a process wrote.</summary>
    public ReadOnlySpan<byte> Line;

    /// <summary>What went wrong.</summary>
    public string? Error;
}
