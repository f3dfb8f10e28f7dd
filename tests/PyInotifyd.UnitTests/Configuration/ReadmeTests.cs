using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>The tables of keys in the README against the table of keys that the program has: every key, its default, and an example that is valid.</summary>
public sealed partial class ReadmeTests
{
    // What is named by examples, beside the key that is tried.
    private const string Named =
        """
        "workers": { "jobs": { "command": ["/bin/cat"] } },
        "schedulers": {
          "tell": { "type": "exec", "argv": ["/bin/true"] }, "move": { "type": "exec", "argv": ["/bin/true"] }, SCHEDULER },
        "event_maps": { "new": { "IN_CREATE": "tell" }, MAP },
        "watches": [ WATCH ]
        """;

    private static readonly Lazy<List<(string Heading, string[] Cells)>> s_rows = new(ReadRows);

    // A heading, the keys that its table must have, and a configuration in which KEY stands for a key and its example.
    private static (string Heading, ConfigKey[] Keys, string Template)[] Sections =>
    [
        ("Top level", Of(KeyTable.Root), "{ KEY, NAMED }"),
        ("Schedulers", Of(KeyTable.Shell, KeyTable.Exec, KeyTable.FileManager, KeyTable.Task), "{ NAMED(\"s\": { KEY, TYPE }) }"),
        ("Batches", Of(KeyTable.Batch), "{ NAMED(\"s\": { \"type\": \"exec\", \"argv\": [\"/bin/true\"], \"batch\": { KEY } }) }"),
        ("filemanager", Of(KeyTable.Rule), "{ NAMED(\"s\": { \"type\": \"filemanager\", \"rules\": [ { KEY, RULE } ] }) }"),
        ("task and workers", [KeyTable.Worker.Find("command")!], "{ \"workers\": { \"w\": { KEY } }, \"watches\": [] }"),
        ("Process options (shell, exec, workers)", Of(KeyTable.Worker), "{ NAMED(\"s\": { \"type\": \"exec\", \"argv\": [\"/bin/true\"], KEY }) }"),
        ("Event maps", Of(KeyTable.EventMap), "{ NAMED(map \"m\": { KEY }) }"),
        ("Watches", Of(KeyTable.Watch), "{ NAMED(watch { KEY, WATCHED }) }"),
        ("Logging", Of(KeyTable.Logging), "{ \"logging\": { KEY }, \"watches\": [] }"),
        ("Syslog", Of(KeyTable.Syslog), "{ \"logging\": { \"syslog\": [ { KEY } ] }, \"watches\": [] }"),
    ];

    [Fact]
    public void Every_key_has_a_row_and_every_row_a_key()
    {
        List<string> missing = [];
        List<string> left = [.. s_rows.Value.Select(row => row.Heading + ": " + row.Cells[0])];
        foreach ((string heading, ConfigKey[] keys, _) in Sections)
        {
            foreach (ConfigKey key in keys)
            {
                if (Row(heading, key) is { } row)
                {
                    left.Remove(heading + ": " + row[0]);
                }
                else if (!IsElsewhere(heading, key))
                {
                    missing.Add(heading + ": " + key.Name);
                }
            }
        }

        Assert.Empty(missing);
        Assert.Empty(left);
    }

    [Fact]
    public void Defaults_are_those_of_the_program()
    {
        List<string> wrong = [];
        foreach ((string heading, ConfigKey[] keys, _) in Sections)
        {
            foreach (ConfigKey key in keys)
            {
                string? expected = key switch
                {
                    { Required: true } => "required",
                    { HasDefault: false } => null,
                    { Type: ConfigType.Boolean } => key.DefaultNumber != 0 ? "true" : "false",
                    { Type: ConfigType.Duration } => (key.DefaultNumber / 1000).ToString(CultureInfo.InvariantCulture),
                    { Type: ConfigType.Integer } => key.DefaultNumber.ToString(CultureInfo.InvariantCulture),
                    { Type: ConfigType.Choice } => "`\"" + key.Choices[(int)key.DefaultNumber].Name + "\"`",
                    { Type: ConfigType.Mode } => "`\"" + Convert.ToString(key.DefaultNumber, 8).PadLeft(3, '0') + "\"`",
                    _ => "\"" + key.DefaultText + "\"",
                };
                if (expected is not null && Row(heading, key) is { } row && !Regex.IsMatch(row[1], "(^|[ ,;`\"])" + Regex.Escape(expected.Trim('`')) + "( s|`|$)"))
                {
                    wrong.Add($"{heading}: {key.Name}: '{row[1]}' and not {expected}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Examples_are_valid()
    {
        List<string> wrong = [];
        foreach ((string heading, ConfigKey[] keys, string template) in Sections)
        {
            foreach (ConfigKey key in keys)
            {
                if (Row(heading, key) is not { } row)
                {
                    continue;
                }

                string example = row[2].Trim('`').Replace("\\|", "|", StringComparison.Ordinal);
                string member = "\"" + key.Name + "\": " + example;
                string text = Configuration(template, heading, key.Name, member);
                Assert.Contains(member, text, StringComparison.Ordinal);
                wrong.AddRange(ConfigText.Errors(text).Select(error => $"{heading}: {key.Name}: {error}\n{text}"));
            }
        }

        Assert.Empty(wrong);
    }

    private static string Configuration(string template, string heading, string key, string member)
    {
        Match named = NamedPart().Match(template);
        string inner = named.Groups[2].Value;
        string text = Named.Replace("SCHEDULER", named.Groups[1].Length == 0 && inner.Length != 0 ? inner : "\"spare\": { \"type\": \"exec\", \"argv\": [\"/bin/true\"] }", StringComparison.Ordinal)
            .Replace("MAP", named.Groups[1].Value == "map" ? inner : "\"spare\": {}", StringComparison.Ordinal)
            .Replace("WATCH ]", (named.Groups[1].Value == "watch" ? inner : "") + " ]", StringComparison.Ordinal);
        if (heading == "Top level")
        {
            // What the key itself is, is not there twice; what it names is.
            string[] others = [.. Members().Matches(text).Select(match => match.Value.Trim().TrimEnd(',')).Where(other => !other.StartsWith("\"" + key + "\"", StringComparison.Ordinal))];
            return "{ " + string.Join(",\n", (string[])[member, .. key is "event_maps" or "watches" or "schedulers" or "workers" ? others.Where(other => !other.StartsWith("\"watches\"", StringComparison.Ordinal)) : others]) + " }";
        }

        string type = key switch
        {
            "type" => "\"argv\": [\"/bin/true\"]",
            "cmd" => "\"type\": \"shell\"",
            "argv" => "\"type\": \"exec\"",
            "rules" => "\"type\": \"filemanager\"",
            "worker" => "\"type\": \"task\", \"job\": \"j\"",
            "job" => "\"type\": \"task\", \"worker\": \"jobs\"",
            _ => "\"type\": \"exec\", \"argv\": [\"/bin/true\"]",
        };
        string[] rule = [.. new[] { "\"action\": \"copy\"", "\"src_re\": \"/(?P<name>.*)\"", "\"dst_re\": \"/b\"" }.Where(part => !part.StartsWith("\"" + key + "\"", StringComparison.Ordinal))];
        string[] watch = [.. new[] { "\"path\": \"/a\"", "\"event_map\": \"new\"" }.Where(part => !part.StartsWith("\"" + key + "\"", StringComparison.Ordinal) && !(key == "default_sched" && part.Contains("event_map", StringComparison.Ordinal)))];
        text = inner.Length == 0 ? template : "{ " + text + " }";
        return text.Replace("KEY", member, StringComparison.Ordinal).Replace("TYPE", type, StringComparison.Ordinal)
            .Replace("RULE", string.Join(", ", rule), StringComparison.Ordinal).Replace("WATCHED", string.Join(", ", watch), StringComparison.Ordinal);
    }

    // Keys that another table has: process options stand in one of their own, $schema is for editors, and the events are one row.
    private static bool IsElsewhere(string heading, ConfigKey key) =>
        key.Name == "$schema"
        || (heading == "Schedulers" && KeyTable.Worker.Find(key.Name) is not null)
        || (heading == "Process options (shell, exec, workers)" && key.Name == "command");

    private static ConfigKey[] Of(params KeyGroup[] groups) => [.. groups.SelectMany(group => group.Keys.ToArray()).DistinctBy(key => key.Name)];

    private static string[]? Row(string heading, ConfigKey key) =>
        s_rows.Value.Find(row => row.Heading == heading && (row.Cells[0].Contains("`" + key.Name + "`", StringComparison.Ordinal) || (row.Cells[0] == "`IN_…`" && key.Name.StartsWith("IN_", StringComparison.Ordinal)))).Cells;

    private static List<(string Heading, string[] Cells)> ReadRows()
    {
        List<(string, string[])> rows = [];
        string heading = "";
        bool isTable = false;
        foreach (string line in File.ReadLines(RepositoryRoot.Path + "/README.md"))
        {
            heading = line.StartsWith('#') ? line.TrimStart('#', ' ').Replace("`", "", StringComparison.Ordinal) : heading;
            isTable = line.StartsWith("| key |", StringComparison.Ordinal) || (isTable && line.StartsWith('|'));
            if (isTable && line.StartsWith("| `", StringComparison.Ordinal))
            {
                string[] cells = [.. CellEnd().Split(line.Trim('|', ' ')).Select(cell => cell.Trim())];
                Assert.True(cells.Length == 4, line);
                rows.Add((heading, cells));
            }
        }

        return rows;
    }

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex CellEnd();

    [GeneratedRegex(@"NAMED(?:\((?:(map|watch) )?(.*)\))? }$")]
    private static partial Regex NamedPart();

    // The members of the object that Named is the inside of; each begins a line.
    [GeneratedRegex(@"(?m)^""\w+"": (?s:.*?)(?=^""|\z)")]
    private static partial Regex Members();
}
