using System;
using System.Buffers;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>Our end of the pipe that a worker reads its tasks from.</summary>
/// <remarks>
/// What the pipe has no room for stays here, and only then the reactor waits for room. Nobody appends a task while <see cref="IsFull"/>: so a worker that does not read costs that much memory and no more, and blocks nobody.
/// Owns: the descriptor.   Threads: reactor only.
/// </remarks>
internal sealed class WorkerInput : IPollSource
{
    /// <summary>Bytes that may wait for room in the pipe before no more tasks are taken.</summary>
    public const int FullAt = 64 * 1024;

    private readonly Reactor.Reactor _reactor;
    private readonly Action _broken;
    private ArrayBufferWriter<byte> _buffer = new(1024);
    private ArrayBufferWriter<byte> _other = new(1024);
    private int _head;
    private bool _isWaiting;

    public WorkerInput(Reactor.Reactor reactor, Action broken)
    {
        (_reactor, _broken) = (reactor, broken);
    }

    public int Fd { get; private set; } = -1;

    public short Events => (short)Libc.POLLOUT;

    /// <summary>Gets whether there is enough for the worker to read already.</summary>
    public bool IsFull => _buffer.WrittenCount - _head >= FullAt;

    /// <summary>Gets whether something waits for room in the pipe.</summary>
    public bool IsBlocked => _isWaiting;

    /// <summary>Gets how many bytes were appended since the worker was started.</summary>
    public long Appended => Written + _buffer.WrittenCount - _head;

    /// <summary>Gets how many bytes are in the pipe or were read from it.</summary>
    public long Written { get; private set; }

    public void Open(int fd)
    {
        Fd = fd;
        Written = 0;
        _head = 0;
        _buffer.ResetWrittenCount();
    }

    /// <summary>Gets where a message is written to; it is sent by <see cref="Flush"/>.</summary>
    public ArrayBufferWriter<byte> Message => _buffer;

    public void OnReady(short revents) => Flush();

    /// <summary>Writes what there is room for.</summary>
    public void Flush()
    {
        while (Fd >= 0 && _head < _buffer.WrittenCount)
        {
            int written = Libc.write(Fd, _buffer.WrittenSpan[_head..]);
            if (written == -Errno.EAGAIN)
            {
                DropHead();
                Wait(true);
                return;
            }

            if (written == -Errno.EINTR)
            {
                continue;
            }

            if (written < 0)
            {
                // EPIPE: it has closed its end. SIGPIPE is ignored by the runtime.
                Wait(false);
                _broken();
                return;
            }

            _head += written;
            Written += written;
        }

        Wait(false);
        _head = 0;
        _buffer.ResetWrittenCount();
    }

    /// <summary>Returns how many bytes the worker has read.</summary>
    public long BytesRead()
    {
        // The descriptor of the writing end answers for the pipe, after the death of the reader too.
        return Fd >= 0 && Libc.ioctl(Fd, Libc.FIONREAD, out int unread) >= 0 ? Written - unread : Written;
    }

    public void Close()
    {
        if (Fd >= 0)
        {
            Wait(false);
            _ = Libc.close(Fd);
            Fd = -1;
        }

        _head = 0;
        _buffer.ResetWrittenCount();
    }

    // A worker that is always a little behind never lets the buffer become empty.
    private void DropHead()
    {
        if (_head >= FullAt)
        {
            _other.ResetWrittenCount();
            _other.Write(_buffer.WrittenSpan[_head..]);
            (_buffer, _other) = (_other, _buffer);
            _head = 0;
        }
    }

    private void Wait(bool forRoom)
    {
        if (forRoom != _isWaiting)
        {
            _isWaiting = forRoom;
            if (forRoom)
            {
                _reactor.Add(this);
            }
            else
            {
                _ = _reactor.Remove(this);
            }
        }
    }
}
