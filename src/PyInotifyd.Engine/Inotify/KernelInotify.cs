using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>An inotify instance of the kernel.</summary>
/// <remarks>
/// A directory is watched through its descriptor: fchdir(2) to it, then the path <c>.</c>. That needs no /proc, has no limit of length, and cannot be led elsewhere by
/// someone who swaps a directory for a link between two calls. The current directory belongs to this class (nothing else in the program uses a relative path);
/// <see cref="LeaveDirectory"/> puts it back to <c>/</c>, because a current directory keeps a file system from being unmounted.
/// Owns: the descriptor.   Threads: reactor only.   Source: inotify(7), fchdir(2).
/// </remarks>
public sealed class KernelInotify : IInotify, IDisposable
{
    private bool _away;

    private KernelInotify(int fd)
    {
        Fd = fd;
    }

    /// <inheritdoc/>
    public int Fd { get; private set; }

    /// <summary>Makes an instance; the result is null and <paramref name="error"/> minus errno where the kernel refuses (EMFILE: fs.inotify.max_user_instances).</summary>
    public static KernelInotify? TryCreate(out int error)
    {
        int fd = Libc.inotify_init1(Libc.IN_CLOEXEC | Libc.IN_NONBLOCK);
        error = Math.Min(fd, 0);
        return fd < 0 ? null : new KernelInotify(fd);
    }

    /// <inheritdoc/>
    public int AddDirectory(int dirfd, uint mask)
    {
        int result = Libc.fchdir(dirfd);
        if (result < 0)
        {
            return result;
        }

        _away = true;
        return Libc.inotify_add_watch(Fd, ".\0"u8, mask | Libc.IN_ONLYDIR | Libc.IN_MASK_ADD);
    }

    /// <inheritdoc/>
    public int AddChild(int dirfd, ReadOnlySpan<byte> terminatedName, uint mask, bool isSame)
    {
        int result = isSame ? 0 : Libc.fchdir(dirfd);
        if (result < 0)
        {
            return result;
        }

        _away = true;
        return Libc.inotify_add_watch(Fd, terminatedName, mask | Libc.IN_ONLYDIR | Libc.IN_DONT_FOLLOW | Libc.IN_MASK_ADD);
    }

    /// <inheritdoc/>
    public int AddPath(ReadOnlySpan<byte> terminatedPath, uint mask) => Libc.inotify_add_watch(Fd, terminatedPath, mask);

    /// <inheritdoc/>
    public int Remove(int wd) => Libc.inotify_rm_watch(Fd, wd);

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        int result;
        do
        {
            result = Libc.read(Fd, buffer);
        }
        while (result == -Errno.EINTR);
        return result;
    }

    /// <inheritdoc/>
    public int Pending() => Libc.ioctl(Fd, Libc.FIONREAD, out int bytes) < 0 ? 0 : bytes;

    /// <summary>Goes back to the root directory if watching has led elsewhere.</summary>
    public void LeaveDirectory()
    {
        if (_away)
        {
            _away = false;
            _ = Libc.chdir("/\0"u8);
        }
    }

    /// <summary>Closes the descriptor; the kernel removes all watches.</summary>
    public void Dispose()
    {
        if (Fd >= 0)
        {
            _ = Libc.close(Fd);
            Fd = -1;
        }
    }
}
