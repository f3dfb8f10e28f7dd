using System;
using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.State;

/// <summary>Keeps on disk what a later run needs to lose nothing: how far the events have been dealt with, and what has not.</summary>
/// <remarks>
/// <para>
/// The file holds a mark, the tasks that are not done, and the failed ones. After a crash whatever changed since the mark is scanned, and the tasks are there again; after an orderly end the mark is the moment of the
/// stop, and the directories that were known then are listed too, which tells those that are moved in meanwhile.
/// </para>
/// <para>
/// Up to <see cref="NamedTasks"/> tasks are written by name and the mark is the last moment when the queue was empty: a task that waits for an hour does not have an hour's changes done again. With more of them the mark
/// goes back to the oldest change time among their files, and a scan finds them all.
/// </para>
/// <para>
/// An old file is never wrong, it only has more done again. So a change is written a second after it came, with all that came in that second, and nothing is written while nothing happens. The device's slowness
/// is borne by a thread of its own, made at the start, when there is room for it: the state is worth most when the machine has none left. At the end of a run the reactor's own thread waits for it.
/// Only a file that does not name a watch is wrong, since the next run takes the watch for a new one, of which nothing old is reported: so a start waits until all are named, and a reload that brings new ones has them
/// written at once.
/// </para>
/// Threads: reactor only, but for <see cref="Write"/>.
/// </remarks>
public sealed class StateKeeper : TimerEntry, IMail, IDisposable
{
    /// <summary>Unfinished tasks that are written by name in a running daemon.</summary>
    private const int NamedTasks = 4096;

    private const long WriteAfterMs = 1000;
    private const long RetryAfterMs = 10_000;
    private const long UnsettledMs = 50;
    private const int TickWaits = 100;
    private const int LongTickMs = 25;
    private const int DirectoryMode = 0x1C0; // 0700
    private const int StackSize = 128 << 10;

    private readonly byte[] _path;
    private readonly SchedulerSet _schedulers;
    private readonly WatchTree _tree;
    private readonly Reactor.Reactor _reactor;
    private readonly Logger _log;
    private readonly List<byte[]> _content = [];
    private readonly ManualResetEventSlim _idle = new(true);
    private readonly AutoResetEvent _work = new(false);
    private Thread? _thread;
    private volatile bool _isClosed;
    private IReadOnlyList<Watch> _watches = [];
    private SavedState? _restored;
    private bool _fullScan;
    private bool _isUnnamed;
    private long _writtenChanges = -1;
    private long _snapshotChanges;
    private long _writtenOpen;
    private long _snapshotOpen;
    private volatile int _result;
    private bool _isFailing;

    /// <summary>Makes a keeper; nothing is read or written yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="schedulers">Whose tasks are kept.</param>
    /// <param name="tree">Whose progress is kept.</param>
    /// <param name="reactor">The loop, in whose mailbox the ends of writes arrive.</param>
    /// <param name="log">Where to complain.</param>
    public StateKeeper(UnixPath path, SchedulerSet schedulers, WatchTree tree, Reactor.Reactor reactor, Logger log)
    {
        _path = path.ToArray();
        _schedulers = schedulers;
        _tree = tree;
        _reactor = reactor;
        _log = log;
        schedulers.KeepsUnfinished = true;
        _thread = new Thread(Run, StackSize) { IsBackground = true, Name = "state" };
        try
        {
            _thread.Start();
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            // Not even at the start: then the reactor's thread writes.
            _thread = null;
        }
    }

    /// <summary>What keeps it from writing, in words; null: nothing does.</summary>
    public string? Shortage { get; private set; }

    private string Name => SurrogateEscape.Decode(_path);

    /// <summary>Reads what the last run left, brings its tasks back, and tells the tree which watches have a gap; the watches are added after that.</summary>
    /// <remarks>A file that cannot be believed is put aside, and everything is reported: that costs time and loses nothing.</remarks>
    public void Restore(IReadOnlyList<Watch> watches)
    {
        _watches = watches;
        MakeDirectory();
        StateRead read = StateFile.Read([.. _path, 0], out SavedState state, out int error);
        _isUnnamed = read != StateRead.Fine;
        if (read == StateRead.Missing)
        {
            return;
        }

        ClockReading now = ClockReading.Now();
        long gap = long.MinValue;
        if (read is StateRead.Bad or StateRead.Foreign)
        {
            if (error == -Errno.EISDIR)
            {
                _isUnnamed = false;
                _isFailing = true;
                Shortage = $"state_file '{Name}' is a directory: nothing is kept; name a file in it";
                _log.Error(Shortage);
                return;
            }

            string why = read == StateRead.Foreign ? "others than root and the daemon's user can have written it, or it is no regular file"
                : error < 0 ? Errno.Name(error) + " " + Errno.Text(error) : "it is damaged or of another version";
            int aside = StateFile.PutAside(_path);
            string kept = aside < 0 ? ", and it cannot be renamed (" + Errno.Name(aside) + ")" : ", it is kept as '" + Name + ".bad'";
            _log.Warning($"cannot use the state file '{Name}': {why}{kept}; everything in the watched trees is reported");
            _fullScan = true;
        }
        else
        {
            gap = GapStart.Of(state, in now, out bool isInFuture);
            if (isInFuture)
            {
                _log.Warning($"the state file '{Name}' comes from the future, the clock must have been set back; everything in the watched trees is reported");
            }

            _restored = state;
            RestoreTasks(state);
        }

        foreach (Watch watch in watches)
        {
            bool isNew = !HadWatch(state, watch.Root);
            _isUnnamed |= isNew;
            if (watch.Spec.ScanOnStart != StartScan.All && (_fullScan || !isNew))
            {
                _tree.SetStartGap(watch, gap);
                SetLost(watch, state, gap);
            }
        }

        _tree.SetKnownBefore(read == StateRead.Fine && state.IsClean && gap != long.MinValue ? state.Directories : null);
    }

    /// <summary>Scans what changed between the runs; the watches have been added.</summary>
    public void CatchUp()
    {
        if (_restored is not null || _fullScan)
        {
            _tree.CloseStartGaps();
        }

        _restored = null;
        _fullScan = false;
        if (_isUnnamed && !_isFailing && _tree.IsSettled)
        {
            _isUnnamed = false;
            TakeSnapshot();
            _result = WriteSnapshot();
            TakeResult();
        }

        NameWatches();
        OnStep();
    }

    /// <summary>Takes over the watches of a reload.</summary>
    public void SetWatches(IReadOnlyList<Watch> watches)
    {
        foreach (Watch watch in watches)
        {
            _isUnnamed |= !HasWatch(watch.Root);
        }

        _watches = watches;
        _schedulers.Changes++;
        NameWatches();
    }

    /// <summary>Sees at the end of a step whether there is something to write, and when.</summary>
    public void OnStep()
    {
        if ((_schedulers.Changes != _writtenChanges || _tree.OpenVersion != _writtenOpen) && !IsArmed && _idle.IsSet)
        {
            _reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, WriteAfterMs));
        }
    }

    /// <summary>Takes the expiry of its timer: a file is put together and handed to a thread that writes it.</summary>
    public void OnTime()
    {
        if (!_tree.IsSettled)
        {
            // A directory is between two names, and so are its tasks.
            _reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, UnsettledMs));
            return;
        }

        _isUnnamed = false;
        TakeSnapshot();
        _idle.Reset();
        if (_thread is null)
        {
            Write();
        }
        else
        {
            _work.Set();
        }
    }

    private void Run()
    {
        while (_work.WaitOne() && !_isClosed)
        {
            Write();
        }
    }

    private void Write()
    {
        _result = WriteSnapshot();
        _idle.Set();
        _reactor.Mailbox.Post(this);
    }

    /// <inheritdoc/>
    void IMail.Deliver() => TakeResult();

    /// <summary>Writes the last file of a run; the loop has ended.</summary>
    /// <param name="drain">Reads what is in the kernel's queue; called until nothing is left.</param>
    /// <param name="isClean">The end was orderly: then it is worth the time to list the directories.</param>
    public void Close(Func<bool> drain, bool isClean)
    {
        _idle.Wait();
        if (isClean)
        {
            // File systems stamp with a clock that ticks every few milliseconds, some every second or two: one tick later whatever has been dealt with is older than the mark.
            long start = _reactor.Clock.RealtimeCoarseNs;
            long next = _tree.NextStampNs(start);
            int pauseMs = next - start > 1 ? LongTickMs : 1;
            for (int i = 0; i < TickWaits && _reactor.Clock.RealtimeCoarseNs < next; i++)
            {
                _ = Libc.poll([], pauseMs);
            }

            for (int i = 0; i < TickWaits && drain(); i++)
            {
            }
        }

        _tree.SettleNow();
        int fd = StateFile.BeginWrite(_path);
        int result = fd;
        if (fd >= 0)
        {
            result = 0;
            Compose(
                new StateWriter(piece =>
                {
                    result = result < 0 ? result : StateFile.WriteAll(fd, piece);
                }),
                isClean);
            result = Finish(fd, result);
        }

        _isFailing = false;
        Complain(result);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isClosed = true;
        _work.Set();
        _thread?.Join();
        _work.Dispose();
        _idle.Dispose();
    }

    private void NameWatches()
    {
        if (_isUnnamed && _idle.IsSet && !_isFailing)
        {
            _reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, 0));
        }
    }

    private void TakeSnapshot()
    {
        _content.Clear();
        _snapshotChanges = _schedulers.Changes;
        _snapshotOpen = _tree.OpenVersion;
        Compose(new StateWriter(piece => _content.Add(piece.ToArray())), isClean: false);
    }

    private int WriteSnapshot()
    {
        int fd = StateFile.BeginWrite(_path);
        int result = fd;
        if (fd >= 0)
        {
            result = 0;
            foreach (byte[] piece in _content)
            {
                result = result < 0 ? result : StateFile.WriteAll(fd, piece);
            }

            result = Finish(fd, result);
        }

        return result;
    }

    private void TakeResult()
    {
        Complain(_result);
        if (_result >= 0)
        {
            _writtenChanges = _snapshotChanges;
            _writtenOpen = _snapshotOpen;
            NameWatches();
        }
        else if (!IsArmed)
        {
            _reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, RetryAfterMs));
        }
    }

    private int Finish(int fd, int result)
    {
        if (result >= 0)
        {
            return StateFile.EndWrite(_path, fd);
        }

        _ = Libc.close(fd);
        StateFile.RemoveNew(_path);
        return result;
    }

    /// <summary>Makes the directory of the file, one level: a path that is mistyped should not become a tree.</summary>
    private void MakeDirectory()
    {
        int slash = _path.AsSpan().LastIndexOf((byte)'/');
        if (slash <= 0)
        {
            return;
        }

        byte[] directory = [.. _path.AsSpan(0, slash), 0];
        int result = Libc.mkdirat(Libc.AT_FDCWD, directory, DirectoryMode);
        if (result >= 0)
        {
            _log.Info($"made the directory of the state file '{Name}', with mode 0700");
        }

        if (result < 0 && result != -Errno.EEXIST && Libc.statx(Libc.AT_FDCWD, directory, 0, Libc.STATX_TYPE, out _) < 0)
        {
            // Writing fails as well, for the same reason: one message is enough.
            _isFailing = true;
            Shortage = $"cannot make the directory of the state file '{Name}': {Errno.Name(result)} {Errno.Text(result)}; make it, or name another in state_file: until then nothing is kept";
            _log.Error(Shortage);
        }
    }

    private void Complain(int result)
    {
        if (result < 0 && !_isFailing)
        {
            Shortage = $"cannot write the state file '{Name}': {Errno.Name(result)} {Errno.Text(result)}; {Remedy(result)}: until then a crash loses what is not done, or has more done again";
            _log.Warning(Shortage);
        }
        else if (result >= 0 && _isFailing)
        {
            _log.Info($"the state file '{Name}' can be written again");
        }

        _isFailing = result < 0;
        Shortage = _isFailing ? Shortage : null;
    }

    private static string Remedy(int result) => result switch
    {
        -Errno.ENOSPC or -Errno.EDQUOT => "make room on its file system",
        -Errno.EROFS => "mount its file system for writing, or name another file in state_file",
        -Errno.ENOENT or -Errno.ENOTDIR => "make its directory",
        -Errno.EACCES or -Errno.EPERM => "let the daemon's user write in its directory",
        -Errno.EISDIR => "name a file in it",
        -Errno.EMFILE => "raise the limit of open files (ulimit -n, LimitNOFILE=)",
        -Errno.ENFILE => "raise the sysctl fs.file-max",
        _ => "check its file system",
    };

    private void Compose(StateWriter writer, bool isClean)
    {
        long nowNs = _reactor.Clock.NowNs;
        List<TaskEntry> tasks = _schedulers.TakeList();
        _schedulers.Table.CollectAll(tasks);
        bool byName = isClean || tasks.Count <= NamedTasks;
        long mark = Math.Min(_tree.HandledUpToNs, _schedulers.Limit.OldestNs);
        foreach (TaskEntry task in tasks)
        {
            if (!byName || task.Path.AsSpan().Contains((byte)0))
            {
                mark = Math.Min(mark, task.ChangedNs);
            }
        }

        List<WatchTree.OpenBefore> open = [];
        if (!_tree.CollectOpen(isClean ? int.MaxValue : NamedTasks, (path, inode) => open.Add(new WatchTree.OpenBefore(path, inode)), out long openSinceNs))
        {
            mark = Math.Min(mark, openSinceNs);
        }

        StateFile.WriteHead(writer, ClockReading.Now(), mark, isClean);
        foreach (Watch watch in _watches)
        {
            StateFile.WriteWatch(writer, watch.Root);
            WatchTree.CollectLost(watch, (key, sinceNs) => StateFile.WriteLost(writer, watch.Root, key, sinceNs));
        }

        foreach (TaskEntry task in tasks)
        {
            if (byName && !task.Path.AsSpan().Contains((byte)0))
            {
                StateFile.WriteTask(writer, _schedulers.Stored(task, nowNs), isFailed: false);
            }
        }

        _schedulers.GiveBack(tasks);
        foreach (WatchTree.OpenBefore file in open)
        {
            StateFile.WriteOpen(writer, file.Path, file.Inode);
        }

        foreach (StoredTask task in _schedulers.Unfinished.All)
        {
            StateFile.WriteTask(writer, task, isFailed: false);
        }

        foreach (StoredTask task in _schedulers.Failed.All)
        {
            StateFile.WriteTask(writer, task, isFailed: true);
        }

        if (isClean)
        {
            _tree.CollectDirectoryKeys(key => StateFile.WriteDirectory(writer, key));
        }

        writer.End();
    }

    private void RestoreTasks(SavedState state)
    {
        int gone = 0;
        int homeless = 0;
        HashSet<ulong> moved = [];
        foreach (List<StoredTask> list in (List<StoredTask>[])[state.Tasks, state.Failed])
        {
            foreach (StoredTask task in list)
            {
                if ((task.Mask & EventMask.PathGone) == 0 && _schedulers.ChangeTimeOf(task.Path) == long.MaxValue)
                {
                    gone++;
                    if (task.Inode != 0)
                    {
                        moved.Add(task.Inode);
                    }
                }
                else if (!HasWatch(task.WatchPath) || !_schedulers.Restore(task))
                {
                    homeless++;
                }
            }
        }

        foreach (WatchTree.OpenBefore file in state.Open)
        {
            if (file.Inode != 0 && _schedulers.InodeOf(file.Path) != file.Inode)
            {
                moved.Add(file.Inode);
            }
        }

        _tree.SetOpenBefore(state.Open);
        _tree.SetWanted(moved);
        if (gone > 0)
        {
            _log.Info($"{gone} tasks of the last run are dropped, their files are no longer where they were");
        }

        if (homeless > 0)
        {
            _log.Warning($"{homeless} tasks of the last run are dropped, their watch or scheduler is no longer configured");
        }
    }

    // What the clock was set back by since, the mark was too.
    private static void SetLost(Watch watch, SavedState state, long gapNs)
    {
        foreach ((byte[] root, ulong key, long sinceNs) in state.Lost)
        {
            if (root.AsSpan().SequenceEqual(watch.Root))
            {
                WatchTree.SetLostBefore(watch, key, gapNs == long.MinValue || sinceNs == long.MinValue ? long.MinValue : sinceNs - (state.MarkNs - gapNs));
            }
        }
    }

    private bool HasWatch(byte[] root)
    {
        foreach (Watch watch in _watches)
        {
            if (watch.Root.AsSpan().SequenceEqual(root))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HadWatch(SavedState state, byte[] root)
    {
        foreach (byte[] other in state.Watches)
        {
            if (root.AsSpan().SequenceEqual(other))
            {
                return true;
            }
        }

        return false;
    }
}
