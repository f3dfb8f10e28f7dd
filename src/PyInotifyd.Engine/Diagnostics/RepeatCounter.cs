using System;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Tells a message that says again what the one before it said, and counts such repeats.</summary>
/// <remarks>
/// A repeat is a plain message with the level, logger and text of the last message, at most <see cref="WindowNs"/> after it: a burst. The same message an hour later is news.
/// A count is due <see cref="WindowNs"/> after the first repeat in it, or as soon as another message comes.
/// Threads: the reactor's.
/// </remarks>
internal sealed class RepeatCounter
{
    /// <summary>How far apart repeats may be, and how long a count is held back.</summary>
    public const long WindowNs = 2_000_000_000;

    private byte[] _text = new byte[128];
    private int _length = -1;
    private LogLevel _level;
    private string _logger = "";
    private long _lastNs;
    private int _count;

    /// <summary>When the count is to be written, on CLOCK_MONOTONIC; <see cref="long.MaxValue"/>: there is none.</summary>
    public long DueNs { get; private set; } = long.MaxValue;

    /// <summary>Counts the message and returns true where it is a repeat. Where not: take the count with <see cref="TryTake"/>, write the message, call <see cref="Remember"/>.</summary>
    public bool TryCount(in LogRecord record, ReadOnlySpan<byte> text, long nowNs)
    {
        if (record.Kind != LogKind.Plain || _length < 0 || record.Level != _level || record.Logger != _logger
            || nowNs - _lastNs > WindowNs || !text.SequenceEqual(_text.AsSpan(0, _length)))
        {
            return false;
        }

        _lastNs = nowNs;
        if (_count++ == 0)
        {
            DueNs = nowNs + WindowNs;
        }

        return true;
    }

    /// <summary>Keeps what was written for comparison; tasks and events are forgotten at once, as nothing after them is their repeat.</summary>
    public void Remember(in LogRecord record, ReadOnlySpan<byte> text, long nowNs)
    {
        if (record.Kind != LogKind.Plain)
        {
            _length = -1;
            return;
        }

        if (_text.Length < text.Length)
        {
            _text = new byte[text.Length * 2];
        }

        text.CopyTo(_text);
        _length = text.Length;
        _level = record.Level;
        _logger = record.Logger;
        _lastNs = nowNs;
    }

    /// <summary>Takes the count as a record to be written; false where nothing was repeated.</summary>
    public bool TryTake(out LogRecord report)
    {
        int count = _count;
        _count = 0;
        DueNs = long.MaxValue;
        report = count == 0 ? default : new LogRecord(_level, _logger, "last message repeated " + count.ToString() + " times");
        return count != 0;
    }
}
