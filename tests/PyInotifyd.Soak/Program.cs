using System;
using System.Globalization;

namespace PyInotifyd.Soak;

/// <summary><c>PyInotifyd.Soak SECONDS [SEED [TRACE]]</c>: random operations under the published daemon until the time is over; exit status 1 where anything differs from the truth.</summary>
/// <remarks>With TRACE the operations and the log of each phase that differs are written to that file.</remarks>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length is 0 or > 3
            || !double.TryParse(arguments[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            || !int.TryParse(arguments.Length > 1 ? arguments[1] : "1", NumberStyles.None, CultureInfo.InvariantCulture, out int seed))
        {
            Console.Error.WriteLine("usage: PyInotifyd.Soak SECONDS [SEED [TRACE]]");
            return 2;
        }

        using SoakRun run = new(seed, Console.Out, arguments.Length > 2 ? arguments[2] : null);
        int differences = run.Run(TimeSpan.FromSeconds(seconds));
        Console.WriteLine($"seed {seed}: {differences} differences");
        return differences == 0 ? 0 : 1;
    }
}
