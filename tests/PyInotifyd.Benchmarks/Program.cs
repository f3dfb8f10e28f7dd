using System;

namespace PyInotifyd.Benchmarks;

/// <summary>Measures the parts of the engine by themselves, inside of one process: <c>scripts/bench micro [--quick] [NAME]</c>.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        bool isQuick = Array.IndexOf(args, "--quick") >= 0;
        string filter = Array.Find(args, static a => !a.StartsWith('-')) ?? "";
        Suite.Run(Console.Out, isQuick, filter);
        return 0;
    }
}
