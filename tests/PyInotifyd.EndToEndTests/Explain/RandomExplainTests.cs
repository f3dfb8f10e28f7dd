using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests.Explain;

/// <summary>What <c>explain</c> says of a path is what the daemon does when something happens to it.</summary>
public sealed class RandomExplainTests
{
    private const int Cases = 100;

    private readonly ITestOutputHelper _output;

    public RandomExplainTests(ITestOutputHelper output)
    {
        _output = output;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_configurations_do_what_explain_says(int seed)
    {
        string? given = Environment.GetEnvironmentVariable("PYINOTIFYD_SEED");
        seed += given is null ? 0 : int.Parse(given, CultureInfo.InvariantCulture);
        _output.WriteLine($"seed {seed}");
        using TempTree tree = new();
        tree.MakeDirectory("out");
        tree.MakeDirectory("end");
        Random random = new(seed);
        List<RandomCase> cases = [.. Enumerable.Range(0, Cases).Select(i => new RandomCase(random, tree, i))];
        string configuration =
            $$"""
            { "max_concurrency": 1000, "control_socket": null, "logging": { "format": "json" },
              "include": ["{{tree.Path}}/cases/*.json"],
              "schedulers": { "end": { "type": "exec", "argv": ["/bin/true", "end"] } },
              "watches": [ { "path": "{{tree.PathOf("end")}}", "event_map": { "IN_CREATE": "end" } } ] }
            """;
        tree.MakeDirectory("cases");
        List<SortedSet<string>> explained = [];
        for (int i = 0; i < Cases; i++)
        {
            tree.Write($"cases/{i}.json", cases[i].Configuration);
            explained.Add(cases[i].Explained(tree.PathOf($"cases/{i}.json")));
        }

        Assert.InRange(explained.Count(tasks => tasks.Count != 0), Cases / 4, Cases * 3 / 4);

        foreach (string kind in (string[])[": true ", ": [", ": copy '", ": move '", ": delete '", "-pending: schedule task", "-pending: scheduled task cancelled"])
        {
            int tasks = explained.Sum(each => each.Count(task => task.Contains(kind, StringComparison.Ordinal)));
            _output.WriteLine($"{tasks} times '{kind}'");
            Assert.True(tasks != 0 || given is not null, kind);
        }

        using DaemonProcess daemon = DaemonProcess.Start(configuration);
        daemon.WaitForReady();
        foreach (RandomCase each in cases)
        {
            each.Act();
        }

        // Events are handled in order: when the last one has led to its task, all others have; then every task may end.
        tree.Write("end/end");
        daemon.WaitFor("\"argv\":[\"/bin/true\",\"end\"]");
        daemon.WaitUntil(static log => Count(log, "\"schedule task\"") <= Count(log, "\"task finished\"") + Count(log, "\"task failed") + Count(log, "\"scheduled task cancelled"));
        Assert.InRange(daemon.Log().Count(line => line.Contains("scheduled task cancelled", StringComparison.Ordinal)), 1, Cases);

        Dictionary<string, SortedSet<string>> done = Done(daemon.Log());
        List<string> differences = [];
        for (int i = 0; i < Cases; i++)
        {
            string[] did = [.. done.GetValueOrDefault(tree.PathOf(cases[i].Path)) ?? []];
            if (!explained[i].SequenceEqual(did))
            {
                differences.Add($"{cases[i].Event} of {cases[i].Path}\n  {cases[i].Configuration}\n  explain {string.Join("\n          ", explained[i])}\n  daemon  {string.Join("\n          ", did)}");
            }
        }

        Assert.True(differences.Count == 0, $"seed {seed}, {differences.Count} differences\n" + string.Join('\n', differences));
    }

    private static int Count(IReadOnlyList<string> log, string text) => log.Count(line => line.Contains(text, StringComparison.Ordinal) && !line.Contains("-pending\"", StringComparison.Ordinal));

    private static Dictionary<string, SortedSet<string>> Done(string[] log)
    {
        Dictionary<string, SortedSet<string>> done = [];
        foreach (string line in log)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            string message = root.GetProperty("message").GetString()!;
            string? work = message switch
            {
                "execute shell command" => root.GetProperty("cmd").GetString(),
                "execute program" => root.GetProperty("argv").GetRawText(),
                "schedule task" or "scheduled task cancelled" when root.GetProperty("scheduler").GetString()!.EndsWith("-pending", StringComparison.Ordinal) => message,
                _ when message.StartsWith("copy '", StringComparison.Ordinal) || message.StartsWith("move '", StringComparison.Ordinal) || message.StartsWith("delete '", StringComparison.Ordinal) => message,
                _ => null,
            };
            if (work is null)
            {
                continue;
            }

            string path = root.GetProperty("pathname").GetString()!;
            if (!done.TryGetValue(path, out SortedSet<string>? tasks))
            {
                done.Add(path, tasks = new(StringComparer.Ordinal));
            }

            tasks.Add(root.GetProperty("scheduler").GetString() + ": " + work);
        }

        return done;
    }
}
