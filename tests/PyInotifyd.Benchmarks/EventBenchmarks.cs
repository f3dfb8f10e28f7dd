using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;

namespace PyInotifyd.Benchmarks;

/// <summary>From the bytes of a record to the scheduler's table, as the daemon runs it, without the kernel.</summary>
internal static class EventBenchmarks
{
    private const int Records = 1000;

    public static void Run(Measurement measurement)
    {
        One(measurement, "event: nothing is mapped to it", Libc.IN_OPEN, "file");
        One(measurement, "event: an exclude pattern takes it out", Libc.IN_CLOSE_WRITE, "file.tmp");
        One(measurement, "event: re-schedules a pending task", Libc.IN_CLOSE_WRITE, "file");
    }

    private static void One(Measurement measurement, string title, uint mask, string name)
    {
        if (!measurement.Wants(title))
        {
            return;
        }

        using TempTree tree = new();
        SpecList<ActionSpec>[] map = SchedulingRig.EmptyMap();
        map[EventNames.Slot(EventMask.CloseWrite)] = new SpecList<ActionSpec>(new ActionSpec("s", false));
        WatchSpec watch = new()
        {
            Path = new UnixPath(Encoding.UTF8.GetBytes(tree.Path)),
            EventMap = new EventMapSpec(new SpecList<SpecList<ActionSpec>>(map)),
            Rec = true,
            AutoAdd = true,
            Exclude = new SpecList<string>(".*\\.tmp$"),
        };
        EngineSpec spec = new()
        {
            Watches = new SpecList<WatchSpec>(watch),
            Schedulers = new SpecList<SchedulerSpec>(SchedulingRig.Scheduler(delayMs: 60_000)),
        };
        ScriptedInotify inotify = new();
        for (int i = 0; i < Records; i++)
        {
            inotify.Add(1, mask, 0, Encoding.UTF8.GetBytes(name));
        }

        Log log = new();
        log.SetLevels(LogLevel.Critical, new Dictionary<string, LogLevel>());
        using WatchEngine engine = new(spec, log, new ManualClock(), inotify, new Jobs());
        if (!engine.Start())
        {
            throw new InvalidOperationException("the engine does not start");
        }

        int rounds = measurement.Size(500);
        measurement.Time(title, rounds * Records, () =>
        {
            for (int i = 0; i < rounds; i++)
            {
                inotify.Rewind();
                engine.Reactor.EventSource!.Drain();
            }
        });
    }

    private sealed class Jobs : IJobFactory
    {
        public IJob Create(SchedulerSpec spec, ITaskEndSink ends) => new ScriptedJob(ends);
    }
}
