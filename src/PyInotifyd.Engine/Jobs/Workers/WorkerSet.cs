using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>All workers, by name; those that a reload replaced too, until they have ended.</summary>
/// <remarks>Threads: reactor only.</remarks>
public sealed class WorkerSet : IStepHook
{
    /// <summary>Names of loggers that workers may bring; what is logged under more goes to the daemon's logger.</summary>
    private const int MaxLoggers = 1_000;

    private readonly Dictionary<string, Worker> _byName = new(StringComparer.Ordinal);
    private readonly List<Worker> _workers = [];
    private readonly List<Worker> _unflushed = [];
    private readonly Dictionary<string, Logger> _loggers = new(StringComparer.Ordinal);
    private readonly Log _log;
    private readonly Dictionary<string, StartedWorker> _started = new(StringComparer.Ordinal);
    private Action? _stopped;
    private bool _isStarted;

    /// <summary>Makes a set without workers.</summary>
    public WorkerSet(Reactor.Reactor reactor, ChildTable children, Log log)
    {
        (Reactor, Children, _log) = (reactor, children, log);
        Logger = log.GetLogger("daemon");
    }

    internal Reactor.Reactor Reactor { get; }

    internal ChildTable Children { get; }

    /// <summary>Gets where it is said what becomes of workers.</summary>
    internal Logger Logger { get; private set; }

    /// <summary>Gives the next process of a worker: one that somebody else has started. To be called before <see cref="Start"/> or <see cref="Apply"/>.</summary>
    internal void Adopt(string worker, StartedWorker process) => _started[worker] = process;

    /// <summary>Takes the process that a worker was given; null where there is none.</summary>
    internal StartedWorker? TakeStarted(string worker) => _started.Remove(worker, out StartedWorker? process) ? process : null;

    /// <summary>Takes over the workers of a specification: equal ones go on, others are started, and those that are gone or changed end when their tasks have.</summary>
    /// <remarks>Errors: none; what cannot be started is logged and tried again.</remarks>
    public void Apply(EngineSpec spec)
    {
        Logger = _log.GetLogger(spec.LogName);
        List<Worker> gone = [.. _byName.Values];
        foreach (WorkerSpec worker in spec.Workers)
        {
            if (_byName.TryGetValue(worker.Name, out Worker? known) && known.Spec.Equals(worker))
            {
                gone.Remove(known);
                continue;
            }

            Worker added = new(this, worker);
            _byName[worker.Name] = added;
            _workers.Add(added);
            if (_isStarted)
            {
                added.Start();
            }
        }

        foreach (Worker worker in gone)
        {
            if (ReferenceEquals(_byName[worker.Spec.Name], worker))
            {
                _byName.Remove(worker.Spec.Name);
            }

            worker.Retire();
        }
    }

    /// <summary>Starts the processes.</summary>
    public void Start()
    {
        _isStarted = true;
        foreach (Worker worker in _workers)
        {
            worker.Start();
        }
    }

    /// <summary>Has all workers end, and <paramref name="stopped"/> called when they have; perhaps before this method returns.</summary>
    public void Stop(Action stopped)
    {
        _stopped = stopped;
        foreach (Worker worker in (Worker[])[.. _workers])
        {
            worker.Retire();
        }

        CompleteStop();
    }

    /// <summary>Kills all workers, without waiting for their ends.</summary>
    public void KillAll()
    {
        foreach (Worker worker in _workers)
        {
            worker.Kill();
        }
    }

    /// <summary>Adds which limits of the machine keep workers from starting, in words.</summary>
    internal void AddShortages(List<string> texts)
    {
        foreach (Worker worker in _workers)
        {
            if (worker.Shortage is { } text)
            {
                texts.Add(text);
            }
        }
    }

    /// <summary>Acts on a timer that expired; false where it belongs to somebody else.</summary>
    public bool TryExpire(TimerEntry entry)
    {
        switch (entry)
        {
            case Worker worker:
                worker.TimeUp();
                return true;
            case WorkerComplaints complaints:
                complaints.Report();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Sends what the step has found to send.</summary>
    bool IStepHook.OnStep()
    {
        foreach (Worker worker in _unflushed)
        {
            worker.Flush();
        }

        _unflushed.Clear();
        return false;
    }

    internal Worker? Find(string name) => _byName.GetValueOrDefault(name);

    internal void NeedsFlush(Worker worker)
    {
        if (!_unflushed.Contains(worker))
        {
            _unflushed.Add(worker);
        }
    }

    internal void OnGone(Worker worker)
    {
        _workers.Remove(worker);
        CompleteStop();
    }

    /// <summary>Returns the logger of a name that a worker gave.</summary>
    internal Logger LoggerOf(ReadOnlySpan<byte> name)
    {
        string text = SurrogateEscape.Decode(name);
        if (_loggers.TryGetValue(text, out Logger? logger))
        {
            return logger;
        }

        if (_loggers.Count == MaxLoggers)
        {
            return Logger;
        }

        logger = _log.GetLogger(text);
        _loggers.Add(text, logger);
        return logger;
    }

    private void CompleteStop()
    {
        if (_stopped is { } stopped && _workers.Count == 0)
        {
            _stopped = null;
            stopped();
        }
    }
}
