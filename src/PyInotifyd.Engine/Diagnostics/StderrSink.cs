using System;
using System.Buffers;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes messages as lines to standard error, as text or JSON, with a time of their own or for the journal.</summary>
/// <remarks>
/// A step's lines leave in one write(2) where that is possible without waiting (see <see cref="LogOutput"/>). Identical plain messages in a burst are counted
/// (see <see cref="RepeatCounter"/>).
/// Cost: no allocation per message once the buffers have grown.
/// Threads: the reactor's.
/// </remarks>
public sealed class StderrSink : ILogSink
{
    private const int CloseWaitMs = 1000;
    private const int KeptCapacity = 64 * 1024;

    private readonly ILogClock _clock;
    private readonly LogTimestamp _timestamp;
    private readonly LogOutput _output;
    private readonly RepeatCounter _repeats = new();
    private ArrayBufferWriter<byte> _body = new(512);
    private ArrayBufferWriter<byte> _line = new(512);
    private LogFormat _format;
    private bool _journal;

    /// <summary>Makes a sink for a descriptor, normally 2.</summary>
    /// <param name="fd">The descriptor, which stays the caller's.</param>
    /// <param name="format">How a line looks.</param>
    /// <param name="journal">Whether the journal reads it: then lines begin with a priority such as <c>&lt;6&gt;</c> and bear no time in text.</param>
    /// <param name="clock">The time that messages bear.</param>
    public StderrSink(int fd, LogFormat format, bool journal, ILogClock clock)
    {
        _format = format;
        _journal = journal;
        _clock = clock;
        _timestamp = new LogTimestamp(clock);
        _output = new LogOutput(fd, clock);
    }

    /// <summary>Changes how later lines look; what waits to be written stays as it is, and no repeat is lost.</summary>
    public void SetForm(LogFormat format, bool journal)
    {
        if (_repeats.TryTake(out LogRecord report))
        {
            WriteUncounted(in report);
        }

        (_format, _journal) = (format, journal);
    }

    /// <inheritdoc/>
    public long FlushDueNs => Math.Min(_repeats.DueNs, _output.RetryNs);

    /// <summary>Says whether a descriptor is what JOURNAL_STREAM names: <c>device:inode</c>, in decimal.</summary>
    /// <remarks>The variable is inherited by programs whose output went elsewhere since, so its presence alone tells nothing.   Source: systemd.exec(5).</remarks>
    public static bool IsJournal(int fd, string? journalStream)
    {
        int colon = journalStream is null ? -1 : journalStream.IndexOf(':');
        if (colon < 0
            || !ulong.TryParse(journalStream.AsSpan(0, colon), out ulong device)
            || !ulong.TryParse(journalStream.AsSpan(colon + 1), out ulong inode)
            || Libc.statx(fd, "\0"u8, Libc.AT_EMPTY_PATH, Libc.STATX_INO, out statx status) < 0)
        {
            return false;
        }

        return status.stx_ino == inode && DeviceNumber(status.stx_dev_major, status.stx_dev_minor) == device;
    }

    /// <inheritdoc/>
    public void Write(in LogRecord record)
    {
        _body.ResetWrittenCount();
        AppendBody(in record, _body);
        long now = record.Kind == LogKind.Plain ? _clock.MonotonicNs : 0;
        if (_repeats.TryCount(in record, _body.WrittenSpan, now))
        {
            return;
        }

        if (_repeats.TryTake(out LogRecord report))
        {
            WriteUncounted(in report);
        }

        AppendLine(in record, _body.WrittenSpan);
        _repeats.Remember(in record, _body.WrittenSpan, now);
        if (_body.Capacity > KeptCapacity)
        {
            _body = new ArrayBufferWriter<byte>(512);
            _line = new ArrayBufferWriter<byte>(512);
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (_repeats.DueNs != long.MaxValue && _repeats.DueNs <= _clock.MonotonicNs && _repeats.TryTake(out LogRecord report))
        {
            WriteUncounted(in report);
        }

        _output.Flush();
        ReportDropped();
    }

    /// <summary>Waits, a second at most, until what was written so far has been taken: for the moment when nothing else is left to do.</summary>
    public void Drain()
    {
        _output.FlushWaiting(CloseWaitMs);
        ReportDropped();
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (_repeats.TryTake(out LogRecord report))
        {
            WriteUncounted(in report);
        }

        Drain();
        _output.Close();
    }

    /// <summary>Puts device numbers together as the kernel reports them in stat(2).</summary>
    private static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);

    private void ReportDropped()
    {
        if (!_output.CanReport)
        {
            return;
        }

        long dropped = _output.Dropped;
        _output.Dropped = 0;
        LogRecord report = new(LogLevel.Warning, "daemon", dropped.ToString() + " messages were dropped because standard error did not take them");
        WriteUncounted(in report);
        _output.Flush();
        if (_output.Dropped > 0)
        {
            // The report itself had no room: it is made again with the next flush.
            _output.Dropped = dropped;
        }
    }

    // The body of the message that the report interrupts is still needed, so the report gets a buffer of its own. It is rare.
    private void WriteUncounted(in LogRecord report)
    {
        ArrayBufferWriter<byte> body = new(128);
        AppendBody(in report, body);
        AppendLine(in report, body.WrittenSpan);
    }

    private void AppendBody(in LogRecord record, ArrayBufferWriter<byte> body)
    {
        if (_format == LogFormat.Json)
        {
            JsonForm.Append(in record, body);
        }
        else
        {
            TextForm.Append(in record, body);
        }
    }

    private void AppendLine(in LogRecord record, ReadOnlySpan<byte> body)
    {
        _line.ResetWrittenCount();
        if (_journal)
        {
            _line.Write("<"u8);
            LogNumber.Append(LogLevelName.Severity(record.Level), _line);
            _line.Write(">"u8);
        }

        if (_format == LogFormat.Json)
        {
            _line.Write("{\"time\":\""u8);
            _timestamp.AppendIso(_line);
            _line.Write("\""u8);
        }
        else if (_journal)
        {
            AppendLogger(record.Logger);
            _line.Write(": "u8);
        }
        else
        {
            _timestamp.AppendText(_line);
            _line.Write(" - "u8);
            AppendLogger(record.Logger);
            _line.Write(" - "u8);
            _line.Write(LogLevelName.Of(record.Level));
            _line.Write(" - "u8);
        }

        _line.Write(body);
        _line.Write("\n"u8);
        _output.Append(_line.WrittenSpan);
    }

    private void AppendLogger(string name)
    {
        _line.Write("pyinotifyd/"u8);
        MessageBytes.AppendText(name, _line);
    }
}
