using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>Malformed configurations: exit status 1, and every error of the file with its line, column and key.</summary>
public sealed class ConfigurationTests
{
    private const string Schedulers = "\"schedulers\": { \"s\": { \"type\": \"shell\", \"cmd\": \"true\" } }";

    /// <summary>The text of a file, and what stands before the message of each error: line, column and path, and a word of the message.</summary>
    public static TheoryData<string, string[]> Malformed => new()
    {
        { "", ["1:1: $: "] },
        { "nonsense", ["1:1: $: "] },
        { "[]", ["1:1: $: "] },
        { "{", ["1:2: $: "] },
        { "{} {}", ["1:4: $: "] },
        { "{\n  \"logname\": \"a\"\n  \"watches\": []\n}", ["3:3: $: "] },
        { "{ \"logname\": 'a' }", ["1:14: $.logname: "] },
        { "{ \"logname\": \"a\nb\" }", ["1:16: $.logname: "] },
        { "{ \"logname\": \"\\q\" }", ["1:15: $.logname: "] },
        { "{ /* never ends", ["1:3: $: "] },
        { "{ \"logname\": \"a\", \"logname\": \"b\" }", ["1:19: $.logname: duplicate"] },
        { "{\n  \"shedulers\": {},\n  \"watchs\": []\n}", ["2:3: $.shedulers: unknown key \"shedulers\"; did you mean \"schedulers\"?", "3:3: $.watchs: unknown key \"watchs\"; did you mean \"watches\"?"] },
        { "{ " + Schedulers + ",\n  \"watches\": [ { \"path\": \"/tmp\", \"event_map\": { \"IN_WRITE_CLOSE\": \"s\" } } ] }", ["2:49: $.watches[0].event_map.IN_WRITE_CLOSE: unknown key \"IN_WRITE_CLOSE\"; did you mean \"IN_CLOSE_WRITE\"?"] },
        { "{ " + Schedulers + ",\n  \"watches\": [ { \"path\": \"/tmp\", \"event_map\": { \"IN_CREATE\": \"t\" } } ] }", ["2:62: $.watches[0].event_map.IN_CREATE: scheduler \"t\" is not defined; did you mean \"s\"?"] },
        { "{ \"watches\": [ { \"path\": \"relative\", \"event_map\": \"none\" },\n {} ] }", ["1:26: $.watches[0].path: ", "1:51: $.watches[0].event_map: ", "2:2: $.watches[1].path: ", "2:2: $.watches[1]"] },
        { "{ \"schedulers\": { \"a\": { \"type\": \"shel\", \"cmd\": \"true\" },\n \"b\": { \"type\": \"exec\" },\n \"c\": { \"type\": \"shell\" },\n \"d\": {} } }", ["1:34: $.schedulers.a.type: ", "2:7: $.schedulers.b.argv: missing", "3:7: $.schedulers.c.cmd: missing", "4:7: $.schedulers.d.type: missing"] },
        { "{ \"schedulers\": { \"a\": { \"type\": \"shell\", \"cmd\": \"echo `{pathname}`\" } } }", ["1:50: $.schedulers.a.cmd: "] },
        { "{ \"schedulers\": { \"a\": { \"type\": \"shell\", \"cmd\": \"cat <<E\\n{pathname}\\nE\" },\n \"b\": { \"type\": \"shell\", \"cmd\": \"true # {name}\" },\n \"c\": { \"type\": \"shell\", \"cmd\": \"echo $(({name}))\" } } }", ["1:50: $.schedulers.a.cmd: ", "2:33: $.schedulers.b.cmd: ", "3:33: $.schedulers.c.cmd: "] },
        { "{ \"schedulers\": { \"a\": { \"type\": \"shell\", \"cmd\": \"true\", \"delay\": \"5 min\", \"files\": \"yes\", \"on_busy\": \"wait\", \"max_concurrency\": 0 } } }", ["1:67: $.schedulers.a.delay: ", "1:85: $.schedulers.a.files: ", "1:103: $.schedulers.a.on_busy: ", "1:130: $.schedulers.a.max_concurrency: "] },
        { "{ \"schedulers\": { \"a\": { \"type\": \"exec\", \"argv\": [\"true\", 1, null], \"umask\": 22 } } }", ["1:59: $.schedulers.a.argv[1]: ", "1:62: $.schedulers.a.argv[2]: ", "1:78: $.schedulers.a.umask: "] },
        { "{ \"shutdown_timeout\": -1, \"max_concurrency\": 10001, \"max_pending\": \"many\" }", ["1:23: $.shutdown_timeout: ", "1:46: $.max_concurrency: ", "1:68: $.max_pending: "] },
        { "{ \"logging\": { \"level\": \"LOUD\", \"format\": \"xml\",\n \"syslog\": [ { \"address\": \"relative\" }, { \"adress\": \"/dev/log\" } ] } }", ["1:25: $.logging.level: ", "1:43: $.logging.format: ", "2:27: $.logging.syslog[0].address: ", "2:43: $.logging.syslog[1].adress: unknown key \"adress\"; did you mean \"address\"?"] },
        { "{ \"logname\": \"ü𝄞\", \"logging\": 5 }", ["1:31: $.logging: "] },
        { "{ \"include\": [\"no-such-file.json\"], \"control_socket\": 5 }", ["1:15: $.include[0]: ", "1:55: $.control_socket: "] },
        { "{ \"event_maps\": { \"m\": { \"exclude_filter\": [\"(\", \"a{2,1}\"], \"default_sched\": \"x\" } } }", ["1:45: $.event_maps.m.exclude_filter[0]: ", "1:50: $.event_maps.m.exclude_filter[1]: ", "1:78: $.event_maps.m.default_sched: "] },
        { "{ " + Schedulers + ", \"event_maps\": { \"m\": { \"IN_CREATE\": [\"s\", { \"cancle\": \"s\" }, 7] } } }", ["1:106: $.event_maps.m.IN_CREATE[1].cancle: unknown", "1:123: $.event_maps.m.IN_CREATE[2]: "] },
        { "{ \"control_group\": \"adm\", \"schedulers\": { \"a\": { \"type\": \"shell\", \"cmd\": \"true\", \"nice\": 30, \"user\": \"nobdy\" } } }", ["1:90: $.schedulers.a.nice: must be", "1:102: $.schedulers.a.user: there is no user \"nobdy\""] },
        { "{ \"$schema\": 5, \"watches\": [ { \"path\": [], \"default_sched\": null } ] }", ["1:14: $.$schema: ", "1:40: $.watches[0].path: ", "1:61: $.watches[0].default_sched: "] },
        { "\ufeff{ \"logname\": 5 }", ["1:14: $.logname: "] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_configuration_names_every_error(string text, string[] errors)
    {
        using TempTree tree = new();
        tree.Write("c.json", text);
        string file = tree.PathOf("c.json");

        CommandResult run = CommandResult.Of(PublishedBinary.X64, ["-c", file]);
        CommandResult test = CommandResult.Of(PublishedBinary.X64, ["-t", "-c", file]);

        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        List<string> missing = [.. errors.Where(error => !lines.Any(line => line.StartsWith(file + ":" + error, StringComparison.Ordinal)))];
        Assert.True(missing.Count == 0, $"missing: {string.Join(" | ", missing)}\nfound:\n{run.Error}");
        Assert.All(lines, line => Assert.StartsWith(file + ":", line));
        Assert.Equal(errors.Length, lines.Length);
        Assert.Equal((1, ""), (run.ExitStatus, run.Output));
        Assert.Equal(run, test);
    }

    [Fact]
    public void Errors_of_all_included_files_are_named_with_their_file()
    {
        using TempTree tree = new();
        tree.MakeDirectory("conf.d");
        tree.Write("c.json", "{ \"include\": [\"conf.d/*.json\"], \"delay\": 1 }");
        tree.Write("conf.d/a.json", "{ \"schedulers\": { \"s\": { \"type\": \"shell\" } } }");
        tree.Write("conf.d/b.json", "{ \"logname\": \"x\" }");
        tree.Write("conf.d/c.json", "{ , }");

        string[] lines = CommandResult.Of(PublishedBinary.X64, ["-t", "-c", tree.PathOf("c.json")]).Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(4, lines.Length);
        Assert.Contains(lines, line => line.StartsWith(tree.PathOf("c.json") + ":1:33: $.delay: ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith(tree.PathOf("conf.d/a.json") + ":1:24: $.schedulers.s.cmd: ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith(tree.PathOf("conf.d/b.json") + ":1:3: $.logname: ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith(tree.PathOf("conf.d/c.json") + ":1:3: $: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Broken_reloads_change_nothing_and_leak_nothing()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        using DaemonProcess daemon = DaemonProcess.Start(Configuration(tree));
        daemon.WaitForReady();
        tree.Write("w/first");
        daemon.WaitFor("path=" + tree.PathOf("w/first"));
        SortedDictionary<int, string> descriptors = ProcessState.Descriptors(daemon.Id);
        string[] broken =
        [
            "", "{", "{ \"watches\": [ { \"path\": \"/tmp\", \"event_map\": \"gone\" } ] }", Configuration(tree).Replace("\"1h\"", "\"1x\"", StringComparison.Ordinal), "{ \"logging\": { \"syslog\": [ { \"address\": \"nowhere\" } ] } }",
        ];
        int threads = 0;
        for (int i = 0; i < 25; i++)
        {
            int mark = daemon.Mark();
            daemon.Reload(broken[i % broken.Length]);
            daemon.WaitForAfter(mark, line => line.Contains("nothing is changed", StringComparison.Ordinal));
            string[] lines = daemon.Log()[mark..];
            Assert.Equal(1, lines.Count(line => line.Contains("got signal SIGHUP, reload config file", StringComparison.Ordinal)));
            Assert.Contains(lines, line => line.Contains(" - ERROR - " + daemon.ConfigurationPath + ":", StringComparison.Ordinal));
            Assert.Equal(lines.Length, lines.Distinct().Count());

            // The runtime starts threads for signals when they first come.
            threads = i == 4 ? ProcessState.Threads(daemon.Id) : threads;
        }

        Assert.Equal(descriptors, ProcessState.Descriptors(daemon.Id));

        // The pool has a few threads more or less at a busy moment; a thread left behind by each of twenty reloads is something else.
        Assert.InRange(ProcessState.Threads(daemon.Id), 1, threads + 6);

        // The watch and the pending task are what they were.
        tree.Write("w/second");
        daemon.WaitFor(" schedule task, delay=3600, mask=IN_CLOSE_WRITE, path=" + tree.PathOf("w/second"));
        tree.Write("w/first", "x");
        daemon.WaitFor("re-schedule task, delay=3600, mask=IN_CLOSE_WRITE, path=" + tree.PathOf("w/first"));

        // And so is it after good ones that change nothing: no line is multiplied, no descriptor is left.
        for (int i = 0; i < 5; i++)
        {
            int mark = daemon.Mark();
            daemon.Reload(Configuration(tree));
            daemon.WaitForAfter(mark, line => line.Contains("ready, watching 1 ", StringComparison.Ordinal));
            Assert.Equal(2, daemon.Log()[mark..].Length);
        }

        tree.Delete("w/first");
        daemon.WaitFor("scheduled task cancelled");
        Assert.Equal(1, daemon.Log().Count(line => line.Contains("scheduled task cancelled", StringComparison.Ordinal)));
        Assert.Equal(descriptors, ProcessState.Descriptors(daemon.Id));
        Assert.Equal(0, daemon.Stop());
    }

    private static string Configuration(TempTree tree) =>
        $$"""
        {
          "control_socket": null,
          "shutdown_timeout": 0,
          "schedulers": { "s": { "type": "exec", "argv": ["/bin/true"], "delay": "1h" } },
          "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CLOSE_WRITE": "s", "IN_DELETE": { "cancel": "s" } } } ]
        }
        """;
}
