using System;
using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>The whole engine on the kernel's inotify, with a clock that stands still and jobs that end when the script says so.</summary>
internal sealed class ScenarioEngine : IJobFactory, IDisposable
{
    private readonly Dictionary<string, ScriptedJob> _jobs = [];
    private readonly Dictionary<string, int> _stopsSeen = [];
    private readonly List<DeferredJob> _deferred = [];
    private readonly Log _log = new();
    private static readonly KernelClock s_kernelClock = new();
    private static readonly TimeSpan s_fileDeadline = TimeSpan.FromSeconds(60);

    private readonly ManualClock _clock;
    private WatchEngine? _engine;
    private ChildTable? _children;
    private JobFactory? _files;
    private bool _endSeen;

    public ScenarioEngine(string root)
    {
        _clock = new ManualClock();
        Recorder = new ScenarioRecorder(root, _clock);
        _log.SetLevels(LogLevel.Debug, new Dictionary<string, LogLevel>());
        _log.SetSinks(Recorder);
    }

    /// <summary>What it said.</summary>
    public ScenarioRecorder Recorder { get; }

    /// <summary>The kernel's queue.</summary>
    public FaultyInotify Inotify { get; } = new();

    /// <summary>Whether tasks end well as soon as they have been started.</summary>
    public bool TasksEndByThemselves { get; set; } = true;

    /// <summary>Starts, or reloads.</summary>
    public void Configure(EngineSpec spec)
    {
        _clock.SetRealtime(s_kernelClock.RealtimeCoarseNs);
        if (_engine is null)
        {
            _engine = new WatchEngine(spec, _log, _clock, Inotify, this);
            _deferred.ForEach(job => job.Make(Files));
            if (!_engine.Start())
            {
                Recorder.Log.Add("the start failed");
            }
        }
        else
        {
            _engine.Reload(spec);
        }
    }

    /// <summary>Begins a shutdown.</summary>
    public void Shutdown() => Started().BeginShutdown();

    /// <summary>Makes steps until nothing happens any more.</summary>
    public void Settle()
    {
        if (_engine is null)
        {
            return;
        }

        do
        {
            do
            {
                // Marks are compared with change times, which the kernel sets.
                _clock.SetRealtime(s_kernelClock.RealtimeCoarseNs);
                ShowStops();
            }
            while (AwaitFiles() | _engine.Reactor.Step(0));

            ShowStops();
            Inotify.LeaveDirectory();
        }
        while (TasksEndByThemselves && EndRunning());

        if (_engine.Reactor.IsStopped && !_endSeen)
        {
            _endSeen = true;
            Recorder.AddTaskRow("shutdown complete");
        }
    }

    /// <summary>Lets time pass, with steps at each deadline on the way.</summary>
    public void Advance(long milliseconds)
    {
        Reactor reactor = Started().Reactor;
        long end = _clock.NowNs + (milliseconds * 1_000_000);
        while (reactor.Wheel.NextExpiry <= end / 1_000_000)
        {
            _clock.AdvanceNs(Math.Max(0, (reactor.Wheel.NextExpiry * 1_000_000) - _clock.NowNs));
            Settle();
        }

        _clock.AdvanceNs(end - _clock.NowNs);
        Settle();
    }

    /// <summary>Ends the running task of a path.</summary>
    public void EndTask(byte[] path, TaskOutcome outcome)
    {
        foreach (ScriptedJob job in _jobs.Values)
        {
            foreach (TaskEntry task in job.Running)
            {
                if (task.Path.AsSpan().SequenceEqual(path))
                {
                    // As a child's exit: seen after the events that are in the queue by then.
                    Started().Reactor.Mailbox.Post(() => job.End(task, outcome));
                    return;
                }
            }
        }

        throw new ScenarioException("end-task: nothing runs for " + Recorder.Shown(path));
    }

    /// <inheritdoc/>
    public IJob Create(SchedulerSpec spec, ITaskEndSink ends)
    {
        if (spec.Job is FileManagerJobSpec)
        {
            DeferredJob deferred = new(spec, ends);
            _deferred.Add(deferred);
            if (_engine is not null)
            {
                deferred.Make(Files);
            }

            return deferred;
        }

        if (!_jobs.TryGetValue(spec.Name, out ScriptedJob? job))
        {
            _jobs.Add(spec.Name, job = new ScriptedJob(ends));
        }

        job.SingleJob = spec.SingleJob;
        return job;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _files?.Dispose();
        _children?.Dispose();
        _engine?.Dispose();
        Inotify.Dispose();
    }

    private WatchEngine Started() => _engine ?? throw new ScenarioException("nothing has been started");

    /// <summary>The file managers, which are real ones.</summary>
    private JobFactory Files => _files ??= new JobFactory(_children ??= new ChildTable(Started().Reactor, _log.GetLogger("daemon")), _log, Started().Reactor.Mailbox);

    /// <summary>Waits until a running action of a file manager has reported its end, which the next step sees after the events that it caused; false where none runs.</summary>
    private bool AwaitFiles()
    {
        int scripted = 0;
        foreach (ScriptedJob job in _jobs.Values)
        {
            scripted += job.RunningTaskCount;
        }

        if (Started().Schedulers.RunningCount <= scripted)
        {
            return false;
        }

        Mailbox mailbox = Started().Reactor.Mailbox;
        return SpinWait.SpinUntil(() => mailbox.HasMail, s_fileDeadline) ? true : throw new ScenarioException("an action of a file manager did not end in time");
    }

    private bool EndRunning()
    {
        bool any = false;
        foreach (ScriptedJob job in _jobs.Values)
        {
            foreach (TaskEntry task in job.Running)
            {
                Started().Reactor.Mailbox.Post(() => job.End(task, TaskOutcome.Success));
                any = true;
            }
        }

        return any;
    }

    private void ShowStops()
    {
        foreach ((string name, ScriptedJob job) in _jobs)
        {
            int seen = _stopsSeen.GetValueOrDefault(name);
            for (; seen < job.Stops.Count; seen++)
            {
                string[] stop = job.Stops[seen].Split(' ', 2);
                Recorder.AddTaskRow($"stop {name} {stop[0]} {Recorder.Shown(Words.Bytes(stop[1]))}");
            }

            _stopsSeen[name] = seen;
        }
    }
}
