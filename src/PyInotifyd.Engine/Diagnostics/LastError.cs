using System;
using System.Buffers;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Remembers the last message that says that something went wrong: an error of the daemon, or a task that failed.</summary>
/// <remarks>Threads: the reactor's.</remarks>
public sealed class LastError : ILogSink
{
    private const int LongestKept = 4096;

    private readonly ILogClock _clock;
    private ArrayBufferWriter<byte> _text = new(256);

    /// <summary>Makes a sink that has seen nothing.</summary>
    public LastError(ILogClock clock)
    {
        _clock = clock;
    }

    /// <summary>The message on one line, as the log has it; empty: there was none.</summary>
    public ReadOnlySpan<byte> Text => _text.WrittenSpan[..Math.Min(_text.WrittenCount, LongestKept)];

    /// <summary>When it was, in seconds since the epoch.</summary>
    public long UnixSeconds { get; private set; }

    /// <summary>Messages so far.</summary>
    public long Count { get; private set; }

    /// <inheritdoc/>
    public void Write(in LogRecord record)
    {
        if (record.Level < LogLevel.Error && !(record.Kind == LogKind.Task && record.Message == "task failed"))
        {
            return;
        }

        if (_text.Capacity > LongestKept)
        {
            _text = new ArrayBufferWriter<byte>(256);
        }

        _text.ResetWrittenCount();
        TextForm.Append(in record, _text);
        UnixSeconds = _clock.RealtimeNs / 1_000_000_000;
        Count++;
    }

    /// <inheritdoc/>
    public void Flush()
    {
    }
}
