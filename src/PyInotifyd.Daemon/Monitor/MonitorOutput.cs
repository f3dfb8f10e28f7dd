using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>Standard output of a monitor: the lines of a step leave together, and a reader that does not read makes the monitor wait, never lose a line.</summary>
/// <remarks>
/// <para>
/// Up to <see cref="Capacity"/> bytes wait here, written as the reader takes them. With more the whole loop stands still until there is room: the kernel's queue fills, overflows, and
/// what was lost is found by a scan. So memory is bounded and nothing is missed, however slow the reader is. A monitor has nothing else to do meanwhile; signals are seen.
/// </para>
/// <para>
/// As a source it waits for room, or for the reader's going: <c>monitor … | head -1</c> ends at once, not with the next event.
/// </para>
/// Threads: the reactor's.
/// </remarks>
internal sealed class MonitorOutput : IPollSource
{
    /// <summary>Bytes that wait for the reader before the loop does.</summary>
    public const int Capacity = 8 * 1024 * 1024;

    /// <summary>How long a reader that takes nothing is waited for after a signal.</summary>
    private const int GraceMs = 1000;

    private const int KeptCapacity = 256 * 1024;

    private readonly DescriptorWriter _writer;
    private readonly MonitorSignals _signals;
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Makes the output of lines that end with <paramref name="terminator"/>.</summary>
    public MonitorOutput(int fd, byte terminator, MonitorSignals signals)
    {
        _writer = new DescriptorWriter(fd, terminator);
        _signals = signals;
    }

    /// <summary>Bytes that wait.</summary>
    public int Pending => _end - _start;

    /// <summary>Minus errno of the write that failed for good; 0: none has.</summary>
    public int Error { get; private set; }

    /// <summary>Whether the reader has gone, so that nobody is interested any more.</summary>
    public bool IsReaderGone { get; private set; }

    /// <summary>Whether lines are worth making.</summary>
    public bool IsOpen => Error == 0 && !IsReaderGone;

    /// <summary>Whether somebody reads it who may stop reading, or go away: then it is worth waiting for.</summary>
    public bool HasReader => _writer.HasReader;

    /// <summary>Whether it is a terminal.</summary>
    public bool IsTerminal => _writer.IsTerminal;

    /// <inheritdoc/>
    public int Fd => _writer.Fd;

    /// <inheritdoc/>
    public short Events => (short)(Pending > 0 ? Libc.POLLOUT : 0);

    /// <inheritdoc/>
    public void OnReady(short revents) => IsReaderGone |= (revents & (Libc.POLLERR | Libc.POLLHUP)) != 0;

    /// <summary>Takes a line; waits for the reader where too much waits already.</summary>
    public void Append(ReadOnlySpan<byte> line)
    {
        if (Pending > 0 && Pending + line.Length > Capacity)
        {
            Flush();
            if (Pending + line.Length > Capacity)
            {
                WaitUntil(Capacity / 2);
            }
        }

        if (IsOpen)
        {
            Reserve(line.Length);
            line.CopyTo(_buffer.AsSpan(_end));
            _end += line.Length;
        }
    }

    /// <summary>Writes as much as goes without waiting.</summary>
    /// <remarks>Cost: one write(2) for files and sockets, a poll(2) and a write(2) each 4096 bytes for pipes.</remarks>
    public void Flush()
    {
        while (Pending > 0)
        {
            int result = _writer.WriteSome(_buffer.AsSpan(_start, Pending));
            if (result > 0)
            {
                _start += result;
            }
            else if (result is 0 or -Errno.EAGAIN)
            {
                return;
            }
            else if (result is -Errno.EPIPE or -Errno.ECONNRESET || (result == -Errno.EIO && IsTerminal))
            {
                IsReaderGone = true;
                _start = _end;
            }
            else if (result != -Errno.EINTR)
            {
                Error = result;
                _start = _end;
            }
        }

        _start = 0;
        _end = 0;
        if (_buffer.Length > KeptCapacity)
        {
            _buffer = new byte[4096];
        }
    }

    /// <summary>Writes until at most <paramref name="pending"/> bytes wait; after a signal only while the reader takes something every second.</summary>
    public void WaitUntil(int pending)
    {
        Flush();
        while (IsOpen && Pending > pending)
        {
            int signals = _signals.Count;
            int before = Pending;
            Span<pollfd> entries =
            [
                new pollfd { fd = Fd, events = (short)Libc.POLLOUT },
                new pollfd { fd = signals > 1 ? -1 : _signals.Fd, events = (short)Libc.POLLIN },
            ];
            int ready = Libc.poll(entries, signals == 0 ? -1 : signals == 1 ? GraceMs : 0);
            if (entries[1].revents != 0 && ready > 0)
            {
                _signals.OnReady(entries[1].revents);
            }

            Flush();
            if (signals > 0 && signals == _signals.Count && Pending == before && (ready == 0 || signals > 1))
            {
                Error = -Errno.ETIMEDOUT;
                _start = _end;
            }
        }
    }

    private void Reserve(int length)
    {
        if (_buffer.Length - _end >= length)
        {
            return;
        }

        int used = Pending;
        byte[] buffer = used + length > _buffer.Length / 2 ? new byte[Math.Max(used + length, _buffer.Length * 2)] : _buffer;
        _buffer.AsSpan(_start, used).CopyTo(buffer);
        _buffer = buffer;
        _start = 0;
        _end = used;
    }
}
