using System;
using System.Globalization;
using System.Linq;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>What becomes of events while the task of their path runs, with real processes.</summary>
public sealed class BusyTests
{
    private const string Waiting = "echo start {maskname} >> $RUNS; while [ ! -e $GO ]; do sleep 0.02; done; echo end >> $RUNS";

    [Fact]
    public void Queue_runs_once_more_with_the_newest_event()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "queue", Waiting);

        tree.Write("w/f");
        ProcessState.Await(() => Lines(tree).Length == 1, "the first run");
        for (int i = 0; i < 10; i++)
        {
            tree.Append("w/f", "x");
        }

        tree.SetMode("w/f", 0x180);
        daemon.WaitFor("queue event due to ongoing task");
        Fence(daemon, tree);
        tree.Write("go");
        daemon.WaitForCount(2, "/sched - INFO - task finished");

        Assert.Equal(["start IN_CLOSE_WRITE", "end", "start IN_ATTRIB", "end"], Lines(tree));
        Assert.Equal(0, daemon.Stop());
        Assert.Equal(4, Lines(tree).Length);
    }

    [Fact]
    public void Skip_drops_the_event_with_a_warning()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "skip", Waiting);

        tree.Write("w/f");
        ProcessState.Await(() => Lines(tree).Length == 1, "the first run");
        tree.Append("w/f", "x");
        Assert.Contains(" - WARNING - ", daemon.WaitFor("skip event due to ongoing task"));
        tree.Write("go");
        daemon.WaitFor("task finished");
        Fence(daemon, tree);

        Assert.Equal(["start IN_CLOSE_WRITE", "end"], Lines(tree));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Restart_stops_the_whole_group_and_starts_again()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "restart", "trap 'echo stopped >> $RUNS; exit 1' TERM; echo start >> $RUNS; sleep 1000 & echo $! >> $PIDS; [ -e $GO ] || wait");

        tree.Write("w/f");
        ProcessState.Await(() => tree.Exists("pids") && tree.ReadText("pids").EndsWith('\n'), "the first run");
        int child = int.Parse(tree.ReadText("pids"), CultureInfo.InvariantCulture);

        // A signal between the shell's fork and exec is the shell's: its child drops it there together with the trap.
        ProcessState.Await(() => ProcessState.Name(child) == "sleep", "the child of the first run");
        tree.Write("go");
        tree.Append("w/f", "x");
        daemon.WaitFor("task finished");

        Assert.Equal(["start", "stopped", "start"], Lines(tree));
        ProcessState.AwaitGone(child);
        Assert.Equal(0, daemon.Stop());
    }

    [Theory]
    [InlineData("echo x >> {pathname}")]
    [InlineData("exec 3>>{pathname}; echo x >&3; touch {pathname}; exec 3>&-; mv {pathname} {pathname}.t; mv {pathname}.t {pathname}")]
    [InlineData("for i in 1 2 3 4 5; do echo x >> {pathname}; done")]
    public void Skip_keeps_a_command_that_changes_its_own_file_from_starting_itself(string command)
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "skip", command);

        // Many at once, so that some end while others' events are read.
        for (int i = 0; i < 40; i++)
        {
            tree.Write($"w/{i}");
        }

        daemon.WaitUntil(log => log.Count(line => line.Contains("task finished", StringComparison.Ordinal)) >= 40);
        Fence(daemon, tree);
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("task failed", StringComparison.Ordinal));
        string[] starts = [.. daemon.Log().Where(line => line.Contains("start task", StringComparison.Ordinal))];
        for (int i = 0; i < 40; i++)
        {
            string path = $"path={tree.PathOf("w")}/{i},";
            Assert.True(starts.Count(line => line.Contains(path, StringComparison.Ordinal)) == 1, daemon.WithLog($"{i} did not run once"));
        }

        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Queue_slows_a_command_down_that_changes_its_own_file()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, "queue", "echo run >> $RUNS; echo x >> {pathname}");

        tree.Write("w/loop");
        string warning = daemon.WaitFor("on_busy: skip");
        Assert.Contains(" - WARNING - ", warning);
        Assert.Contains(tree.PathOf("w/loop"), warning);
        daemon.WaitFor(" schedule task, delay=1,");
        daemon.WaitFor(" schedule task, delay=2,");

        // The first, three that follow at once, and those after a delay that doubles.
        Assert.InRange(Lines(tree).Length, 5, 6);
        Assert.Equal(1, daemon.Log().Count(line => line.Contains("on_busy: skip", StringComparison.Ordinal)));

        // An event from elsewhere, between the runs, is none of the loop's doing.
        int mark = daemon.Mark();
        tree.Append("w/loop", "y");
        daemon.WaitForAfter(mark, line => line.Contains("start task", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        Assert.Equal(0, daemon.Stop());
    }

    private static TempTree Tree()
    {
        TempTree tree = new();
        tree.MakeDirectory("w");
        tree.MakeDirectory("fence");
        return tree;
    }

    private static DaemonProcess Start(TempTree tree, string onBusy, string command)
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "shutdown_timeout": 1,
              "schedulers": {
                "s": {
                  "type": "shell", "on_busy": "{{onBusy}}", "cmd": "{{command}}",
                  "env": { "RUNS": "{{tree.PathOf("runs")}}", "GO": "{{tree.PathOf("go")}}", "PIDS": "{{tree.PathOf("pids")}}" }
                },
                "fence": { "type": "exec", "argv": ["/bin/true"], "logname": "fence" }
              },
              "watches": [
                { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CLOSE_WRITE": "s", "IN_ATTRIB": "s" } },
                { "path": "{{tree.PathOf("fence")}}", "event_map": { "IN_CLOSE_WRITE": "fence" } }
              ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }

    private static string[] Lines(TempTree tree) => tree.Exists("runs") ? tree.ReadText("runs").Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>Returns when everything that was in the kernel's queue has been handled.</summary>
    private static void Fence(DaemonProcess daemon, TempTree tree)
    {
        int mark = daemon.Mark();
        tree.Write("fence/f");
        daemon.WaitForAfter(mark, line => line.Contains("/fence - INFO - task finished", StringComparison.Ordinal));
    }
}
