using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>The kernel's inotify with failures that a test orders: add_watch that is refused, a queue that overflows.</summary>
/// <remarks>Owns: the instance.   Threads: one; the current directory of the process is used, so that only one test at a time may have one.</remarks>
public sealed class FaultyInotify : IInotify, IDisposable
{
    private readonly KernelInotify _kernel;
    private int _error;
    private int _passes;
    private int _failures;
    private int _newestWd;
    private bool _overflow;

    /// <summary>Makes an instance.</summary>
    public FaultyInotify()
    {
        _kernel = KernelInotify.TryCreate(out int error) ?? throw new InvalidOperationException("inotify_init1: " + Errno.Name(error));
    }

    /// <inheritdoc/>
    public int Fd => _kernel.Fd;

    /// <inheritdoc/>
    public int QueueLimit => _kernel.QueueLimit;

    /// <summary>Has add_watch fail: after some that succeed, so many times.</summary>
    public void FailAdds(int errno, int passes, int failures)
    {
        _error = errno;
        _passes = passes;
        _failures = failures;
    }

    /// <summary>Has the next read find that the queue overflowed: what waits in it is lost.</summary>
    public void Overflow() => _overflow = true;

    /// <inheritdoc/>
    public int AddDirectory(int dirfd, uint mask) => Refused() ? Refuse(_kernel.AddDirectory(dirfd, mask)) : Noted(_kernel.AddDirectory(dirfd, mask));

    /// <inheritdoc/>
    /// <remarks>A refusal here counts only when the directory is tried through its descriptor, which follows.</remarks>
    public int AddChild(int dirfd, ReadOnlySpan<byte> terminatedName, uint mask, bool isSame) =>
        _failures > 0 ? -_error : Noted(_kernel.AddChild(dirfd, terminatedName, mask, isSame));

    /// <inheritdoc/>
    public int AddPath(ReadOnlySpan<byte> terminatedPath, uint mask) => Refused() ? Refuse(_kernel.AddPath(terminatedPath, mask)) : Noted(_kernel.AddPath(terminatedPath, mask));

    /// <inheritdoc/>
    public int Remove(int wd) => _kernel.Remove(wd);

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        if (!_overflow)
        {
            return _kernel.Read(buffer);
        }

        _overflow = false;
        while (_kernel.Read(buffer) > 0)
        {
        }

        buffer[..16].Clear();
        BitConverter.TryWriteBytes(buffer, -1);
        BitConverter.TryWriteBytes(buffer[4..], Libc.IN_Q_OVERFLOW);
        return 16;
    }

    /// <inheritdoc/>
    public int Pending() => _kernel.Pending();

    /// <summary>Leaves the directory that was watched last, as the engine does with an instance of its own.</summary>
    public void LeaveDirectory() => _kernel.LeaveDirectory();

    /// <inheritdoc/>
    public void Dispose()
    {
        _kernel.LeaveDirectory();
        _kernel.Dispose();
    }

    private bool Refused()
    {
        if (_failures == 0)
        {
            return false;
        }

        if (_passes > 0)
        {
            _passes--;
            return false;
        }

        _failures--;
        return true;
    }

    // What is watched already needs no other watch: it may be watched once more whatever the limit is.
    private int Refuse(int wd)
    {
        if (wd >= 0 && wd <= _newestWd && _error == Errno.ENOSPC)
        {
            return wd;
        }

        _ = wd >= 0 && wd > _newestWd ? _kernel.Remove(wd) : 0;
        return -_error;
    }

    private int Noted(int wd)
    {
        _newestWd = Math.Max(_newestWd, wd);
        return wd;
    }
}
