using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Configuration;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>Makes the engine's specification of a configuration that takes the temporary directory for the root.</summary>
internal static class ScenarioConfig
{
    private const string Usual =
        "IN_CREATE,IN_MODIFY,IN_ATTRIB,IN_CLOSE_WRITE,IN_DELETE,IN_DELETE_SELF,IN_MOVED_FROM,IN_MOVED_TO,IN_MOVE_SELF,IN_IGNORED,IN_UNMOUNT,IN_Q_OVERFLOW";

    /// <summary>Reads a configuration by the product's own reader and puts its watches below <paramref name="root"/>.</summary>
    public static EngineSpec Read(string json, string root)
    {
        ConfigurationResult result = ConfigurationReader.ReadText(Encoding.UTF8.GetBytes(json), root + "/config.json");
        if (result.Spec is null)
        {
            throw new ScenarioException("the configuration is wrong:\n" + string.Join('\n', result.Errors));
        }

        EngineSpec spec = result.Spec.Engine;
        List<WatchSpec> watches = [];
        foreach (WatchSpec watch in spec.Watches)
        {
            byte[] path = [.. Encoding.UTF8.GetBytes(root), .. watch.Path.Bytes];
            watches.Add(watch with
            {
                Path = new UnixPath(path[^1] == '/' ? path[..^1] : path),
                Exclude = Rooted(watch.Exclude, root)!,
                Include = Rooted(watch.Include, root),
                AlsoInclude = Rooted(watch.AlsoInclude, root),
            });
        }

        List<SchedulerSpec> schedulers = [];
        foreach (SchedulerSpec scheduler in spec.Schedulers)
        {
            schedulers.Add(scheduler.Job is FileManagerJobSpec files ? scheduler with { Job = new FileManagerJobSpec(Rooted(files.Rules, root)) } : scheduler);
        }

        return spec with { Watches = new SpecList<WatchSpec>(watches.ToArray()), Schedulers = new SpecList<SchedulerSpec>(schedulers.ToArray()) };
    }

    /// <summary>Writes a configuration of lines such as <c>watch /a rec auto_add</c>: each event starts a task of the scheduler <c>all</c>.</summary>
    public static string Write(IReadOnlyList<List<string>> lines)
    {
        StringBuilder watches = new();
        foreach (List<string> words in lines)
        {
            watches.Append(watches.Length == 0 ? "" : ",\n").Append(Watch(words));
        }

        return "{ \"schedulers\": { \"all\": { \"type\": \"exec\", \"argv\": [\"/bin/true\"], \"files\": true, \"dirs\": true } },\n\"watches\": [\n" + watches + "\n] }";
    }

    private static string Watch(List<string> words)
    {
        List<string> flags = [];
        List<string> excludes = [];
        List<string> includes = [];
        string events = Usual;
        for (int i = 2; i < words.Count; i++)
        {
            string word = words[i];
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string value = word[(equals + 1)..];
            switch (equals < 0 ? word : word[..equals])
            {
                case "rec" or "auto_add":
                    flags.Add($", \"{word}\": true");
                    break;
                case "exclude":
                    excludes.Add(Quoted(value));
                    break;
                case "include":
                    includes.Add(Quoted(value));
                    break;
                case "events":
                    events = value;
                    break;
                default:
                    throw new ScenarioException($"watch: unknown word '{word}'");
            }
        }

        string map = events == "all" ? "\"default_sched\": \"all\"" : "\"event_map\": { \"" + events.Replace(",", "\": \"all\", \"", StringComparison.Ordinal) + "\": \"all\" }";
        return "{ \"path\": " + Quoted(words[1]) + ", " + map + string.Concat(flags)
            + (excludes.Count == 0 ? "" : $", \"exclude_filter\": [{string.Join(", ", excludes)}]")
            + (includes.Count == 0 ? "" : $", \"include_filter\": [{string.Join(", ", includes)}]") + " }";
    }

    private static string Quoted(string word) =>
        "\"" + Encoding.UTF8.GetString(Words.Bytes(word)).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static SpecList<string>? Rooted(SpecList<string>? patterns, string root)
    {
        if (patterns is null)
        {
            return null;
        }

        List<string> rooted = [];
        foreach (string pattern in patterns)
        {
            rooted.Add(Rooted(pattern, root));
        }

        return new SpecList<string>(rooted.ToArray());
    }

    private static SpecList<RuleSpec> Rooted(SpecList<RuleSpec> rules, string root)
    {
        List<RuleSpec> rooted = [];
        foreach (RuleSpec rule in rules)
        {
            rooted.Add(rule with
            {
                SourcePattern = Rooted(rule.SourcePattern, root),
                Destination = rule.Destination is { } text && text.StartsWith('/') ? root + text : rule.Destination,
            });
        }

        return new SpecList<RuleSpec>(rooted.ToArray());
    }

    private static string Rooted(string pattern, string root) =>
        pattern.StartsWith('/') ? root + pattern : pattern.StartsWith("^/", StringComparison.Ordinal) ? "^" + root + pattern[1..] : pattern;
}
