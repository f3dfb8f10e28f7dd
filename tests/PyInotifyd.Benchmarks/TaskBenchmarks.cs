using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.TestKit;

namespace PyInotifyd.Benchmarks;

/// <summary>Tasks that wait for a delay: made, put off, cancelled.</summary>
internal static class TaskBenchmarks
{
    public static void Run(Measurement measurement)
    {
        if (!measurement.Wants("task: "))
        {
            return;
        }

        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 3_600_000));
        rig.BeQuiet();
        string[] paths = new string[measurement.Size(100_000)];
        for (int i = 0; i < paths.Length; i++)
        {
            paths[i] = $"/w/{i % 100:000}/report-{i:0000000}.csv";
        }

        void All(EventMask mask)
        {
            foreach (string path in paths)
            {
                rig.Event(mask, path);
            }
        }

        // The bytes include those of the path, which the rig makes out of a text.
        measurement.Time("task: schedule, with a path of its own", paths.Length, () => All(EventMask.Delete), () => All(EventMask.CloseWrite));
        measurement.Time("task: re-schedule among 100,000", paths.Length, () => All(EventMask.CloseWrite), () => All(EventMask.CloseWrite));
        measurement.Time("task: cancel among 100,000", paths.Length, () => All(EventMask.CloseWrite), () => All(EventMask.Delete));
    }
}
