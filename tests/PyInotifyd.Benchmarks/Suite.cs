using System;
using System.IO;

namespace PyInotifyd.Benchmarks;

/// <summary>All measurements.</summary>
public static class Suite
{
    /// <summary>Runs those whose name contains a text and prints a line for each.</summary>
    public static void Run(TextWriter output, bool isQuick, string filter = "")
    {
        ArgumentNullException.ThrowIfNull(output);
        Measurement measurement = new(output, isQuick, filter);
        measurement.PrintHead();
        ParseBenchmarks.Run(measurement);
        EventBenchmarks.Run(measurement);
        NodeBenchmarks.Run(measurement);
        TimerBenchmarks.Run(measurement);
        TaskBenchmarks.Run(measurement);
        RuleBenchmarks.Run(measurement);
        TreeBenchmarks.Run(measurement);
    }
}
