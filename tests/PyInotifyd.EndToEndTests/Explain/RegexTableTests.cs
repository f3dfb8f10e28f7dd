using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests.Explain;

/// <summary>CPython's own table of regular expressions, through <c>explain --json</c> of the published binary.</summary>
public sealed class RegexTableTests
{
    private readonly ITestOutputHelper _output;

    public RegexTableTests(ITestOutputHelper output)
    {
        _output = output;
    }

    [Fact]
    public void Patterns_of_cpython_match_as_in_python_or_are_refused_as_not_supported()
    {
        PythonTruth truth = PythonTruth.Ask();
        Assert.True(truth.Good.Length > 450 && truth.Paths.Length > 150, $"only {truth.Good.Length} patterns and {truth.Paths.Length} paths");
        using TempTree tree = new();
        string file = tree.PathOf("c.json");

        HashSet<int> refused = Refused(tree, file, truth.Good, out Dictionary<int, string> messages);
        Assert.All(refused, index => Assert.True(messages[index].Contains("not supported", StringComparison.Ordinal), truth.Good[index] + ": " + messages[index]));
        Assert.True(refused.Count < 10, $"{refused.Count} patterns are not supported");
        HashSet<int> bad = Refused(tree, file, truth.Bad, out _);
        Assert.Equal([], Enumerable.Range(0, truth.Bad.Length).Where(index => !bad.Contains(index)).Select(index => truth.Bad[index]));

        int[] used = [.. Enumerable.Range(0, truth.Good.Length).Where(index => !refused.Contains(index))];
        tree.Write("c.json", Configuration([.. used.Select(index => truth.Good[index])]));
        List<string> differences = [];
        int compared = 0;
        for (int i = 0; i < truth.Paths.Length; i++)
        {
            CommandResult result = CommandResult.Of(PublishedBinary.X64, ["explain", "-c", file, "--json", "--event", "IN_MODIFY", "--", truth.Paths[i]]);
            using JsonDocument document = JsonDocument.Parse(result.Output);
            JsonElement actions = document.RootElement.GetProperty("watches")[0].GetProperty("actions");
            Assert.Equal(used.Length, actions.GetArrayLength());
            Assert.Equal(truth.Paths[i], document.RootElement.GetProperty("path").GetString());
            for (int j = 0; j < used.Length; j++)
            {
                JsonElement expected = truth.Answers[i][used[j]];
                if (expected.ValueKind != JsonValueKind.String)
                {
                    compared++;
                    string wanted = Wanted(expected);
                    string found = Found(actions[j]);
                    if (wanted != found)
                    {
                        differences.Add($"{truth.Good[used[j]]} on {truth.Paths[i]}: python {wanted}, explain {found}");
                    }
                }
            }
        }

        _output.WriteLine($"{compared} compared, not supported: {string.Join(" | ", refused.Select(index => truth.Good[index]))}");
        Assert.True(differences.Count == 0, $"{differences.Count} differences\n" + string.Join('\n', differences.Take(20)));
    }

    private static HashSet<int> Refused(TempTree tree, string file, string[] patterns, out Dictionary<int, string> messages)
    {
        tree.Write("c.json", Configuration(patterns));
        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["-t", "-c", file]);
        messages = [];
        foreach (string line in result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int start = line.IndexOf("$.schedulers.s", StringComparison.Ordinal);
            int end = line.IndexOf('.', start + 14);
            if (!line.Contains(": warning: ", StringComparison.Ordinal))
            {
                messages[int.Parse(line.AsSpan(start + 14, end - start - 14))] = line;
            }
        }

        Assert.Equal(messages.Count == 0 ? 0 : 1, result.ExitStatus);
        return [.. messages.Keys];
    }

    // One scheduler with one rule for each pattern, all of them scheduled by one event of everything.
    private static string Configuration(string[] patterns)
    {
        IEnumerable<string> schedulers = patterns.Select((pattern, i) =>
            $"\"s{i}\": {{ \"type\": \"filemanager\", \"dirs\": true, \"rules\": [ {{ \"action\": \"copy\", \"src_re\": {JsonSerializer.Serialize(pattern)}, \"dst_re\": \"/d/<\\\\g<0>>\" }} ] }}");
        IEnumerable<string> names = patterns.Select((_, i) => $"\"s{i}\"");
        return $$"""
            { "schedulers": { {{string.Join(",\n", schedulers)}} },
              "watches": [ { "path": "/", "rec": true, "auto_add": true, "event_map": { "IN_MODIFY": [ {{string.Join(", ", names)}} ] } } ] }
            """;
    }

    private static string Wanted(JsonElement expected)
    {
        if (expected.ValueKind == JsonValueKind.Null)
        {
            return "no match";
        }

        IEnumerable<string> groups = expected[0].EnumerateArray().Select((value, i) => $"{i + 1}={Shown(value)}");
        IEnumerable<string> names = expected[1].EnumerateObject().Select(member => $"{member.Name}={Shown(member.Value)}");
        return string.Join(' ', groups.Concat(names)) + " -> " + expected[2].GetString();
    }

    private static string Found(JsonElement action)
    {
        if (action.GetProperty("rule").ValueKind == JsonValueKind.Null)
        {
            return "no match";
        }

        IEnumerable<string> groups = action.GetProperty("groups").EnumerateObject().Select(member => $"{member.Name}={Shown(member.Value)}");
        return string.Join(' ', groups) + " -> " + (action.TryGetProperty("destination", out JsonElement destination) ? destination.GetString() : "none");
    }

    private static string Shown(JsonElement value) => value.ValueKind == JsonValueKind.Null ? "(none)" : $"'{value.GetString()}'";
}
