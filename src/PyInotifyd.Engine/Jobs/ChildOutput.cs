using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Our end of the pipe that a process writes its output or its errors to; turns what comes into log lines.</summary>
/// <remarks>
/// <para>
/// One read(2) of <see cref="ChunkSize"/> a step and no more: a process that floods is held up by its full pipe, and everything else gets its turn. Whole lines are logged out of the shared
/// chunk; only the beginning of a line whose end has not come yet is copied.
/// </para>
/// <para>
/// A pipe outlives its process when a grandchild holds it. What was in it when the process was reaped is logged before the task ends (<see cref="DrainAtEnd"/>); what comes later is logged under the
/// same task id for as long as the table lets it linger.
/// </para>
/// Owns: the descriptor.   Threads: reactor only.
/// </remarks>
internal sealed class ChildOutput : IPollSource
{
    /// <summary>Bytes read in one step.</summary>
    public const int ChunkSize = 16 * 1024;

    /// <summary>Bytes of a line that are logged.</summary>
    public const int MaxLine = 8 * 1024;

    private const int KeptCapacity = 512;

    private readonly ChildTable _table;
    private readonly byte[] _taskId = new byte[16];
    private int _taskIdLength;
    private Child? _child;
    private Logger? _logger;
    private string _scheduler = "";
    private string _message = "";
    private LogLevel _level;
    private string _stream = "";
    private byte[] _partial = [];
    private int _partialLength;
    private bool _skipsLine;
    private int _leftAtEnd;

    public ChildOutput(ChildTable table)
    {
        _table = table;
    }

    public int Fd { get; private set; } = -1;

    public short Events => (short)Libc.POLLIN;

    /// <summary>Gets or sets the neighbour in the list of lingering pipes: the one that has lingered longer.</summary>
    public ChildOutput? Older { get; set; }

    /// <summary>Gets or sets the neighbour in the list of lingering pipes: the one that has lingered less.</summary>
    public ChildOutput? Newer { get; set; }

    /// <summary>Takes over our end of a pipe; an owner without logger drops what comes.</summary>
    public void Begin(Child child, int fd, bool isErrors, IChildOwner owner, ReadOnlySpan<byte> taskId)
    {
        (_child, Fd, _logger, _scheduler, _message) = (child, fd, owner.OutputLogger, owner.SchedulerName, owner.OutputMessage);
        _level = isErrors ? LogLevel.Warning : LogLevel.Info;
        _stream = isErrors ? "stderr" : "stdout";
        taskId.CopyTo(_taskId);
        _taskIdLength = taskId.Length;
        _partialLength = 0;
        _skipsLine = false;
        _leftAtEnd = 0;
    }

    public void OnReady(short revents)
    {
        int read = ReadChunk();
        if (_child is not { IsReaped: true } child)
        {
            if (read == 0)
            {
                Detach();
                _table.Close(this);
            }
        }
        else
        {
            _leftAtEnd -= read;
            if (read <= 0 || _leftAtEnd <= 0)
            {
                EndTask(read == 0);
                _table.EndIfDrained(child);
            }
        }
    }

    /// <summary>Reads what is in the pipe of a process that has just been reaped; what is more than two chunks is read in the steps that follow, as far as it was there now.</summary>
    public void DrainAtEnd()
    {
        int read = ReadChunk();
        if (read > 0)
        {
            // A grandchild may go on writing: only what is there now is the process's own.
            int result = Libc.ioctl(Fd, Libc.FIONREAD, out _leftAtEnd);
            if (result < 0 || _leftAtEnd == 0)
            {
                read = ReadChunk();
            }
            else
            {
                return;
            }
        }

        EndTask(read == 0);
    }

    /// <summary>Closes the pipe of a process that nobody observes any more.</summary>
    public void Abandon()
    {
        Detach();
        _table.Close(this);
    }

    /// <summary>Forgets everything, before it goes back to the pool.</summary>
    public void Clear()
    {
        (_child, _logger, Fd) = (null, null, -1);
        (Older, Newer) = (null, null);
        if (_partial.Length > KeptCapacity)
        {
            _partial = [];
        }
    }

    /// <summary>Logs a last line that has no newline.</summary>
    public void FlushPartial()
    {
        if (_partialLength > 0)
        {
            Write(_partial.AsSpan(0, _partialLength));
            _partialLength = 0;
        }
    }

    // The task's share of the pipe is over: the end of the file was read, or somebody else holds it.
    private void EndTask(bool atEnd)
    {
        Detach();
        if (atEnd)
        {
            _table.Close(this);
        }
        else
        {
            FlushPartial();
            _table.Linger(this);
        }
    }

    private void Detach()
    {
        if (_child is not null && ReferenceEquals(_child.Output, this))
        {
            _child.Output = null;
        }
        else if (_child is not null)
        {
            _child.Errors = null;
        }

        _child = null;
    }

    /// <summary>Reads and logs one chunk; returns its length, 0 at the end, minus EAGAIN where there is nothing yet.</summary>
    private int ReadChunk()
    {
        Span<byte> chunk = _table.Chunk;
        int read = Libc.read(Fd, chunk);
        if (read > 0)
        {
            Feed(chunk[..read]);
        }

        return read is < 0 and not -Errno.EAGAIN and not -Errno.EINTR ? 0 : read;
    }

    private void Feed(ReadOnlySpan<byte> chunk)
    {
        if (_logger is null || !_logger.IsEnabled(_level))
        {
            return;
        }

        while (!chunk.IsEmpty)
        {
            int newline = chunk.IndexOf((byte)'\n');
            ReadOnlySpan<byte> piece = newline < 0 ? chunk : chunk[..newline];
            chunk = newline < 0 ? default : chunk[(newline + 1)..];
            if (_skipsLine)
            {
                _skipsLine = newline < 0;
            }
            else if (_partialLength + piece.Length > MaxLine)
            {
                WriteCut(piece);
                _skipsLine = newline < 0;
            }
            else if (newline < 0)
            {
                Keep(piece);
            }
            else if (_partialLength == 0)
            {
                Write(piece);
            }
            else
            {
                Keep(piece);
                FlushPartial();
            }
        }
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        if (_partialLength + piece.Length > _partial.Length)
        {
            Array.Resize(ref _partial, Math.Min(MaxLine, Math.Max(256, (_partialLength + piece.Length) * 2)));
        }

        piece.CopyTo(_partial.AsSpan(_partialLength));
        _partialLength += piece.Length;
    }

    private void WriteCut(ReadOnlySpan<byte> piece)
    {
        Span<byte> line = _table.CutLine;
        _partial.AsSpan(0, _partialLength).CopyTo(line);
        piece[..(MaxLine - _partialLength)].CopyTo(line[_partialLength..]);
        ReadOnlySpan<byte> mark = ChildTable.CutMark;
        mark.CopyTo(line[MaxLine..]);
        _partialLength = 0;
        Write(line[..(MaxLine + mark.Length)]);
    }

    private void Write(ReadOnlySpan<byte> line)
    {
        LogRecord record = new(_level, _logger!.Name, _message)
        {
            Kind = LogKind.Task,
            Scheduler = _scheduler,
            TaskId = _taskId.AsSpan(0, _taskIdLength),
            Stream = _stream,
            Line = line,
        };
        _logger.Write(in record);
    }
}
