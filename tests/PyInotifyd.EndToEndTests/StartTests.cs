using System;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>Starts that go wrong, and starts from odd places.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("-x")]
    [InlineData("--config-test")]
    [InlineData("-c")]
    [InlineData("--config=")]
    [InlineData("--debug=1")]
    [InlineData("frobnicate")]
    [InlineData("-t", "extra")]
    [InlineData("-v", "extra")]
    [InlineData("-l", "-v")]
    [InlineData("--install", "extra")]
    public void Wrong_usage_is_status_2_and_one_line(params string[] arguments)
    {
        CommandResult result = CommandResult.Of(PublishedBinary.X64, arguments);

        Assert.Equal((2, ""), (result.ExitStatus, result.Output));
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("schema | head -n 1", 0, "")]
    [InlineData("--help | true", 0, "")]
    [InlineData("schema > /dev/full", 1, "pyinotifyd: cannot write to standard output: ENOSPC no space left where it goes\n")]
    [InlineData("-v >&-", 0, "")]
    public void Output_that_is_not_taken_is_told_unless_the_reader_has_gone(string rest, int status, string error)
    {
        CommandResult result = CommandResult.Of("/bin/bash", ["-c", "\"$0\" " + rest + "; exit ${PIPESTATUS[0]}", PublishedBinary.X64]);

        Assert.Equal((status, error), (result.ExitStatus, result.Error));
    }

    [Fact]
    public void Configuration_test_prints_ok_and_leaves_no_trace()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.Write("c.json", $$"""
            {
              "control_socket": null,
              "schedulers": { "s": { "type": "shell", "cmd": "touch {{tree.PathOf("ran")}}" } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CREATE": "s" } } ]
            }
            """);

        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["-t", "-c", tree.PathOf("c.json")]);

        Assert.Equal(new CommandResult(0, "config file ok\n", ""), result);
        Assert.Equal(2, tree.List().Count);
    }

    [Theory]
    [InlineData("/no/such/file.json")]
    [InlineData("/")]
    [InlineData("/dev/null")]
    public void Configuration_that_cannot_be_read_is_status_1(string path)
    {
        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["-c", path]);

        Assert.Equal((1, ""), (result.ExitStatus, result.Output));
        Assert.StartsWith(path, Assert.Single(result.Error.TrimEnd('\n').Split('\n')));
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData(">&-")]
    [InlineData("<&- >&-")]
    [InlineData("2>&-")]
    [InlineData("<&- 2>&-")]
    [InlineData(">&- 2>&-")]
    [InlineData("<&- >&- 2>&-")]
    public void Closed_streams_do_no_harm(string closed)
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.Write("c.json", $$"""
            {
              "control_socket": null,
              "schedulers": { "s": { "type": "shell", "cmd": "echo out; echo err >&2; touch {{tree.PathOf("ran")}}" } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CREATE": "s" } } ]
            }
            """);

        string script = $"\"$0\" -c \"$1\" {closed} & pid=$!; n=0; until [ -e {tree.PathOf("ran")} ] || [ $n -gt 3000 ]; do n=$((n+1)); rm -f {tree.PathOf("w/f")}; : > {tree.PathOf("w/f")}; sleep 0.02; done; kill -TERM $pid; wait $pid";
        CommandResult result = CommandResult.Of("/bin/sh", ["-c", script, PublishedBinary.X64, tree.PathOf("c.json")], TimeSpan.FromSeconds(90));

        Assert.Equal(0, result.ExitStatus);
        Assert.True(tree.Exists("ran"));
    }

    [Theory]
    [InlineData("/dev/full", "")]
    [InlineData("$pipe", "")]
    [InlineData("$pipe", "exec 9>&-")]
    public void Log_that_nobody_takes_holds_up_nothing(string target, string afterStart)
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.Write("c.json", $$"""
            {
              "control_socket": "{{tree.PathOf("s")}}", "logging": { "level": "DEBUG" }, "shutdown_timeout": 0,
              "schedulers": {
                "s": { "type": "shell", "cmd": "cat {pathname} > {{tree.PathOf("ran")}}" },
                "later": { "type": "exec", "argv": ["/bin/true"], "delay": "1h" }
              },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_MOVED_TO": "s", "IN_CREATE": "later" } } ]
            }
            """);

        // 2,000 files are far more lines than a pipe holds; after them a task still runs, and the daemon still answers.
        string script = $$"""
            pipe={{tree.PathOf("pipe")}}; mkfifo $pipe; exec 9<>$pipe
            "$0" -c "$1" 2> {{target}} 9>&- & pid=$!
            {{afterStart}}
            until "$0" status -s {{tree.PathOf("s")}} > {{tree.PathOf("status")}} 2> /dev/null; do sleep 0.02; done
            for ((i = 0; i < 2000; i++)); do : > {{tree.PathOf("w")}}/$i; done
            echo done > {{tree.PathOf("f")}}; mv {{tree.PathOf("f")}} {{tree.PathOf("w")}}/f
            until [ -s {{tree.PathOf("ran")}} ]; do sleep 0.02; done
            "$0" status -s {{tree.PathOf("s")}} > {{tree.PathOf("status")}} || exit 50
            kill -TERM $pid; wait $pid
            """;
        CommandResult result = CommandResult.Of("/bin/bash", ["-c", script, PublishedBinary.X64, tree.PathOf("c.json")], TimeSpan.FromSeconds(60));

        Assert.Equal(0, result.ExitStatus);
        Assert.Equal("done\n", tree.ReadText("ran"));
        Assert.Contains("later", tree.ReadText("status"));
    }

    [Theory]
    [InlineData("trap '' TERM INT HUP USR1; exec \"$0\" \"$@\"")]
    [InlineData("exec python3 -c 'import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); os.execv(sys.argv[1], sys.argv[1:])' \"$0\" \"$@\"")]
    public void Signals_that_a_parent_ignores_or_blocks_are_obeyed(string wrapper)
    {
        foreach (int end in (int[])[Libc.SIGINT, Libc.SIGTERM])
        {
            using TempTree tree = new();
            using DaemonProcess daemon = DaemonProcess.Start(
                $$"""
                { "control_socket": null, "schedulers": { "s": { "type": "shell", "cmd": "true" } }, "watches": [ { "path": "{{tree.Path}}", "event_map": { "IN_CREATE": "s" } } ] }
                """,
                start =>
                {
                    start.ArgumentList.Insert(0, start.FileName);
                    start.ArgumentList.Insert(0, wrapper);
                    start.ArgumentList.Insert(0, "-c");
                    start.FileName = "/bin/sh";
                });
            daemon.WaitForReady();

            daemon.Signal(Libc.SIGHUP);
            daemon.WaitForCount(2, "ready, watching");
            daemon.Signal(Libc.SIGUSR1);
            daemon.WaitFor("counters of scheduler");
            daemon.Signal(end);

            Assert.Equal(0, daemon.WaitForExit());
        }
    }
}
