using System;
using System.Text;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Benchmarks;

/// <summary>Regular expressions, and the search for the rule that matches.</summary>
internal static class RuleBenchmarks
{
    public static void Run(Measurement measurement)
    {
        byte[] path = Encoding.ASCII.GetBytes("/srv/data/500/incoming/report-2026-11.csv");
        Regex(measurement, "regex: ^/srv/.*\\.csv$", "^/srv/.*\\.csv$", path);
        Regex(measurement, "regex: ^/srv/data/(?P<id>\\d+)/(?P<path>.*)$", "^/srv/data/(?P<id>\\d+)/(?P<path>.*)$", path);
        Regex(measurement, "regex: .*\\.(tmp|part|swp)$, no match", ".*\\.(tmp|part|swp)$", path);
        foreach (int count in new[] { 1, 10, 100, 1000 })
        {
            Rules(measurement, $"rules: {count}, each with a directory of its own", count, "^/srv/data/{0}/(?P<path>.*)$", path);
            Rules(measurement, $"rules: {count}, each with a suffix of its own, none matches", count, "^.*\\.csv{0}$", path);
        }
    }

    private static void Regex(Measurement measurement, string title, string pattern, byte[] path)
    {
        if (!PythonRegex.TryParse(pattern, out PythonRegex? regex, out PatternError? error))
        {
            throw new InvalidOperationException(error.ToString());
        }

        MatchState state = new();
        int count = measurement.Size(200_000);
        int matched = 0;
        measurement.Time(title, count, () =>
        {
            for (int i = 0; i < count; i++)
            {
                matched += regex.IsMatch(path, state) ? 1 : 0;
            }
        });
        GC.KeepAlive(matched);
    }

    private static void Rules(Measurement measurement, string title, int count, string pattern, byte[] path)
    {
        if (!measurement.Wants(title))
        {
            return;
        }

        RuleSpec[] specs = new RuleSpec[count];
        for (int i = 0; i < count; i++)
        {
            specs[i] = new RuleSpec { Action = RuleAction.Delete, SourcePattern = pattern.Replace("{0}", (i + 501 - Math.Min(count, 501)).ToString("0", null), StringComparison.Ordinal) };
        }

        RuleSet rules = new(new SpecList<RuleSpec>(specs));
        int searches = measurement.Size(10_000);
        measurement.Time(title, searches, () =>
        {
            for (int i = 0; i < searches; i++)
            {
                rules.Find(path, out _);
            }
        });
    }
}
