using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

public sealed class SchemaTests
{
    private const string Full =
        """
        {
          "$schema": "x", "shutdown_timeout": 30, "logname": "daemon", "max_concurrency": 64, "state_file": null, "control_socket": null,
          "logging": { "level": "info", "loggers": { "sched": "Debug" }, "format": "text", "syslog": [ { "level": "INFO", "address": "h:514", "logname": null } ] },
          "defaults": { "delay": "250ms", "env": { "A": "b", "B": null }, "cwd": "/tmp" },
          "schedulers": {
            "a": { "type": "shell", "cmd": "echo {pathname}", "on_busy": "skip", "max_delay": 1.5, "on_success": "b", "umask": "022", "timeout": null },
            "b": { "type": "exec", "argv": ["/bin/echo", "{src_pathname}"], "retries": 3, "retry_delay": "2m", "files": false, "stdin": "event", "clear_env": true },
            "c": { "type": "filemanager", "rules": [ { "action": "move", "src_re": "^/a/(.*)$", "dst_re": "/b/\\1", "filemode": "0644", "user": 0, "group": "daemon", "overwrite": true },
                                                     { "action": "delete", "src_re": "^/c/", "rec": true } ] }
          },
          "event_maps": { "m": { "default_sched": "a", "IN_OPEN": null, "IN_CREATE": ["a", { "cancel": "b" }, null], "IN_DELETE": { "cancel": "c" }, "exclude_filter": ["x"], "include_filter": [".*"] } },
          "watches": [ { "path": ["/a//b", "/c*"], "event_map": "m", "rec": true, "poll": "10s" }, { "path": "/c", "event_map": { "IN_MODIFY": "a" }, "on_missing": "fail" }, { "path": "/d", "default_sched": "c" } ]
        }
        """;

    private static readonly SchemaCheck s_schema = new(ConfigurationSchema.Make());

    public static TheoryData<string> Broken =>
    [
        """[]""",
        """{ "watchs": [] }""",
        """{ "max_concurrency": 0 }""",
        """{ "max_concurrency": 1.5 }""",
        """{ "shutdown_timeout": "5 min" }""",
        """{ "shutdown_timeout": -1 }""",
        """{ "logging": { "level": "LOUD" } }""",
        """{ "schedulers": { "a": {} } }""",
        """{ "schedulers": { "a": { "type": "shel", "cmd": "x" } } }""",
        """{ "schedulers": { "a": { "type": "shell" } } }""",
        """{ "schedulers": { "a": { "type": "shell", "cmd": "x", "argv": ["x"] } } }""",
        """{ "schedulers": { "a": { "type": "exec", "argv": [] } } }""",
        """{ "schedulers": { "a": { "type": "exec", "argv": "x" } } }""",
        """{ "schedulers": { "a": { "type": "shell", "cmd": "x", "umask": 22 } } }""",
        """{ "schedulers": { "a": { "type": "shell", "cmd": "x", "umask": "9" } } }""",
        """{ "schedulers": { "a": { "type": "shell", "cmd": "x", "timeout": 0 } } }""",
        """{ "schedulers": { "a": { "type": "filemanager", "rules": [ { "action": "move", "src_re": "x" } ] } } }""",
        """{ "schedulers": { "a": { "type": "filemanager", "rules": [ { "src_re": "x", "dst_re": "/" } ] } } }""",
        """{ "event_maps": { "m": { "IN_WRITE_CLOSE": "a" } } }""",
        """{ "event_maps": { "m": { "IN_CREATE": { "cancle": "a" } } } }""",
        """{ "event_maps": { "m": { "IN_CREATE": [ 7 ] } } }""",
        """{ "watches": [ { "path": "/a" } ] }""",
        """{ "watches": [ { "path": "a", "event_map": "m" } ] }""",
        """{ "watches": [ { "path": [], "event_map": "m" } ] }""",
        """{ "watches": [ { "path": "/a", "event_map": "m", "default_sched": "s" } ] }""",
        """{ "watches": [ { "path": "/a", "event_map": "m", "rec": "yes" } ] }""",
    ];

    public static TheoryData<KeyGroup> Groups => KeyTableTests.Groups;

    [Theory]
    [MemberData(nameof(Groups))]
    public void Every_key_of_the_table_is_in_it_with_its_meaning_and_default(KeyGroup group)
    {
        JsonElement[] objects = [.. Objects(s_schema.Root).Where(each => group.Keys.ToArray().All(key => each.TryGetProperty(key.Name, out _)))];
        Assert.NotEmpty(objects);
        foreach (ConfigKey key in group.Keys)
        {
            JsonElement property = objects.MinBy(each => each.EnumerateObject().Count()).GetProperty(key.Name);
            Assert.StartsWith(key.Doc, property.GetProperty("description").GetString());
            Assert.Equal(key.HasDefault, property.TryGetProperty("default", out JsonElement value));
            Assert.True(!key.HasDefault || new SchemaCheck(WithDefinitions(property)).Accepts(value), key.Name);
            Assert.True(key.Alias is null || objects[0].TryGetProperty(key.Alias, out _), key.Alias);
        }
    }

    [Fact]
    public void A_configuration_with_all_that_there_is_validates()
    {
        Assert.Equal([], ConfigText.Errors(Full));
        Assert.True(s_schema.Accepts(SchemaCheck.Parse(Full)));
    }

    [Fact]
    public void Configurations_of_the_documentation_validate()
    {
        string readme = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md"));
        List<string> blocks = [.. Regex.Matches(readme, "```jsonc?\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value).Where(text => text.Contains("\"watches\"", StringComparison.Ordinal))];
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.True(s_schema.Accepts(SchemaCheck.Parse(block)), block));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_configuration_does_not_validate(string text)
    {
        Assert.NotEqual([], ConfigText.Errors(text));
        Assert.False(s_schema.Accepts(SchemaCheck.Parse(text)));
    }

    /// <summary>Puts every value in the place of every other and takes each away: what the reader takes, the schema takes.</summary>
    [Fact]
    public void What_the_reader_takes_validates()
    {
        string[] values = ["null", "true", "0", "2.5", "\"\"", "\"a\"", "\"/a\"", "\"10m\"", "[]", "[\"/a\"]", "{}"];
        JsonNode root = JsonNode.Parse(Full)!;
        int taken = 0;
        foreach (string path in Places(root))
        {
            foreach (string? value in (IEnumerable<string?>)[.. values, null])
            {
                JsonNode copy = root.DeepClone();
                Replace(copy, path, value);
                string text = copy.ToJsonString();
                if (ConfigurationReader.ReadText(Encoding.UTF8.GetBytes(text), "c.json").Errors.Count == 0)
                {
                    taken++;
                    Assert.True(s_schema.Accepts(SchemaCheck.Parse(text)), $"{path} = {value}");
                }
            }
        }

        Assert.True(taken > 150, $"only {taken}");
    }

    private static string WithDefinitions(JsonElement schema) =>
        "{ \"anyOf\": [" + schema.GetRawText() + "], \"$defs\": " + s_schema.Root.GetProperty("$defs").GetRawText() + "}";

    private static IEnumerable<JsonElement> Objects(JsonElement root)
    {
        yield return root.GetProperty("properties");
        foreach (JsonProperty definition in root.GetProperty("$defs").EnumerateObject())
        {
            yield return definition.Value.GetProperty("properties");
        }
    }

    private static IEnumerable<string> Places(JsonNode? node, string path = "")
    {
        IEnumerable<(string Name, JsonNode? Value)> members = node switch
        {
            JsonObject map => map.Select(member => (member.Key, member.Value)),
            JsonArray list => list.Select((item, i) => (i.ToString(), item)),
            _ => [],
        };
        return members.SelectMany(member => Places(member.Value, path + "\n" + member.Name).Prepend(path + "\n" + member.Name));
    }

    private static void Replace(JsonNode root, string path, string? value)
    {
        string[] names = path.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        JsonNode node = root;
        foreach (string name in names[..^1])
        {
            node = node is JsonArray list ? list[int.Parse(name)]! : node[name]!;
        }

        JsonNode? replacement = value is null ? null : JsonNode.Parse(value);
        if (node is JsonArray items)
        {
            if (value is null)
            {
                items.RemoveAt(int.Parse(names[^1]));
            }
            else
            {
                items[int.Parse(names[^1])] = replacement;
            }
        }
        else if (value is null)
        {
            node.AsObject().Remove(names[^1]);
        }
        else
        {
            node[names[^1]] = replacement;
        }
    }
}
