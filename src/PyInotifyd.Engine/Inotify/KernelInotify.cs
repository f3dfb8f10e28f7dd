using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>An inotify instance of the kernel.</summary>
/// <remarks>
/// A directory is watched through its descriptor: fchdir(2) to it, then the path <c>.</c>. That needs no /proc, has no limit of length, and cannot be led elsewhere by
/// someone who swaps a directory for a link between two calls. The current directory belongs to this class (nothing else in the program uses a relative path);
/// <see cref="LeaveDirectory"/> puts it back to <c>/</c>, because a current directory keeps a file system from being unmounted.
///
/// A walk through a large tree is one call of the trees, during which nobody reads the queue, and where IN_OPEN or IN_ACCESS is asked for it causes several events in each directory and file itself:
/// a queue of 16,384 would overflow, the scan after that would make it overflow again, and so on for ever. So each hundred looks or so what waits is moved to memory, where it waits
/// in the same order, as much as <see cref="AsideLimit"/>. The last events stay with the kernel, so that the descriptor is readable as long as anything waits.
/// Where the kernel grants no instance, an eventfd(2) that never becomes readable keeps its place: nothing can be watched, and each try to do so asks for the instance once more, which then
/// takes over the number of the descriptor, so that nobody who polls it has to be told.
/// Owns: the descriptor.   Threads: reactor only.   Source: inotify(7), fchdir(2).
/// </remarks>
public sealed class KernelInotify : IInotify, IDisposable
{
    private const int AsideLimit = 64 * 1024 * 1024;
    private const int AsideChunk = 64 * 1024;
    private const int LooksPerMove = 128;

    /// <summary>Bytes that stay with the kernel: room for the longest record, and some.</summary>
    private const int StayingBytes = 4096;

    private bool _isPlaceholder;
    private bool _away;
    private int _looks;
    private byte[] _aside = [];
    private int _asideStart;
    private int _asideEnd;

    private KernelInotify(int fd)
    {
        Fd = fd;
    }

    /// <inheritdoc/>
    public int Fd { get; private set; }

    /// <inheritdoc/>
    public int QueueLimit { get; private set; }

    /// <summary>Makes an instance; the result is null and <paramref name="error"/> minus errno where the kernel refuses (EMFILE: fs.inotify.max_user_instances).</summary>
    public static KernelInotify? TryCreate(out int error)
    {
        int fd = Libc.inotify_init1(Libc.IN_CLOEXEC | Libc.IN_NONBLOCK);
        error = Math.Min(fd, 0);
        return fd < 0 ? null : new KernelInotify(fd) { QueueLimit = ReadQueueLimit() };
    }

    /// <summary>Makes an instance, or what becomes one as soon as the kernel grants it: until then watching anything fails with EMFILE or ENFILE.</summary>
    /// <remarks>The result is null, and <paramref name="error"/> minus errno, where not a single descriptor is left.</remarks>
    public static KernelInotify? TryCreateOrWait(out int error)
    {
        KernelInotify? inotify = TryCreate(out error);
        if (inotify is not null || error is not (-Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM))
        {
            return inotify;
        }

        int placeholder = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        error = Math.Min(placeholder, 0);
        return placeholder < 0 ? null : new KernelInotify(placeholder) { _isPlaceholder = true };
    }

    /// <inheritdoc/>
    public int AddDirectory(int dirfd, uint mask)
    {
        int result = HaveInstance();
        result = result < 0 ? result : Libc.fchdir(dirfd);
        if (result < 0)
        {
            return result;
        }

        _away = true;
        MakeRoom();
        return Libc.inotify_add_watch(Fd, ".\0"u8, mask | Libc.IN_ONLYDIR | Libc.IN_MASK_ADD);
    }

    /// <inheritdoc/>
    public int AddChild(int dirfd, ReadOnlySpan<byte> terminatedName, uint mask, bool isSame)
    {
        int result = HaveInstance();
        result = isSame || result < 0 ? result : Libc.fchdir(dirfd);
        if (result < 0)
        {
            return result;
        }

        _away = true;
        MakeRoom();
        return Libc.inotify_add_watch(Fd, terminatedName, mask | Libc.IN_ONLYDIR | Libc.IN_DONT_FOLLOW | Libc.IN_MASK_ADD);
    }

    /// <inheritdoc/>
    public int AddPath(ReadOnlySpan<byte> terminatedPath, uint mask)
    {
        int result = HaveInstance();
        return result < 0 ? result : Libc.inotify_add_watch(Fd, terminatedPath, mask);
    }

    /// <inheritdoc/>
    public int Remove(int wd) => Libc.inotify_rm_watch(Fd, wd);

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        if (_asideStart < _asideEnd)
        {
            return ReadAside(buffer);
        }

        int result;
        do
        {
            result = Libc.read(Fd, buffer);
        }
        while (result == -Errno.EINTR);
        return result;
    }

    /// <inheritdoc/>
    public int Pending() => _asideEnd - _asideStart + PendingInKernel();

    /// <inheritdoc/>
    public void MakeRoom()
    {
        if (++_looks % LooksPerMove != 0)
        {
            return;
        }

        int movable = PendingInKernel() - StayingBytes;
        if (movable < AsideChunk || _asideEnd - _asideStart + movable > AsideLimit)
        {
            return;
        }

        if (_aside.Length - _asideEnd < movable)
        {
            int waiting = _asideEnd - _asideStart;
            byte[] larger = new byte[Math.Max(_aside.Length * 2, waiting + movable)];
            _aside.AsSpan(_asideStart, waiting).CopyTo(larger);
            (_aside, _asideStart, _asideEnd) = (larger, 0, waiting);
        }

        int size = Libc.read(Fd, _aside.AsSpan(_asideEnd, movable));
        _asideEnd += Math.Max(size, 0);
    }

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

    /// <summary>Returns 0 where there is an instance by now, else minus errno.</summary>
    private int HaveInstance()
    {
        if (!_isPlaceholder)
        {
            return 0;
        }

        int fd = Libc.inotify_init1(Libc.IN_CLOEXEC | Libc.IN_NONBLOCK);
        if (fd < 0)
        {
            return fd;
        }

        int result = Libc.dup3(fd, Fd, Libc.O_CLOEXEC);
        _ = Libc.close(fd);
        _isPlaceholder = result < 0;
        QueueLimit = ReadQueueLimit();
        return Math.Min(result, 0);
    }

    /// <summary>Reads the limit under which an instance was just made, and which it keeps; 0: that cannot be read.</summary>
    private static int ReadQueueLimit()
    {
        long limit = KernelLimit.Read("/proc/sys/fs/inotify/max_queued_events\0"u8);
        return limit == long.MaxValue ? 0 : (int)Math.Min(limit, int.MaxValue);
    }

    private int PendingInKernel() => Libc.ioctl(Fd, Libc.FIONREAD, out int bytes) < 0 ? 0 : bytes;

    /// <summary>Takes whole records from what was moved to memory.</summary>
    private int ReadAside(Span<byte> buffer)
    {
        ReadOnlySpan<byte> waiting = _aside.AsSpan(_asideStart, _asideEnd - _asideStart);
        int size = 0;
        EventReader reader = new(waiting);
        while (reader.TryRead(out _) && reader.Position <= buffer.Length)
        {
            size = reader.Position;
        }

        waiting[..size].CopyTo(buffer);
        _asideStart += size;
        if (_asideStart == _asideEnd)
        {
            (_aside, _asideStart, _asideEnd) = ([], 0, 0);
        }

        return size;
    }
}
