using System;
using System.Buffers;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Sends messages to a syslog server over a unix socket or UDP, and never waits for it.</summary>
/// <remarks>
/// <para>
/// A line is <c>&lt;PRI&gt;pyinotifyd/daemon: message</c> with the facility user, as Python's SysLogHandler sends it; the server adds time and host. It is one datagram,
/// or ends with NUL where the server's socket is a stream (as the C library's syslog does it).
/// </para>
/// <para>
/// A server that is absent, restarts or is slow costs nothing but the oldest messages: up to 64 KiB wait, what does not fit is counted and the number is sent when the server is back.
/// After a failure it is tried again after 1, 2, 4 … 60 s; then only with the next message, so that a daemon with nothing to say sleeps.
/// </para>
/// Owns: its socket.   Threads: the reactor's.
/// Source: RFC 3164; unix(7): a full receiver gives EAGAIN, one that was closed ECONNREFUSED.
/// </remarks>
public sealed class SyslogSink : ILogSink
{
    private const int FacilityUser = 1 << 3;
    private const int MaxMessage = 8 * 1024;
    private const long FirstRetryNs = 1_000_000_000;
    private const long LastRetryNs = 60_000_000_000;
    private const long FirstFullRetryNs = 10_000_000;

    private readonly SyslogAddress _address;
    private readonly LogLevel _level;
    private readonly string? _logName;
    private readonly ILogClock _clock;
    private readonly RepeatCounter _repeats = new();
    private readonly SyslogQueue _queue = new();
    private readonly ArrayBufferWriter<byte> _body = new(512);
    private readonly ArrayBufferWriter<byte> _line = new(512);
    private int _fd = -1;
    private bool _stream;
    private int _sent;
    private long _dropped;
    private long _retryNs = long.MinValue;
    private long _retryDelayNs;
    private bool _timed;

    /// <summary>Makes a sink; the server need not be there yet.</summary>
    /// <param name="address">The server.</param>
    /// <param name="level">Lowest level that is sent.</param>
    /// <param name="logName">The only logger whose messages are sent; null: all.</param>
    /// <param name="clock">What retries and repeats are timed by.</param>
    public SyslogSink(SyslogAddress address, LogLevel level, string? logName, ILogClock clock)
    {
        _address = address;
        _level = level;
        _logName = logName;
        _clock = clock;
    }

    /// <inheritdoc/>
    public long FlushDueNs => Math.Min(_repeats.DueNs, _timed ? _retryNs : long.MaxValue);

    /// <summary>Connects if that is not done yet; returns 0 or minus errno.</summary>
    /// <remarks>Optional: messages are sent as soon as the server is there. Of use where a wrong address should be noticed.</remarks>
    public int Connect()
    {
        if (_fd >= 0)
        {
            return 0;
        }

        _stream = false;
        int result = Connect(Libc.SOCK_DGRAM);
        if (result == -Errno.EPROTOTYPE && _address.Family == Libc.AF_UNIX)
        {
            _stream = true;
            result = Connect(Libc.SOCK_STREAM);
        }

        return result;
    }

    /// <inheritdoc/>
    public void Write(in LogRecord record)
    {
        if (record.Level < _level || (_logName is not null && _logName != record.Logger))
        {
            return;
        }

        _body.ResetWrittenCount();
        TextForm.Append(in record, _body);
        long now = record.Kind == LogKind.Plain ? _clock.MonotonicNs : 0;
        if (_repeats.TryCount(in record, _body.WrittenSpan, now))
        {
            return;
        }

        if (_repeats.TryTake(out LogRecord report))
        {
            Enqueue(in report);
        }

        EnqueueLine(in record, _body.WrittenSpan);
        _repeats.Remember(in record, _body.WrittenSpan, now);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        long now = _clock.MonotonicNs;
        if (_repeats.DueNs <= now && _repeats.TryTake(out LogRecord report))
        {
            Enqueue(in report);
        }

        if (!_queue.IsEmpty && now >= _retryNs)
        {
            Send(now);
        }
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (_repeats.TryTake(out LogRecord report))
        {
            Enqueue(in report);
        }

        if (!_queue.IsEmpty)
        {
            Send(_clock.MonotonicNs);
        }

        Disconnect();
    }

    private int Connect(int type)
    {
        int fd = Libc.socket(_address.Family, type | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        if (fd < 0)
        {
            return fd;
        }

        int result = Libc.connect(fd, _address.Bytes);
        if (result < 0)
        {
            _ = Libc.close(fd);
            return result;
        }

        _fd = fd;
        _sent = 0;
        return 0;
    }

    private void Disconnect()
    {
        if (_fd >= 0)
        {
            _ = Libc.close(_fd);
            _fd = -1;
        }
    }

    private void Send(long now)
    {
        _timed = false;
        bool wasConnected = _fd >= 0;
        int result = Deliver();
        if (result != 0 && wasConnected && !IsFull(result))
        {
            // A server that was restarted has a new socket under the old name, and UDP reports a refusal with the send that follows: so one more try at once.
            Disconnect();
            result = Deliver();
        }

        if (result == 0)
        {
            _retryNs = long.MinValue;
            return;
        }

        bool full = IsFull(result);
        if (!full)
        {
            Disconnect();
        }

        _retryDelayNs = _retryDelayNs == 0 ? (full ? FirstFullRetryNs : FirstRetryNs) : Math.Min(_retryDelayNs * 2, LastRetryNs);
        _retryNs = now + _retryDelayNs;

        // After a minute without success only the next message tries again.
        _timed = _retryDelayNs < LastRetryNs;
    }

    private bool IsFull(int result) => result is -Errno.EAGAIN or -Errno.ENOBUFS && _fd >= 0;

    private int Deliver()
    {
        int result = _fd < 0 ? Connect() : 0;
        return result == 0 ? SendQueue() : result;
    }

    /// <summary>Sends all that waits, and how much was dropped, and returns 0, or minus the errno that stopped it.</summary>
    private int SendQueue()
    {
        int result = Drain();
        if (result < 0 || _dropped == 0)
        {
            return result;
        }

        LogRecord report = new(LogLevel.Warning, "daemon", _dropped.ToString() + " messages to syslog were dropped because it could not be reached");
        _dropped = 0;
        Enqueue(in report);
        return Drain();
    }

    private int Drain()
    {
        while (!_queue.IsEmpty)
        {
            int result = SendFirst();
            if (result == -Errno.EMSGSIZE)
            {
                _dropped++;
            }
            else if (result < 0)
            {
                return result;
            }

            _queue.RemoveFirst();
            _sent = 0;
            _retryDelayNs = 0;
        }

        return 0;
    }

    private int SendFirst()
    {
        ReadOnlySpan<byte> message = _queue.First;

        // The NUL that is kept with each message ends it in a stream; a datagram needs none.
        message = _stream ? message : message[..^1];
        while (_sent < message.Length)
        {
            int result = Libc.send(_fd, message[_sent..], Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            if (result == -Errno.EINTR)
            {
                continue;
            }

            if (result < 0)
            {
                return result;
            }

            _sent += result;
        }

        return 0;
    }

    private void Enqueue(in LogRecord record)
    {
        ArrayBufferWriter<byte> body = new(128);
        TextForm.Append(in record, body);
        EnqueueLine(in record, body.WrittenSpan);
    }

    private void EnqueueLine(in LogRecord record, ReadOnlySpan<byte> body)
    {
        _line.ResetWrittenCount();
        _line.Write("<"u8);
        LogNumber.Append(FacilityUser | LogLevelName.Severity(record.Level), _line);
        _line.Write(">pyinotifyd/"u8);
        MessageBytes.AppendText(record.Logger, _line);
        _line.Write(": "u8);
        AppendCut(body);
        _line.Write("\0"u8);
        int dropped = _queue.Append(_line.WrittenSpan);
        _dropped += dropped;
        if (dropped > 0 && _sent > 0)
        {
            // The message of which a stream has got a part is gone: it starts anew with the next one.
            Disconnect();
            _sent = 0;
        }
    }

    /// <summary>Appends a body, cut to what servers take, between two characters.</summary>
    private void AppendCut(ReadOnlySpan<byte> body)
    {
        if (body.Length <= MaxMessage)
        {
            _line.Write(body);
            return;
        }

        int end = MaxMessage;
        while ((body[end] & 0xc0) == 0x80)
        {
            end--;
        }

        _line.Write(body[..end]);
        _line.Write(" [cut]"u8);
    }
}
