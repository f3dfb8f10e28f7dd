using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes whole lines to a descriptor that somebody else may have set up, and never waits for who reads it.</summary>
/// <remarks>
/// What cannot be written (see <see cref="DescriptorWriter"/>) stays here, 1 MiB at most; what is more than that is written in between, or dropped and counted where nobody takes it. With the reader gone for good (EPIPE) everything is dropped.
/// Owns: not the descriptor.   Threads: the reactor's.
/// </remarks>
internal sealed class LogOutput
{
    /// <summary>Bytes kept for a reader that does not read.</summary>
    public const int Capacity = 1024 * 1024;

    private const int KeptCapacity = 64 * 1024;
    private const long FirstRetryNs = 10_000_000;
    private const long LastRetryNs = 1_000_000_000;

    private readonly DescriptorWriter _writer;
    private readonly ILogClock _clock;
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;
    private bool _broken;
    private long _retryDelayNs = FirstRetryNs;

    public LogOutput(int fd, ILogClock clock)
    {
        _writer = new DescriptorWriter(fd);
        _clock = clock;
    }

    /// <summary>When to try again, on CLOCK_MONOTONIC; <see cref="long.MaxValue"/>: nothing is held back.</summary>
    public long RetryNs { get; private set; } = long.MaxValue;

    /// <summary>Lines that were dropped; whoever reports them sets it back.</summary>
    public long Dropped { get; set; }

    /// <summary>Whether there is room and a reader for a report of dropped lines.</summary>
    public bool CanReport => Dropped > 0 && !_broken && _end - _start < Capacity / 2;

    /// <summary>Takes a line, newline included; it is dropped and counted where too much waits already.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        if (_broken)
        {
            return;
        }

        if (_end - _start + line.Length > Capacity)
        {
            // One step may log more than that; whoever reads may well be able to take it now.
            if (RetryNs == long.MaxValue || RetryNs <= _clock.MonotonicNs)
            {
                Flush();
            }

            if (_broken || _end - _start + line.Length > Capacity)
            {
                Dropped++;
                return;
            }
        }

        Reserve(line.Length);
        line.CopyTo(_buffer.AsSpan(_end));
        _end += line.Length;
    }

    /// <summary>Writes as much as goes without waiting.</summary>
    /// <remarks>Cost: one write(2) for files and sockets, a poll(2) and a write(2) each 4096 bytes for pipes.</remarks>
    public void Flush()
    {
        while (_start < _end)
        {
            int result = _writer.WriteSome(_buffer.AsSpan(_start, _end - _start));
            if (result > 0)
            {
                _start += result;
                _retryDelayNs = FirstRetryNs;
            }
            else if (result is 0 or -Errno.EAGAIN)
            {
                RetryNs = _clock.MonotonicNs + _retryDelayNs;
                _retryDelayNs = Math.Min(_retryDelayNs * 2, LastRetryNs);
                return;
            }
            else if (result != -Errno.EINTR)
            {
                Drop(result);
            }
        }

        _start = 0;
        _end = 0;
        RetryNs = long.MaxValue;
        if (_buffer.Length > KeptCapacity)
        {
            _buffer = new byte[4096];
        }
    }

    /// <summary>Lets go of what it opened; nothing is written afterwards.</summary>
    public void Close()
    {
        _broken = true;
        _start = _end;
        _writer.Dispose();
    }

    /// <summary>Writes everything, and waits for the reader up to <paramref name="milliseconds"/> altogether.</summary>
    public void FlushWaiting(int milliseconds)
    {
        long endNs = _clock.MonotonicNs + (milliseconds * 1_000_000L);
        Flush();
        while (_start < _end)
        {
            long left = (endNs - _clock.MonotonicNs) / 1_000_000;
            if (left <= 0 || _writer.Poll((int)left) == 0)
            {
                return;
            }

            Flush();
        }
    }

    private void Drop(int error)
    {
        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
        Dropped += rest.Count((byte)'\n');
        _start = _end;

        // A full disk may have room again later; a reader that has gone, or a descriptor that was closed, does not come back.
        _broken = error is not (-Errno.ENOSPC or -Errno.EDQUOT or -Errno.EFBIG or -Errno.EIO or -Errno.ENOBUFS or -Errno.ENOMEM);
    }

    private void Reserve(int length)
    {
        if (_buffer.Length - _end >= length)
        {
            return;
        }

        int used = _end - _start;
        byte[] buffer = used + length > _buffer.Length ? new byte[Math.Max(used + length, _buffer.Length * 2)] : _buffer;
        _buffer.AsSpan(_start, used).CopyTo(buffer);
        _buffer = buffer;
        _start = 0;
        _end = used;
    }
}
