using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>All schedulers of the daemon, what they share, and the places in which tasks run.</summary>
/// <remarks>
/// <para>
/// A step of the reactor touches it in this order: events come in through <see cref="EventRouter"/>, ends through <see cref="TaskEnded"/>, timers through <see cref="TryExpire"/>; then <see cref="OnStep"/> starts what may
/// start. So a task that is due and cancelled in the same step never starts.
/// </para>
/// <para>
/// Starts go by the order in which tasks became due, over all schedulers that have a free place; a scheduler that has none does not hold up the others.
/// </para>
/// Threads: reactor only.
/// </remarks>
public sealed partial class SchedulerSet : ITaskEndSink, IStepHook
{
    /// <summary>Starts in one step, so that events are read in between.</summary>
    private const int StartsPerStep = 64;

    /// <summary>Entries kept for the next tasks.</summary>
    internal const int PoolSize = 4096;

    private readonly IJobFactory _jobs;
    private readonly Dictionary<string, Scheduler> _byName = new(StringComparer.Ordinal);
    private readonly List<Scheduler> _schedulers = [];
    private readonly Stack<TaskEntry> _taskPool = new();
    private readonly Stack<TaskRun> _runPool = new();
    private readonly Stack<List<TaskEntry>> _lists = new();
    private readonly MemoryTimer _memory = new();
    private readonly ulong _idSeed;
    private int _maxConcurrency;
    private ulong _ids;
    private ulong _arrivals;

    /// <summary>Makes the schedulers of a specification.</summary>
    /// <param name="spec">What the user configured.</param>
    /// <param name="clock">Clock of the deadlines.</param>
    /// <param name="wheel">Wheel of the deadlines; what it hands out is given to <see cref="TryExpire"/>.</param>
    /// <param name="log">Where messages go.</param>
    /// <param name="jobs">Makes what the tasks do.</param>
    public SchedulerSet(EngineSpec spec, IClock clock, TimerWheel wheel, Log log, IJobFactory jobs)
    {
        Clock = clock;
        Wheel = wheel;
        Log = log;
        _jobs = jobs;
        Span<byte> secret = stackalloc byte[16];
        if (Libc.getrandom(secret, Libc.GRND_NONBLOCK) != secret.Length)
        {
            // Only in the first moments of a boot: what nobody can know exactly has to do.
            BinaryPrimitives.WriteInt64LittleEndian(secret, clock.NowNs * 0x5851F42D4C957F2D);
            BinaryPrimitives.WriteInt64LittleEndian(secret[8..], clock.NowNs ^ (clock.RealtimeCoarseNs << 20));
        }

        Table = new TaskTable(new PathHash(BinaryPrimitives.ReadUInt64LittleEndian(secret)));
        _idSeed = BinaryPrimitives.ReadUInt64LittleEndian(secret[8..]);
        _maxConcurrency = spec.MaxConcurrency;
        LogName = spec.LogName;
        Limit = new PendingLimit(this, spec.MaxPending);
        foreach (SchedulerSpec scheduler in spec.Schedulers)
        {
            Add(new Scheduler(this, scheduler, jobs.Create(scheduler, this)));
        }
    }

    /// <summary>Looks at files for <c>wait_stable</c>; null: tasks do not settle.</summary>
    public IFileProbe? Probe { get; set; }

    /// <summary>The schedulers, those that were removed and still run a task included.</summary>
    public IReadOnlyList<Scheduler> Schedulers => _schedulers;

    /// <summary>Number of tasks, pending and running.</summary>
    public int TaskCount => Table.Count;

    /// <summary>Number of tasks that run.</summary>
    public int RunningCount { get; internal set; }

    /// <summary>Number of runs; a batch of many tasks is one.</summary>
    internal int RunCount { get; set; }

    /// <summary>Number of the configuration; changes with every <see cref="Reload"/>.</summary>
    internal int Generation { get; private set; }

    internal IClock Clock { get; }

    internal TimerWheel Wheel { get; }

    internal Log Log { get; }

    internal TaskTable Table { get; }

    /// <summary>Name of the logger for what concerns no single scheduler.</summary>
    internal string LogName { get; private set; }

    /// <summary>Keeps the number of tasks within bounds.</summary>
    internal PendingLimit Limit { get; }

    /// <summary>Returns the scheduler of a name, or null where none is configured.</summary>
    public Scheduler? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Acts on a timer that expired; false where it belongs to somebody else.</summary>
    public bool TryExpire(TimerEntry entry)
    {
        switch (entry)
        {
            case TaskEntry task:
                task.Scheduler.TimeUp(task);
                return true;
            case StartBackoff:
                // Starts are tried at the end of the step.
                return true;
            case MemoryTimer memory:
                memory.OnExpired(Table.Count);
                return true;
            case BatchWait wait:
                wait.Scheduler.ArmBatchWait();
                return true;
            default:
                return TryExpireShutdown(entry);
        }
    }

    /// <inheritdoc/>
    public void TaskEnded(TaskEntry task, TaskOutcome outcome)
    {
        Scheduler scheduler = task.Scheduler;
        scheduler.Ended(task, outcome);
        if (scheduler.IsRetired && scheduler.TaskCount == 0)
        {
            _schedulers.Remove(scheduler);
        }
    }

    /// <summary>Starts what may start, and says whether there is more that can be started at once.</summary>
    public bool OnStep()
    {
        bool left = true;
        for (int i = 0; i < StartsPerStep && left; i++)
        {
            Scheduler? first = FirstInLine();
            left = first is not null;
            first?.StartFirst();
        }

        if (IsShuttingDown)
        {
            ExpelInVain();
        }

        Limit.OnStep();
        _memory.OnStep(Table.Count, Wheel, Clock);
        CompleteShutdownIfDone();
        return left && FirstInLine() is not null;
    }

    /// <summary>Takes tasks along with a directory that was renamed.</summary>
    internal void MoveTree(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        Failed.MoveTree(from, to);
        Unfinished.MoveTree(from, to);
        List<TaskEntry> moved = TakeList();
        Table.CollectTree(from, moved);
        for (int i = moved.Count - 1; i >= 0; i--)
        {
            // What says that the old name has gone is about the old name; so is what a file brought that has got the name since, the other half of an exchange.
            if (moved[i].Path.Length == from.Length && (!moved[i].IsDir || (moved[i].Mask & EventMask.PathGone) != 0))
            {
                moved[i] = moved[^1];
                moved.RemoveAt(moved.Count - 1);
            }
            else
            {
                Table.Remove(moved[i]);
            }
        }

        foreach (TaskEntry task in moved)
        {
            byte[] old = task.Path;
            task.Path = Joined(to, old.AsSpan(from.Length));
            if (task.Run?.Next is { } next && next.Path.AsSpan().StartsWith(old))
            {
                next.Path = task.Path;
            }
        }

        foreach (TaskEntry task in moved)
        {
            task.Scheduler.Arrive(task);
        }

        GiveBack(moved);
    }

    /// <summary>Drops the tasks of a directory that is gone, its own included.</summary>
    internal void DropTree(ReadOnlySpan<byte> path)
    {
        List<TaskEntry> found = TakeList();
        Table.CollectTree(path, found);
        foreach (TaskEntry task in found)
        {
            // A file that has got the name since is not the directory that is gone.
            if (task.IsDir || task.Path.Length != path.Length)
            {
                task.Scheduler.Gone(task);
            }
        }

        GiveBack(found);
        int parked = path.IndexOf((byte)0);
        if (parked >= 0)
        {
            // What stays (a task that runs, and may have tries left; one that tells of a deletion) has its name back: nobody will ask for the parking place again.
            int rest = path[parked..].IndexOf((byte)'/');
            MoveTree(path, rest < 0 ? path[..parked] : [.. path[..parked], .. path[(parked + rest)..]]);
        }
    }

    /// <summary>Returns the change time of the oldest file below a directory whose task has not finished; <see cref="long.MaxValue"/>: there is none.</summary>
    /// <remarks>Known only where there is a state file: else nobody asked for change times.</remarks>
    internal long OldestChangeBelow(byte[] path)
    {
        long oldest = long.MaxValue;
        List<TaskEntry> found = TakeList();
        Table.CollectTree(path, found);
        foreach (TaskEntry task in found)
        {
            oldest = KeepsUnfinished ? Math.Min(oldest, task.ChangedNs) : oldest;
        }

        GiveBack(found);
        return oldest;
    }

    /// <summary>Drops the tasks below a directory (its own included) whose paths are no longer there.</summary>
    internal void DropVanished(ReadOnlySpan<byte> root)
    {
        List<TaskEntry> found = TakeList();
        Table.CollectTree(root, found);
        byte[] path = new byte[512];
        foreach (TaskEntry task in found)
        {
            if (path.Length <= task.Path.Length)
            {
                path = new byte[task.Path.Length * 2];
            }

            task.Path.CopyTo(path, 0);
            path[task.Path.Length] = 0;
            int result = Libc.statx(Libc.AT_FDCWD, path.AsSpan(0, task.Path.Length + 1), Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_TYPE, out _);
            if (result is -Errno.ENOENT or -Errno.ENOTDIR)
            {
                task.Scheduler.Gone(task);
            }
        }

        GiveBack(found);
    }

    internal TaskEntry NewTask(Scheduler scheduler)
    {
        if (!_taskPool.TryPop(out TaskEntry? task))
        {
            task = new TaskEntry();
        }

        task.Scheduler = scheduler;
        task.Id = NextId();
        return task;
    }

    internal void Release(TaskEntry task)
    {
        if (task.Run is not null)
        {
            ReleaseRun(task);
        }

        task.Path = [];
        task.SrcPath = null;
        task.Reruns = 0;
        if (_taskPool.Count < PoolSize)
        {
            _taskPool.Push(task);
        }
    }

    /// <summary>Returns what a task needs from its start on, made if it has none.</summary>
    internal TaskRun RunOf(TaskEntry task)
    {
        if (task.Run is null)
        {
            if (!_runPool.TryPop(out TaskRun? run))
            {
                run = new TaskRun();
            }

            task.Run = run;
        }

        return task.Run;
    }

    internal void ReleaseRun(TaskEntry task)
    {
        TaskRun run = task.Run!;
        task.Run = null;
        run.Job = null;
        run.JobState = null;
        run.Next = null;
        run.First = null;
        run.Members = null;
        run.IsRestartWanted = false;
        run.Failures = 0;
        run.Deaths = 0;
        run.Stop = StopReason.None;
        run.Killed = false;
        run.StartLogged = false;
        if (_runPool.Count < PoolSize)
        {
            _runPool.Push(run);
        }
    }

    /// <summary>Lends an empty list; several may be out at once, since what is done with the tasks of one may need another.</summary>
    internal List<TaskEntry> TakeList() => _lists.TryPop(out List<TaskEntry>? list) ? list : [];

    internal void GiveBack(List<TaskEntry> list)
    {
        list.Clear();
        if (list.Capacity > PoolSize)
        {
            list.Capacity = 0;
        }

        _lists.Push(list);
    }

    private void Add(Scheduler scheduler)
    {
        _byName.Add(scheduler.Spec.Name, scheduler);
        _schedulers.Add(scheduler);
    }

    private Scheduler? FirstInLine()
    {
        if (RunCount >= _maxConcurrency)
        {
            return null;
        }

        Scheduler? first = null;
        foreach (Scheduler scheduler in _schedulers)
        {
            if (scheduler.CanStart && (first is null || scheduler.Waiting.IsBefore(first.Waiting)))
            {
                first = scheduler;
            }
        }

        return first;
    }

    /// <summary>Returns the number of the next task that waits for a place.</summary>
    internal ulong NextArrival() => _arrivals++;

    internal ulong NextId()
    {
        // SplitMix64: one to one, so ids of one run never meet; from a random start, so those of two runs hardly ever do.
        ulong id = _idSeed + (++_ids * 0x9E3779B97F4A7C15);
        id = (id ^ (id >> 30)) * 0xBF58476D1CE4E5B9;
        id = (id ^ (id >> 27)) * 0x94D049BB133111EB;
        return id ^ (id >> 31);
    }

    private static byte[] Joined(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        byte[] path = new byte[head.Length + tail.Length];
        head.CopyTo(path);
        tail.CopyTo(path.AsSpan(head.Length));
        return path;
    }
}
