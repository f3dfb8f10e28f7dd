using System;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Waits for changes of the table of mounts.</summary>
/// <remarks>
/// Something mounted over a watched directory sends no event. The kernel flags an open /proc/self/mountinfo with POLLPRI when any mount came or went; nothing need be read for the next flag.
/// Owns: the descriptor.   Threads: reactor only.   Source: proc_pid_mountinfo(5).
/// </remarks>
internal sealed class MountWatch : IPollSource, IDisposable
{
    private readonly Action _changed;

    private MountWatch(int fd, Action changed)
    {
        Fd = fd;
        _changed = changed;
    }

    /// <inheritdoc/>
    public int Fd { get; }

    /// <inheritdoc/>
    public short Events => Libc.POLLPRI;

    /// <summary>Makes a watch that calls <paramref name="changed"/>; null where there is no /proc.</summary>
    public static MountWatch? TryCreate(Action changed)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, "/proc/self/mountinfo\0"u8, Libc.O_RDONLY | Libc.O_CLOEXEC);
        return fd < 0 ? null : new MountWatch(fd, changed);
    }

    /// <inheritdoc/>
    public void OnReady(short revents) => _changed();

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.close(Fd);
}
