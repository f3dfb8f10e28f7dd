using System;
using System.IO;
using System.Linq;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Tasks;

/// <summary>What follows the end of a task: further tries, other schedulers, and the end of those that do not end by themselves.</summary>
public sealed class OutcomeTests
{
    [Fact]
    public void Timeout_stops_a_task_with_TERM_and_counts_as_failure()
    {
        using TempTree tree = new();
        using DaemonProcess daemon = Start(tree, """ "s": { "type": "shell", "cmd": "exec sleep 600", "timeout": "200ms" } """);
        tree.Write("watched/a", "x");

        string line = daemon.WaitFor("task failed");

        Assert.Contains("signal=SIGTERM", line);
        Assert.Contains("it ran longer than its timeout", line);
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Task_that_ignores_TERM_is_killed_with_all_its_processes()
    {
        using TempTree tree = new();
        string command = $"trap '' TERM; sleep 600 & echo $! > {tree.PathOf("pid")}; wait";
        using DaemonProcess daemon = Start(tree, $$""" "s": { "type": "shell", "cmd": "{{command}}", "timeout": "300ms", "kill_after": "100ms" } """);
        tree.Write("watched/a", "x");

        daemon.WaitFor("kill task, it did not stop");
        string line = daemon.WaitFor("task failed");

        Assert.Contains("signal=SIGKILL", line);
        daemon.WaitUntil(_ => !Runs(tree.ReadText("pid").Trim()));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Failed_task_is_tried_again_with_the_same_id_until_it_succeeds()
    {
        using TempTree tree = new();
        string record = tree.PathOf("record");
        string command = $"echo $PYINOTIFYD_TASK_ID >> {record}; test $(wc -l < {record}) -ge 3";
        using DaemonProcess daemon = Start(tree, $$""" "s": { "type": "shell", "cmd": "{{command}}", "retries": 5, "retry_delay": "50ms" } """);
        tree.Write("watched/a", "x");

        daemon.WaitFor("task finished");

        Assert.Equal(0, daemon.Stop());
        string[] ids = tree.ReadText("record").TrimEnd('\n').Split('\n');
        Assert.Equal(3, ids.Length);
        Assert.Single(ids.Distinct());
        Assert.Equal(2, daemon.Log().Count(line => line.Contains("task failed", StringComparison.Ordinal)));
    }

    [Fact]
    public void Success_and_the_failure_of_the_last_try_hand_the_event_on()
    {
        using TempTree tree = new();
        using DaemonProcess daemon = Start(
            tree,
            $$"""
            "s": { "type": "shell", "cmd": "test {name} = good", "retries": 1, "retry_delay": "10ms", "on_success": "well", "on_failure": "ill" },
            "well": { "type": "shell", "cmd": "echo well {maskname} {pathname} >> {{tree.PathOf("record")}}" },
            "ill": { "type": "shell", "cmd": "echo ill {maskname} {pathname} >> {{tree.PathOf("record")}}" }
            """);
        tree.Write("watched/good", "x");
        daemon.WaitForCount(2, "task finished");
        tree.Write("watched/bad", "x");
        daemon.WaitForCount(3, "task finished");

        Assert.Equal(0, daemon.Stop());
        Assert.Equal($"well IN_CLOSE_WRITE {tree.PathOf("watched/good")}\nill IN_CLOSE_WRITE {tree.PathOf("watched/bad")}\n", tree.ReadText("record"));
        Assert.Equal(2, daemon.Log().Count(line => line.Contains("task failed", StringComparison.Ordinal)));
    }

    // What has been killed may stand there as a zombie until the system's init looks after it.
    private static bool Runs(string pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static DaemonProcess Start(TempTree tree, string schedulers)
    {
        tree.MakeDirectory("watched");
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { {{schedulers}} },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "event_map": { "IN_CLOSE_WRITE": "s" } } ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }
}
