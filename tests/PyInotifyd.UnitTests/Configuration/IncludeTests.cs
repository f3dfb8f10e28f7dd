using System;
using System.Text;
using PyInotifyd.Configuration;
using PyInotifyd.Engine.Model;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>What a configuration reads besides itself: included files and files of patterns.</summary>
public sealed class IncludeTests : IDisposable
{
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Files_are_merged_in_name_order()
    {
        Write("c.json", """{ "include": ["d/*.json", "x.json"], "schedulers": { "s": { "type": "shell", "cmd": "a" } }, "watches": [ { "path": "/0", "default_sched": "two" } ] }""");
        _tree.MakeDirectory("d");
        Write("d/2.json", """{ "$schema": "x", "watches": [ { "path": "/2", "event_map": "m" } ] }""");
        Write("d/1.json", """{ "schedulers": { "two": { "type": "shell", "cmd": "b" } }, "watches": [ { "path": "/1", "default_sched": "s" } ] }""");
        Write("d/.3.json", "not read");
        Write("x.json", """{ "event_maps": { "m": { "IN_CREATE": "s" } } }""");
        ConfigurationResult result = Read();
        Assert.Empty(result.Errors);
        Assert.Equal(["/0", "/1", "/2"], Array.ConvertAll(result.Spec!.Engine.Watches.AsSpan().ToArray(), watch => Encoding.UTF8.GetString(watch.Path.Bytes)));
        Assert.Equal("two", result.Spec.Engine.Schedulers[1].Name);
    }

    [Fact]
    public void Name_that_stands_twice_is_an_error_with_both_places()
    {
        Write("c.json", "{ \"include\": [\"x.json\"],\n \"schedulers\": { \"s\": { \"type\": \"shell\", \"cmd\": \"a\" } } }");
        Write("x.json", """{ "schedulers": { "s": { "type": "shell", "cmd": "a" } } }""");
        AssertErrors($"{_tree.PathOf("x.json")}:1:19: $.schedulers.s: scheduler \"s\" stands already in {_tree.PathOf("c.json")}:2:18");
    }

    [Fact]
    public void Other_keys_are_errors_in_an_included_file()
    {
        Write("c.json", """{ "include": ["x.json"] }""");
        Write("x.json", """{ "include": [], "logname": "x" }""");
        AssertErrors(
            $"{_tree.PathOf("x.json")}:1:3: $.include: unknown key \"include\": it belongs to a configuration, not to an included file",
            $"{_tree.PathOf("x.json")}:1:18: $.logname: unknown key \"logname\": it belongs to a configuration, not to an included file");
    }

    [Fact]
    public void Missing_name_is_an_error_and_hides_what_it_may_define()
    {
        Write("c.json", """{ "include": ["none.json", "none*"], "watches": [ { "path": "/a", "default_sched": "there" } ] }""");
        AssertErrors($"{_tree.PathOf("c.json")}:1:15: $.include[0]: {_tree.PathOf("none.json")} cannot be read: ENOENT no such file or directory; check the spelling");
    }

    [Fact]
    public void Errors_of_all_files_come_together()
    {
        Write("c.json", """{ "include": ["[ab].json"], "logname": 1 }""");
        Write("a.json", "{ \"watches\": 1 ");
        Write("b.json", "[]");
        AssertErrors(
            $"{_tree.PathOf("c.json")}:1:40: $.logname: expected a text, found the number 1",
            $"{_tree.PathOf("a.json")}:1:14: $.watches: expected a list of objects, found the number 1",
            $"{_tree.PathOf("a.json")}:1:16: $: expected \",\" or \"}}\", found the end of the file",
            $"{_tree.PathOf("b.json")}:1:1: $: expected an object, found an empty list");
    }

    [Fact]
    public void Pattern_that_matches_the_file_itself_passes_it_over()
    {
        Write("c.json", """{ "include": ["*.json"] }""");
        AssertErrors();
        Write("c.json", """{ "include": ["c.json"] }""");
        AssertErrors($"{_tree.PathOf("c.json")}:1:15: $.include[0]: a file cannot include itself");
    }

    [Fact]
    public void Name_with_the_characters_of_a_pattern_is_taken_literally_where_it_exists()
    {
        Write("c.json", """{ "include": ["[x].json"] }""");
        Write("[x].json", """{ "watches": [ { "path": "/x", "default_sched": "s" } ], "schedulers": { "s": { "type": "shell", "cmd": "a" } } }""");
        Write("x.json", "not read");
        ConfigurationResult result = Read();
        Assert.Empty(result.Errors);
        Assert.Single(result.Spec!.Engine.Watches);
    }

    [Fact]
    public void Directory_and_missing_file_cannot_be_read()
    {
        _tree.MakeDirectory("c.json");
        AssertErrors($"{_tree.PathOf("c.json")}: cannot be read: EISDIR is a directory; name a file in it");
        byte[] absent = [.. "/no"u8, 0xff];
        Assert.Equal("/no\\xff: cannot be read: ENOENT no such file or directory; check the spelling", Assert.Single(ConfigurationReader.Read(absent).Errors).ToString());
        Assert.Equal("/dev/null: cannot be read: not a regular file; copy what it gives into one", Assert.Single(ConfigurationReader.Read("/dev/null"u8).Errors).ToString());
    }

    [Fact]
    public void Patterns_come_from_a_file_beside_the_configuration()
    {
        Write("c.json", """{ "watches": [ { "path": "/a", "default_sched": "s", "exclude_filter": "f" } ], "schedulers": { "s": { "type": "shell", "cmd": "a" } } }""");
        Write("f", "# comment\n\n  ^/a/b \r\n   # too\n/c #d");
        ConfigurationResult result = Read();
        Assert.Empty(result.Errors);
        Assert.Equal(new SpecList<string>("^/a/b", "/c #d"), result.Spec!.Engine.Watches[0].Exclude);

        Write("f", "a\n  (\n");
        AssertErrors($"{_tree.PathOf("f")}:2:3: $.watches[0].exclude_filter: regular expression: missing ), unterminated subpattern at position 0");
    }

    private void Write(string name, string content) => _tree.Write(name, content);

    private ConfigurationResult Read() => ConfigurationReader.Read(Encoding.UTF8.GetBytes(_tree.PathOf("c.json")));

    private void AssertErrors(params string[] errors) => Assert.Equal(errors, ConfigText.Lines(Read().Errors));
}
