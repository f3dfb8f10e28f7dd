using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.TestKit;

namespace PyInotifyd.Benchmarks;

/// <summary>Real trees and the real kernel: how long the set-up of 10,000 directories takes, and a rename of them all.</summary>
internal static class TreeBenchmarks
{
    public static void Run(Measurement measurement)
    {
        if (!measurement.Wants("scan: 10,000 directories") && !measurement.Wants("rename: 10,000 directories"))
        {
            return;
        }

        using TempTree tree = new();
        int wide = measurement.IsQuick ? 10 : 100;
        int directories = wide + (wide * wide);
        tree.MakeDirectory("outer");
        for (int i = 0; i < wide; i++)
        {
            for (int k = 0; k < wide; k++)
            {
                tree.MakeDirectory(string.Create(CultureInfo.InvariantCulture, $"outer/{i:000}/{k:000}"));
            }
        }

        WatchEngine? engine = null;
        void Stop()
        {
            engine?.Dispose();
            engine = NewEngine(tree);
        }

        void Start()
        {
            if (!engine!.Start() || engine.Tree.WatchedCount < directories)
            {
                throw new InvalidOperationException("not all directories are watched");
            }
        }

        measurement.Time("scan: 10,000 directories, each", directories, Stop, Start);
        if (engine is null)
        {
            Stop();
            Start();
        }

        bool isThere = true;
        int renames = measurement.Size(200);
        measurement.Time("rename: 10,000 directories at once, the whole of it", renames, () =>
        {
            for (int i = 0; i < renames; i++)
            {
                tree.Move(isThere ? "outer" : "other", isThere ? "other" : "outer");
                isThere = !isThere;
                while (engine!.Reactor.Step(0))
                {
                }
            }
        });
        engine!.Dispose();
    }

    private static WatchEngine NewEngine(TempTree tree)
    {
        SpecList<ActionSpec>[] map = SchedulingRig.EmptyMap();
        map[EventNames.Slot(EventMask.CloseWrite)] = new SpecList<ActionSpec>(new ActionSpec("s", false));
        WatchSpec watch = new()
        {
            Path = new UnixPath(Encoding.UTF8.GetBytes(tree.Path)),
            EventMap = new EventMapSpec(new SpecList<SpecList<ActionSpec>>(map)),
            Rec = true,
            AutoAdd = true,
        };
        Log log = new();
        log.SetLevels(LogLevel.Critical, new Dictionary<string, LogLevel>());
        return new WatchEngine(new EngineSpec { Watches = new SpecList<WatchSpec>(watch), Schedulers = new SpecList<SchedulerSpec>(SchedulingRig.Scheduler()) }, log);
    }
}
