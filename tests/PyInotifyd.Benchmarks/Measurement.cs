using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace PyInotifyd.Benchmarks;

/// <summary>Times a body: the least, the median and the most of seven repetitions, in nanoseconds an operation, and the bytes that it allocates.</summary>
/// <remarks>The least is what the code costs, the rest is what else the machine did.</remarks>
public sealed class Measurement(TextWriter output, bool isQuick, string filter)
{
    private const int Repetitions = 7;

    /// <summary>Whether everything is to be done once in a small size: that it runs at all is what counts.</summary>
    public bool IsQuick => isQuick;

    /// <summary>A size: the given one, a hundredth of it when quick.</summary>
    public int Size(int full) => isQuick ? Math.Max(1, full / 100) : full;

    /// <summary>Prints the names of the columns.</summary>
    public void PrintHead() => output.WriteLine($"{"",-66} {"least ns",10} {"median ns",10} {"most ns",10} {"bytes/op",9}");

    /// <summary>Whether a measurement of that name is wanted: its preparation may be long.</summary>
    public bool Wants(string name) => name.Contains(filter, StringComparison.OrdinalIgnoreCase);

    /// <summary>Measures a body that does so many operations.</summary>
    public void Time(string name, int operations, Action body) => Time(name, operations, static () => { }, body);

    /// <summary>Measures a body with a preparation before each repetition that is not measured.</summary>
    public void Time(string name, int operations, Action prepare, Action body)
    {
        ArgumentNullException.ThrowIfNull(prepare);
        ArgumentNullException.ThrowIfNull(body);
        if (!Wants(name))
        {
            return;
        }

        prepare();
        body();
        double[] times = new double[isQuick ? 1 : Repetitions];
        long allocated = long.MaxValue;
        for (int i = 0; i < times.Length; i++)
        {
            prepare();
            long before = GC.GetAllocatedBytesForCurrentThread();
            long started = Stopwatch.GetTimestamp();
            body();
            times[i] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / operations;
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Array.Sort(times);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-66} {times[0],10:N1} {times[times.Length / 2],10:N1} {times[^1],10:N1} {(double)allocated / operations,9:N2}"));
    }
}
