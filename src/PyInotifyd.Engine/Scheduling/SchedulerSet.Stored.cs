using System;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Scheduling;

public sealed partial class SchedulerSet
{
    /// <summary>Failed tasks that are kept by name.</summary>
    private const int FailedLimit = 10_000;

    private byte[] _markPath = new byte[512];

    /// <summary>Tasks whose last try failed; a new event of the path takes one out.</summary>
    public StoredTasks Failed { get; } = new(FailedLimit);

    /// <summary>Tasks that a shutdown had no time for; filled only where <see cref="KeepsUnfinished"/>.</summary>
    public StoredTasks Unfinished { get; } = new(int.MaxValue);

    /// <summary>Whether somebody keeps what is unfinished across the end of the daemon: then a shutdown stores instead of dropping.</summary>
    public bool KeepsUnfinished { get; set; }

    /// <summary>Changes with everything that happens to a task.</summary>
    internal long Changes { get; set; }

    /// <summary>Brings back a task of an earlier run, with its id and what is left of its delay; false where its scheduler is gone or wants it no more.</summary>
    public bool Restore(StoredTask task) => Find(task.Scheduler) is { } scheduler && scheduler.Restore(task, Clock.NowNs);

    /// <summary>Returns the change time of a path: a scan for all that changed since then finds it. <see cref="long.MaxValue"/> where it does not exist, so that no scan can.</summary>
    internal long ChangeTimeOf(ReadOnlySpan<byte> path) => TryLook(path, out statx found) ? found.stx_ctime.Nanoseconds : long.MaxValue;

    /// <summary>Returns the inode number of a path; 0 where it does not exist.</summary>
    internal ulong InodeOf(ReadOnlySpan<byte> path) => TryLook(path, out statx found) ? found.stx_ino : 0;

    /// <summary>Finds out which file a path names, and when it changed last; false where there is none.</summary>
    internal bool TryIdentify(ReadOnlySpan<byte> path, out ulong inode, out long changedNs)
    {
        bool isThere = TryLook(path, out statx found);
        (inode, changedNs) = (found.stx_ino, found.stx_ctime.Nanoseconds);
        return isThere;
    }

    private bool TryLook(ReadOnlySpan<byte> path, out statx found)
    {
        if (path.Length >= _markPath.Length)
        {
            _markPath = new byte[path.Length * 2];
        }

        path.CopyTo(_markPath);
        _markPath[path.Length] = 0;
        int flags = Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT;
        return Libc.statx(Libc.AT_FDCWD, _markPath.AsSpan(0, path.Length + 1), flags, Libc.STATX_CTIME | Libc.STATX_INO, out found) >= 0;
    }

    /// <summary>Returns a task as it is kept.</summary>
    internal StoredTask Stored(TaskEntry task, long nowNs)
    {
        TaskEntry newest = task.Run?.Next ?? task;
        return new StoredTask
        {
            Scheduler = task.Scheduler.Spec.Name,
            Id = task.Id,
            Path = task.Path,
            SrcPath = newest.SrcPath,
            WatchPath = newest.WatchPath,
            Mask = newest.Mask,
            IsDir = newest.IsDir,
            RemainingMs = task.State is TaskState.Delayed or TaskState.RetryWait ? Math.Max(0, task.Deadline - MonotonicTime.ExpiryTick(nowNs)) : 0,
            AgeMs = Math.Max(0, (nowNs - newest.FirstNs) / MonotonicTime.NsPerTick),
            Inode = InodeOf(task.Path),
            Failures = ReferenceEquals(newest, task) ? task.Run?.Failures ?? 0 : 0,
        };
    }
}
