using System;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes to a descriptor that is shared with others, such as standard output or standard error, without ever waiting for who reads it.</summary>
/// <remarks>
/// Setting O_NONBLOCK on it would change it for the shell, and for every program that was started with it. So a pipe or terminal is opened anew, through /proc/self/fd, as a description
/// of our own that never blocks. Where that cannot be (no /proc, a pipe of another user) it is asked by poll(2) and then given no more than fits for certain: a pipe that poll calls writable
/// has a free page, so 4096 bytes (PIPE_BUF) do not block, unless somebody else fills the page in between, such as a task with output "inherit". A socket is sent to with MSG_DONTWAIT. A file is
/// written at once.
/// Owns: not the descriptor, but what it opened anew.   Threads: one at a time.
/// Source: pipe(7), "PIPE_BUF"; pipe_poll in fs/pipe.c; proc_pid_fd(5).
/// </remarks>
internal sealed class DescriptorWriter : IDisposable
{
    private const int PipeChunk = 4096;
    private const int TerminalChunk = 512;

    private readonly Kind _kind;
    private readonly byte _terminator;
    private int _own = -1;

    /// <summary>Makes a writer of lines that end with <paramref name="terminator"/>.</summary>
    public DescriptorWriter(int fd, byte terminator = (byte)'\n')
    {
        Fd = fd;
        _terminator = terminator;
        _kind = KindOf(fd);
        if (_kind is Kind.Pipe or Kind.Terminal)
        {
            byte[] path = Encoding.ASCII.GetBytes("/proc/self/fd/" + fd.ToString() + "\0");
            _own = Libc.openat(Libc.AT_FDCWD, path, Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        }
    }

    private enum Kind : byte
    {
        File,
        Pipe,
        Terminal,
        Socket,
    }

    /// <summary>The descriptor.</summary>
    public int Fd { get; }

    /// <summary>Whether it is a terminal.</summary>
    public bool IsTerminal => _kind == Kind.Terminal;

    /// <summary>Whether somebody reads it who may stop reading, or go away.</summary>
    public bool HasReader => _kind != Kind.File;

    /// <summary>Writes some of the bytes and returns how many: 0 or -EAGAIN where none can be written now, else minus errno.</summary>
    /// <remarks>Shape: whole lines where one fits into what can be written, so that what others write to the same pipe does not land in the middle of one.</remarks>
    public int WriteSome(ReadOnlySpan<byte> bytes)
    {
        switch (_kind)
        {
            case Kind.File:
                return Libc.write(Fd, bytes);
            case Kind.Socket:
                return Libc.send(Fd, bytes, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            case var _ when _own >= 0:
                return Libc.write(_own, Chunk(bytes));
            default:
                return Poll(0) == 0 ? 0 : Libc.write(Fd, Chunk(bytes));
        }
    }

    /// <summary>Waits until something can be written; 0 where that is not so after <paramref name="milliseconds"/>.</summary>
    public int Poll(int milliseconds)
    {
        Span<pollfd> entry = [new pollfd { fd = Fd, events = (short)Libc.POLLOUT }];
        return Libc.poll(entry, milliseconds);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_own >= 0)
        {
            _ = Libc.close(_own);
            _own = -1;
        }
    }

    private static Kind KindOf(int fd)
    {
        if (Libc.isatty(fd))
        {
            return Kind.Terminal;
        }

        if (Libc.statx(fd, "\0"u8, Libc.AT_EMPTY_PATH, Libc.STATX_TYPE, out statx status) < 0)
        {
            return Kind.Pipe;
        }

        return status.Type switch
        {
            Libc.S_IFIFO => Kind.Pipe,
            Libc.S_IFSOCK => Kind.Socket,
            _ => Kind.File,
        };
    }

    /// <summary>Returns the whole lines that fit into one write, or a piece of a line that does not fit.</summary>
    private ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> rest)
    {
        int limit = _kind == Kind.Terminal ? TerminalChunk : PipeChunk;
        if (rest.Length <= limit)
        {
            return rest;
        }

        int end = rest[..limit].LastIndexOf(_terminator);
        return end < 0 ? rest[..limit] : rest[..(end + 1)];
    }
}
