using System;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>Our end of the pipe that a worker writes its answers to.</summary>
/// <remarks>
/// One read(2) a step: a worker that floods is held up by its full pipe. What was read is acted upon in the next step, after that step's file events: an answer that came while this step's events were read is younger
/// than events that its task caused, which are still in the kernel.
/// Owns: the descriptor.   Threads: reactor only.
/// </remarks>
internal sealed class WorkerOutput : IPollSource, IMail
{
    private const int ChunkSize = 16 * 1024;

    private readonly Reactor.Reactor _reactor;
    private readonly LineAction _take;
    private readonly Action _ended;
    private readonly WorkerLines _lines = new();
    private byte[] _chunk = [];
    private int _length;
    private bool _mailIsOut;
    private bool _isFresh;

    public WorkerOutput(Reactor.Reactor reactor, LineAction take, Action ended)
    {
        (_reactor, _take, _ended) = (reactor, take, ended);
    }

    /// <summary>Takes a line; where it was too long, its beginning.</summary>
    internal delegate void LineAction(Span<byte> line, bool isTooLong);

    public int Fd { get; private set; } = -1;

    public short Events => (short)Libc.POLLIN;

    public void Open(int fd)
    {
        Fd = fd;
        if (_chunk.Length == 0)
        {
            _chunk = new byte[ChunkSize];
        }

        _reactor.Add(this);
    }

    public void OnReady(short revents)
    {
        // What was read in an earlier step: this step's events have been read since.
        Act();
        int read = Libc.read(Fd, _chunk);
        if (read > 0)
        {
            _length = read;
            if (_mailIsOut)
            {
                _isFresh = true;
            }
            else
            {
                _mailIsOut = _reactor.Mailbox.Post(this);
            }
        }
        else if (read is not -Errno.EAGAIN and not -Errno.EINTR)
        {
            Stop();
            _ended();
        }
    }

    void IMail.Deliver()
    {
        _mailIsOut = false;
        if (_isFresh)
        {
            _isFresh = false;
            _mailIsOut = _reactor.Mailbox.Post(this);
        }
        else
        {
            Act();
        }
    }

    /// <summary>Reads what a process that has been reaped left in the pipe, and closes it: others that hold it open have no say.</summary>
    public void Drain()
    {
        Act();
        int left = 0;
        if (Fd >= 0 && Libc.ioctl(Fd, Libc.FIONREAD, out left) < 0)
        {
            left = 0;
        }

        while (left > 0)
        {
            _length = Libc.read(Fd, _chunk.AsSpan(0, Math.Min(left, _chunk.Length)));
            if (_length <= 0)
            {
                _length = 0;
                break;
            }

            left -= _length;
            Act();
        }

        Span<byte> rest = _lines.TakeRest();
        if (!rest.IsEmpty)
        {
            _take(rest, false);
        }

        Stop();
    }

    /// <summary>Closes the pipe; what has not been acted upon is forgotten.</summary>
    public void Stop()
    {
        if (Fd >= 0)
        {
            _ = _reactor.Remove(this);
            _ = Libc.close(Fd);
            Fd = -1;
        }
    }

    private void Act()
    {
        Span<byte> chunk = _chunk.AsSpan(0, _length);
        _length = 0;
        while (_lines.TryNext(ref chunk, out Span<byte> line, out bool isTooLong))
        {
            _take(line, isTooLong);
        }
    }
}
