using System;
using System.Globalization;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>What becomes of tasks when the daemon is told to end.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public void Running_tasks_end_and_near_ones_still_run_and_far_ones_are_named_at_once()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "60s");
        tree.Write("run/a");
        tree.Write("near/b");
        tree.Write("near/cancelled");
        tree.Write("far/c");
        ProcessState.Await(() => tree.Exists("ran-a"), "the task to run");
        daemon.WaitFor("delay=3600, mask=IN_CLOSE_WRITE");

        daemon.Signal(Libc.SIGTERM);
        string dropped = daemon.WaitFor("shutdown: drop delayed task");
        Assert.Contains("path=" + tree.PathOf("far/c"), dropped);
        Assert.Contains(" - WARNING - ", dropped);
        Assert.Contains(daemon.Log(), line => line.Contains("got signal SIGTERM, shutdown", StringComparison.Ordinal));

        // Nothing new starts, and a cancel still counts.
        tree.Delete("near/cancelled");
        daemon.WaitFor("scheduled task cancelled");
        tree.Write("run/new");
        Assert.Contains(tree.PathOf("run/new"), daemon.WaitFor("skip event due to shutdown"));
        tree.Write("go");

        Assert.Equal(0, daemon.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal("start\nend\n", tree.ReadText("ran-a"));
        Assert.Equal("start\n", tree.ReadText("ran-b"));
        Assert.False(tree.Exists("ran-c"));
        Assert.False(tree.Exists("ran-cancelled"));
        Assert.False(tree.Exists("ran-new"));
        Assert.EndsWith("shutdown complete", daemon.Log()[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("far/c", StringComparison.Ordinal));
    }

    [Fact]
    public void What_still_runs_at_the_end_is_stopped_and_named()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "200ms");
        tree.Write("run/polite");
        tree.Write("stubborn/f");
        ProcessState.Await(() => tree.Exists("ran-polite") && tree.Exists("pid"), "the tasks to run");

        Assert.Equal(0, daemon.Stop(TimeSpan.FromSeconds(60)));

        string[] log = daemon.Log();
        Assert.Contains(log, line => line.Contains("shutdown: stop running task", StringComparison.Ordinal) && line.Contains("run/polite", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("stubborn/f", StringComparison.Ordinal) && line.Contains("kill task", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("signal=SIGKILL", StringComparison.Ordinal));
        Assert.DoesNotContain(log, line => line.Contains("task finished", StringComparison.Ordinal));
        ProcessState.AwaitGone(int.Parse(tree.ReadText("pid"), CultureInfo.InvariantCulture));
        Assert.EndsWith("shutdown complete", log[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Libc.SIGTERM, Libc.SIGTERM)]
    [InlineData(Libc.SIGINT, Libc.SIGTERM)]
    [InlineData(Libc.SIGTERM, Libc.SIGINT)]
    public void Second_signal_kills_at_once(int first, int second)
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "1h");
        tree.Write("stubborn/f");
        tree.Write("far/c");
        ProcessState.Await(() => tree.Exists("pid") && tree.ReadText("pid").EndsWith('\n'), "the task to run");

        daemon.Signal(first);
        daemon.WaitFor(", shutdown");
        daemon.Signal(Libc.SIGHUP);
        daemon.WaitFor("ignored during shutdown");
        daemon.Signal(second);

        Assert.Equal(1, daemon.WaitForExit());
        ProcessState.AwaitGone(int.Parse(tree.ReadText("pid"), CultureInfo.InvariantCulture));
        Assert.Contains(daemon.Log(), line => line.Contains("stubborn/f", StringComparison.Ordinal) && line.Contains("shutdown: ", StringComparison.Ordinal));
        Assert.DoesNotContain(daemon.Log(), line => line.EndsWith("shutdown complete", StringComparison.Ordinal));
    }

    [Fact]
    public void Idle_daemon_ends_at_once_and_without_a_task()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "1h");

        Assert.Equal(0, daemon.Stop());
        Assert.EndsWith("shutdown complete", daemon.Log()[^1], StringComparison.Ordinal);
    }

    private static TempTree Tree()
    {
        TempTree tree = new();
        foreach (string name in (string[])["run", "near", "far", "stubborn"])
        {
            tree.MakeDirectory(name);
        }

        return tree;
    }

    private static DaemonProcess Start(TempTree tree, string timeout)
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "shutdown_timeout": "{{timeout}}",
              "schedulers": {
                "run": { "type": "shell", "cmd": "exec >> {{tree.Path}}/ran-{name}; echo start; while [ ! -e {{tree.PathOf("go")}} ]; do sleep 0.02; done; echo end" },
                "near": { "type": "shell", "cmd": "exec >> {{tree.Path}}/ran-{name}; echo start", "delay": "6s" },
                "far": { "type": "shell", "cmd": "exec >> {{tree.Path}}/ran-{name}; echo start", "delay": "1h" },
                "stubborn": { "type": "shell", "cmd": "trap '' TERM; echo $$ > {{tree.PathOf("pid")}}; while :; do sleep 0.1; done" }
              },
              "watches": [
                { "path": "{{tree.PathOf("run")}}", "event_map": { "IN_CLOSE_WRITE": "run" } },
                { "path": "{{tree.PathOf("near")}}", "event_map": { "IN_CLOSE_WRITE": "near", "IN_DELETE": { "cancel": "near" } } },
                { "path": "{{tree.PathOf("far")}}", "event_map": { "IN_CLOSE_WRITE": "far" } },
                { "path": "{{tree.PathOf("stubborn")}}", "event_map": { "IN_CLOSE_WRITE": "stubborn" } }
              ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }
}
