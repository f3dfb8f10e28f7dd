using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Jobs.Workers;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Engine.State;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine;

/// <summary>Watched trees, schedulers and jobs, put together on one reactor.</summary>
/// <remarks>
/// <see cref="Start"/>, then <see cref="Reactor.Reactor.Run"/> (or Step by Step, in tests); <see cref="BeginShutdown"/> lets tasks run out and stops the reactor.
/// Owns: the reactor, the inotify descriptor, the children.   Threads: the one that runs the reactor.
/// </remarks>
public sealed class WatchEngine : ITimerSink, IStepHook, IDisposable
{
    private readonly Log _log;
    private readonly Logger _logger;
    private readonly KernelInotify? _kernel;
    private readonly ChildTable? _children;
    private readonly JobFactory? _jobs;
    private readonly WorkerSet? _workers;
    private readonly InotifySource _source;
    private readonly EventRouter _router;
    private readonly StateKeeper? _state;
    private readonly MountWatch? _mounts;
    private readonly LogTimer _logTimer = new();
    private readonly List<Watch> _watches = [];
    private EngineSpec _spec;

    private sealed class LogTimer : TimerEntry;

    /// <summary>Makes an engine; nothing is watched before <see cref="Start"/>.</summary>
    /// <param name="spec">What to do, checked.</param>
    /// <param name="log">Where messages go.</param>
    /// <param name="clock">The clocks; null: the kernel's.</param>
    /// <param name="inotify">The kernel's queue; null: a new instance, which is this engine's own.</param>
    /// <param name="jobs">Makes the jobs; null: real processes and files.</param>
    /// <param name="runtimeDirectory">Absolute path of a directory for what a killed run would leave behind; null: none.</param>
    /// <param name="stateFile">Keeps what is unfinished across the end of the program; empty: nothing does.</param>
    /// <remarks>Errors: InvalidOperationException where not a single descriptor is to be had; without an inotify instance everything is scanned now and then until there is one.</remarks>
    public WatchEngine(
        EngineSpec spec, Log log, IClock? clock = null, IInotify? inotify = null, IJobFactory? jobs = null, byte[]? runtimeDirectory = null, UnixPath stateFile = default)
    {
        _spec = spec;
        _log = log;
        _logger = log.GetLogger(spec.LogName);
        clock ??= new KernelClock();
        if (inotify is null)
        {
            inotify = _kernel = KernelInotify.TryCreateOrWait(out int error);
            if (inotify is null)
            {
                throw new InvalidOperationException($"cannot make an inotify instance: {Errno.Name(error)} {Errno.Text(error)}{KernelLimit.OpenFiles()}; raise the limit of open files (ulimit -n, LimitNOFILE=)");
            }
        }

        Reactor = new Reactor.Reactor(clock, this);
        if (jobs is null)
        {
            _children = new ChildTable(Reactor, _logger);
            _workers = new WorkerSet(Reactor, _children, log);
            _workers.Apply(spec);
            jobs = _jobs = new JobFactory(_children, log, Reactor.Mailbox, runtimeDirectory, _workers);
        }

        Schedulers = new SchedulerSet(spec, clock, Reactor.Wheel, log, jobs);
        _router = new EventRouter(Schedulers, log) { OwnFile = stateFile.IsEmpty ? [] : stateFile.ToArray() };
        Tree = new WatchTree(inotify, _router, clock, Reactor.Wheel, _logger);
        Schedulers.Probe = new FileProbe(Tree);
        Schedulers.Limit.Rescan = Tree;
        Tree.AlsoWanted = Schedulers.Limit.IsWanted;
        Tree.OldestTaskNs = Schedulers.OldestChangeBelow;
        _source = new InotifySource(inotify, Tree, clock, nowNs => _router.EventTimeNs = nowNs);
        _state = stateFile.IsEmpty ? null : new StateKeeper(stateFile, Schedulers, Tree, Reactor, _logger);
        Reactor.EventSource = _source;
        _mounts = MountWatch.TryCreate(Tree.OnMountsChanged);
        if (_mounts is not null)
        {
            Reactor.Add(_mounts);
        }

        Reactor.AddHook(StepPhase.Start, Schedulers);
        if (_workers is not null)
        {
            // After the starts, which give it something to send.
            Reactor.AddHook(StepPhase.Start, _workers);
        }

        Reactor.AddHook(StepPhase.Flush, this);
    }

    /// <summary>The loop.</summary>
    public Reactor.Reactor Reactor { get; }

    /// <summary>The watched trees.</summary>
    public WatchTree Tree { get; }

    /// <summary>The schedulers and their tasks.</summary>
    public SchedulerSet Schedulers { get; }

    /// <summary>Number of watches: a path of the specification with wildcards counts once for each match.</summary>
    public int WatchCount => _watches.Count;

    /// <summary>Most bytes that the kernel's queue was seen to hold.</summary>
    public int QueueHighWater => _source.HighWater;

    /// <summary>Returns which limits of the machine keep it from doing all that it should, in words: it does what it can, and the rest when it can.</summary>
    public List<string> Shortages()
    {
        List<string> texts = [];
        if (Tree.IsDegraded)
        {
            texts.Add(Tree.Shortage);
        }

        foreach (Scheduler scheduler in Schedulers.Schedulers)
        {
            if (scheduler.Shortage is { } text && !texts.Contains(text))
            {
                texts.Add(text);
            }
        }

        _workers?.AddShortages(texts);
        if (_state?.Shortage is { } state)
        {
            texts.Add(state);
        }

        return texts;
    }

    /// <summary>Sets all watches; false where one that must be there is not, which has been logged.</summary>
    public bool Start()
    {
        if (_spec.Watches.Count == 0)
        {
            _logger.Warning("no watches configured, the daemon will not do anything");
        }

        _router.EventTimeNs = Reactor.Clock.NowNs;
        Tree.LastEmptyNs = Reactor.Clock.RealtimeCoarseNs;
        _watches.AddRange(Expand(_spec));
        _state?.Restore(_watches);
        bool complete = Tree.AddWatches(_watches);
        if (complete)
        {
            _state?.CatchUp();
            _workers?.Start();
        }

        _kernel?.LeaveDirectory();
        if (complete)
        {
            _logger.Info($"ready, watching {Tree.WatchedCount} directories");
        }

        // The first step of the loop may wait for days before it ends with a flush.
        _log.Flush();
        return complete;
    }

    /// <summary>Gives a worker the process that it begins with, one that runs already; to be called before <see cref="Start"/> or <see cref="Reload"/>.</summary>
    internal void Adopt(string worker, StartedWorker process) => _workers?.Adopt(worker, process);

    /// <summary>Goes on under a new specification: watches and schedulers that are equal in both are not touched, new ones are set before old ones go.</summary>
    /// <remarks>
    /// Events that are in the queue at this moment go to the new watches: nothing is lost and nothing seen twice.
    /// Errors: none that leave it half done; a root that is absent is logged and waited for, whatever <c>on_missing</c> says.
    /// </remarks>
    public void Reload(EngineSpec spec)
    {
        // A scheduler whose worker is gone is gone or changed too, so that none looks for one in vain.
        if (!Schedulers.IsShuttingDown)
        {
            _workers?.Apply(spec);
        }

        Schedulers.Reload(spec);
        List<Watch> wanted = Expand(spec);
        List<Watch> added = [];
        List<Watch> kept = [];
        foreach (Watch watch in wanted)
        {
            int same = _watches.FindIndex(w => w.Spec.Equals(watch.Spec) && w.Root.AsSpan().SequenceEqual(watch.Root));
            if (same >= 0)
            {
                kept.Add(_watches[same]);
                _watches.RemoveAt(same);
            }
            else
            {
                added.Add(watch);
            }
        }

        _router.EventTimeNs = Reactor.Clock.NowNs;
        foreach (Watch watch in added)
        {
            Watch? before = _watches.Find(w => w.Root.AsSpan().SequenceEqual(watch.Root));
            if (before is not null)
            {
                Tree.Succeed(before, watch);
            }
        }

        _ = Tree.AddWatches(added);
        foreach (Watch gone in _watches)
        {
            Tree.RemoveWatch(gone);
        }

        Tree.CloseGaps();

        _watches.Clear();
        _watches.AddRange(kept);
        _watches.AddRange(added);
        _spec = spec;
        _state?.SetWatches(_watches);
        _kernel?.LeaveDirectory();
        _logger.Info($"ready, watching {Tree.WatchedCount} directories");
    }

    /// <summary>Lets tasks run out, within the specification's time, then workers end, and stops the reactor when none is left.</summary>
    public void BeginShutdown() => Schedulers.BeginShutdown(_spec.ShutdownTimeoutMs, StopWorkers);

    /// <summary>Ends everything at once: what runs is killed.</summary>
    public void KillAll()
    {
        Schedulers.KillAll();
        _workers?.KillAll();
    }

    /// <summary>Writes down what is not done, for the next run; to be called when the loop has ended. Does nothing without a state file.</summary>
    /// <param name="isClean">The end was orderly; else it is not worth the time to list all directories.</param>
    public void SaveState(bool isClean)
    {
        _router.EventTimeNs = Reactor.Clock.NowNs;
        _state?.Close(_source.Drain, isClean);
    }

    /// <inheritdoc/>
    void ITimerSink.OnExpired(TimerEntry entry)
    {
        if (entry is ActingTimer acting)
        {
            acting.OnExpired();
            return;
        }

        if (_state is not null && ReferenceEquals(entry, _state))
        {
            _state.OnTime();
            return;
        }

        if (!Tree.TryExpire(entry) && !ReferenceEquals(entry, _logTimer) && !Schedulers.TryExpire(entry))
        {
            _ = _workers?.TryExpire(entry);
        }
    }

    /// <inheritdoc/>
    bool IStepHook.OnStep()
    {
        _kernel?.LeaveDirectory();
        _state?.OnStep();
        _log.Flush();
        long due = _log.FlushDueNs;
        if (due != long.MaxValue)
        {
            Reactor.Wheel.Arm(_logTimer, MonotonicTime.DeadlineTick(due, 0));
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _state?.Dispose();
        _jobs?.Dispose();
        _children?.Dispose();
        Reactor.Dispose();
        _mounts?.Dispose();
        _kernel?.Dispose();
    }

    private void StopWorkers()
    {
        if (_workers is null)
        {
            Reactor.Stop();
        }
        else
        {
            _workers.Stop(Reactor.Stop);
        }
    }

    private List<Watch> Expand(EngineSpec spec)
    {
        List<Watch> watches = [];
        foreach (WatchSpec watch in spec.Watches)
        {
            List<UnixPath> roots = RootExpander.Expand(watch.Path);
            if (roots.Count == 0)
            {
                _logger.Warning($"watch path '{Paths.SurrogateEscape.Decode(watch.Path.Bytes)}' matches nothing; it is looked at again at the next reload");
            }

            foreach (UnixPath root in roots)
            {
                watches.Add(new Watch(watch, root));
            }
        }

        return watches;
    }
}
