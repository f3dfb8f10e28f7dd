using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.TestKit;

/// <summary>Schedulers with a clock that stands still and jobs that a test starts and ends: no kernel, no sleep.</summary>
/// <remarks>Paths are Latin-1 texts here, a character a byte.</remarks>
public sealed class SchedulingRig : ILogSink, IJobFactory
{
    private readonly Log _log = new();
    private readonly Dictionary<string, ScriptedJob> _jobs = [];
    private int _linesRead;

    /// <summary>Makes schedulers of these specifications and a watch on <c>/w</c> with this map.</summary>
    public SchedulingRig(SpecList<SchedulerSpec> schedulers, SpecList<ActionSpec>[] map, int maxConcurrency = 64)
    {
        Clock = new ManualClock();
        Wheel = new TimerWheel(Clock.NowNs / 1_000_000);
        _log.SetLevels(LogLevel.Debug, new Dictionary<string, LogLevel> { ["eventmap"] = LogLevel.Info });
        _log.SetSinks(this);
        Watch = NewWatch(map);
        Spec = new EngineSpec { Watches = new SpecList<WatchSpec>(Watch.Spec), Schedulers = schedulers, MaxConcurrency = maxConcurrency };
        Set = new SchedulerSet(Spec, Clock, Wheel, _log, this) { Probe = Probe };
        Router = new EventRouter(Set, _log);
    }

    /// <summary>The configuration.</summary>
    public EngineSpec Spec { get; private set; }

    /// <summary>The clock.</summary>
    public ManualClock Clock { get; }

    /// <summary>The wheel.</summary>
    public TimerWheel Wheel { get; }

    /// <summary>The schedulers.</summary>
    public SchedulerSet Set { get; }

    /// <summary>Where events go in.</summary>
    public EventRouter Router { get; }

    /// <summary>The watch that events come from.</summary>
    public Watch Watch { get; set; }

    /// <summary>What files look like.</summary>
    public ScriptedProbe Probe { get; } = new();

    /// <summary>Messages so far: level, text, mask, path, delay in milliseconds.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Ids of the tasks of <see cref="Lines"/>.</summary>
    public List<string> Ids { get; } = [];

    /// <summary>Messages since the last call.</summary>
    public string NewLines
    {
        get
        {
            string text = string.Join('\n', Lines.GetRange(_linesRead, Lines.Count - _linesRead));
            _linesRead = Lines.Count;
            return text;
        }
    }

    /// <summary>A map of nothing, to be filled by slot.</summary>
    public static SpecList<ActionSpec>[] EmptyMap()
    {
        SpecList<ActionSpec>[] map = new SpecList<ActionSpec>[EventNames.SlotCount];
        Array.Fill(map, SpecList<ActionSpec>.Empty);
        return map;
    }

    /// <summary>A map that schedules on IN_CREATE, IN_CLOSE_WRITE, IN_OPEN, IN_ATTRIB, IN_MOVED_TO, and cancels on IN_DELETE and IN_MODIFY.</summary>
    public static SpecList<ActionSpec>[] UsualMap(string scheduler = "s")
    {
        SpecList<ActionSpec>[] map = EmptyMap();
        foreach (EventMask mask in new[] { EventMask.Create, EventMask.CloseWrite, EventMask.Open, EventMask.Attrib, EventMask.MovedTo })
        {
            map[EventNames.Slot(mask)] = new SpecList<ActionSpec>(new ActionSpec(scheduler, false));
        }

        map[EventNames.Slot(EventMask.Delete)] = new SpecList<ActionSpec>(new ActionSpec(scheduler, true));
        map[EventNames.Slot(EventMask.Modify)] = new SpecList<ActionSpec>(new ActionSpec(scheduler, true));
        return map;
    }

    /// <summary>One scheduler, and the usual map to it.</summary>
    public static SchedulingRig One(SchedulerSpec spec, int maxConcurrency = 64) => new(new SpecList<SchedulerSpec>(spec), UsualMap(spec.Name), maxConcurrency);

    /// <summary>A scheduler of a name, to be varied by <c>with</c>.</summary>
    public static SchedulerSpec Scheduler(string name = "s", long delayMs = 0) =>
        new() { Name = name, Job = new ExecJobSpec(new SpecList<string>("/bin/true"), ProcessSpec.Default), DelayMs = delayMs };

    /// <summary>A watch on <c>/w</c>.</summary>
    public static Watch NewWatch(SpecList<ActionSpec>[] map)
    {
        WatchSpec spec = new() { Path = new UnixPath("/w"u8.ToArray()), EventMap = new EventMapSpec(new SpecList<SpecList<ActionSpec>>(map)) };
        return new Watch(spec, spec.Path);
    }

    /// <summary>The job of a scheduler; stays the same across reloads.</summary>
    public ScriptedJob Job(string name = "s") => _jobs[name];

    /// <summary>Counters of a scheduler.</summary>
    public Counters Counters(string name = "s") => Set.Find(name)!.Counters;

    /// <summary>Has an event come in, without a step.</summary>
    public void Event(EventMask mask, string path, string? source = null)
    {
        Router.EventTimeNs = Clock.NowNs;
        WatchEvent e = new()
        {
            Watch = Watch,
            Mask = mask,
            Wd = 1,
            PathName = Encoding.Latin1.GetBytes(path),
            SrcPathName = source is null ? default : Encoding.Latin1.GetBytes(source),
        };
        Router.OnEvent(in e);
    }

    /// <summary>Writes nothing to <see cref="Lines"/> from now on.</summary>
    public void BeQuiet() => _log.SetLevels(LogLevel.Critical, new Dictionary<string, LogLevel>());

    /// <summary>Renames a directory.</summary>
    public void Move(string from, string to) => Router.OnTreeMoved(Encoding.Latin1.GetBytes(from), Encoding.Latin1.GetBytes(to));

    /// <summary>Takes a directory away.</summary>
    public void Gone(string path) => Router.OnTreeGone(Encoding.Latin1.GetBytes(path));

    /// <summary>Lets what is due expire and what may start start, at the present time.</summary>
    public void Step()
    {
        do
        {
            Wheel.TakeDue(Clock.NowNs / 1_000_000);
            while (Wheel.TryNext(out TimerEntry? entry))
            {
                if (!Set.TryExpire(entry))
                {
                    throw new InvalidOperationException("a timer of nobody");
                }
            }
        }
        while (Set.OnStep());
    }

    /// <summary>Lets time pass, with a step at each deadline on the way.</summary>
    public void Advance(long milliseconds)
    {
        long end = Clock.NowNs + (milliseconds * 1_000_000);
        while (Wheel.NextExpiry <= end / 1_000_000)
        {
            Clock.AdvanceNs(Math.Max(0, (Wheel.NextExpiry * 1_000_000) - Clock.NowNs));
            Step();
        }

        Clock.AdvanceNs(end - Clock.NowNs);
        Step();
    }

    /// <summary>Ends the running task of a path and makes a step.</summary>
    public void End(string path, TaskOutcome outcome, string scheduler = "s")
    {
        Job(scheduler).End(path, outcome);
        Step();
    }

    /// <summary>Ends the running task of a path well and makes a step.</summary>
    public void End(string path) => End(path, TaskOutcome.Exited(0));

    /// <summary>Reloads with these schedulers.</summary>
    public void Reload(params SchedulerSpec[] schedulers)
    {
        Spec = Spec with { Schedulers = new SpecList<SchedulerSpec>(schedulers) };
        Set.Reload(Spec);
    }

    /// <inheritdoc/>
    public IJob Create(SchedulerSpec spec, ITaskEndSink ends)
    {
        if (!_jobs.TryGetValue(spec.Name, out ScriptedJob? job))
        {
            job = new ScriptedJob(ends);
            _jobs.Add(spec.Name, job);
        }

        job.SingleJob = spec.SingleJob;
        return job;
    }

    /// <inheritdoc/>
    public void Write(in LogRecord record)
    {
        StringBuilder line = new();
        line.Append(record.Level.ToString().ToUpperInvariant()).Append(' ').Append(record.Message);
        Append(line, "delay", record.DelayMs);
        Append(line, "exit_status", record.ExitStatus);
        Append(line, "signal", record.Signal == 0 ? -1 : record.Signal);
        Append(line, "duration_ms", record.DurationMs);
        if (record.Error is not null)
        {
            line.Append(", error=").Append(record.Error);
        }

        if (record.MaskName is { } mask)
        {
            line.Append(", mask=").Append(mask);
        }

        line.Append(", path=").Append(Encoding.Latin1.GetString(record.PathName));
        Lines.Add(line.ToString());
        Ids.Add(Encoding.ASCII.GetString(record.TaskId));
    }

    /// <inheritdoc/>
    public void Flush()
    {
    }

    private static void Append(StringBuilder line, string name, long value)
    {
        if (value >= 0)
        {
            line.Append(", ").Append(name).Append('=').Append(value.ToString(CultureInfo.InvariantCulture));
        }
    }
}
