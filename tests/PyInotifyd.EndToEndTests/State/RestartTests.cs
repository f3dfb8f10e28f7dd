using System;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>A daemon with a state file that ends in order and starts again.</summary>
public sealed class RestartTests
{
    private const string Recorder = "\"s\": { \"type\": \"shell\", \"cmd\": \"printf '%s\\\\0' {maskname}' '{pathname} >> $RECORD\" }";

    [Fact]
    public void What_changed_in_between_is_reported_and_what_was_done_is_not_done_again()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched/sub");
        tree.Write("watched/older-than-the-first-start", "x");
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            tree.Write("watched/sub/done", "x");
            daemon.WaitFor("task finished");
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal(["IN_CLOSE_WRITE sub/done"], Record(tree));
        Assert.Equal(Libc.S_IFREG | 0x180, tree.StatusOf("state").stx_mode);
        tree.Write("watched/new", "x");
        tree.Append("watched/sub/done", "y");
        tree.MakeDirectory("watched/sub/later");
        tree.Write("watched/sub/later/\u00e9 %\n", "x");
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            daemon.WaitForCount(3, "task finished");
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal(
            ["IN_CLOSE_WRITE new", "IN_CLOSE_WRITE sub/done", "IN_CLOSE_WRITE sub/done", "IN_CLOSE_WRITE sub/later/\u00e9 %\n"],
            Record(tree).Order(StringComparer.Ordinal));
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal(4, Record(tree).Length);
    }

    [Fact]
    public void Delayed_task_keeps_its_id_and_its_delay_and_a_failed_one_is_tried_once()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        const string schedulers =
            """
            "late": { "type": "shell", "cmd": "printf 'late\\0' >> $RECORD", "delay": "1h" },
            "never": { "type": "shell", "cmd": "printf '%s\\0' {pathname} >> $RECORD; exit 3", "retries": 2, "retry_delay": "10ms" }
            """;
        string id;
        using (DaemonProcess daemon = Start(tree, schedulers, "\"late\", \"never\""))
        {
            tree.Write("watched/a", "x");
            id = IdOf(daemon.WaitFor("schedule task, delay=3600"));
            daemon.WaitForCount(3, "task failed");
            Assert.Equal(0, daemon.Stop());
            Assert.Contains(daemon.Log(), line => line.Contains("shutdown: store delayed task", StringComparison.Ordinal));
        }

        for (int run = 1; run <= 2; run++)
        {
            using DaemonProcess daemon = Start(tree, schedulers, "\"late\", \"never\"");
            string restored = daemon.WaitFor("restore task, delay=35");
            Assert.Equal(id, IdOf(restored));
            daemon.WaitFor("task failed");
            Assert.Equal(0, daemon.Stop());
            Assert.Equal(1, daemon.Log().Count(line => line.Contains("task failed", StringComparison.Ordinal)));
            Assert.Equal(3 + run, Record(tree).Length);
        }
    }

    [Fact]
    public void Directory_moved_in_while_nobody_watched_is_reported_with_its_old_files()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched/known");
        tree.Write("watched/known/old", "x");
        tree.MakeDirectory("outside/inner");
        tree.Write("outside/inner/old", "x");
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            tree.Write("watched/done", "x");
            daemon.WaitFor("task finished");
            Assert.Equal(0, daemon.Stop());
        }

        tree.Move("outside", "watched/inside");
        tree.Move("watched/known", "watched/renamed");
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            daemon.WaitFor("task finished");
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal(["IN_CLOSE_WRITE done", "IN_CLOSE_WRITE inside/inner/old"], Record(tree));
    }

    [Fact]
    public void Directory_that_changed_and_was_moved_in_after_a_crash_is_reported_with_its_old_files()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("outside");
        tree.Write("outside/old", "x");
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            tree.Write("watched/done", "x");
            daemon.WaitFor("task finished");
            Assert.True(SpinWait.SpinUntil(() => tree.Exists("state"), DaemonProcess.DefaultDeadline));
            daemon.Signal(Libc.SIGKILL);
            daemon.WaitForExit();
        }

        tree.Write("outside/new", "x");
        CoarseClock.WaitForTick();
        tree.Move("outside", "watched/inside");
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            // The last task before the crash may run once more.
            _ = SpinWait.SpinUntil(() => Record(tree).Count(line => line.Contains("inside", StringComparison.Ordinal)) == 2, DaemonProcess.DefaultDeadline);
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal(["IN_CLOSE_WRITE inside/new", "IN_CLOSE_WRITE inside/old"], Record(tree).Where(line => line.Contains("inside", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("changed")]
    [InlineData("future")]
    [InlineData("empty")]
    public void Bad_state_file_is_kept_aside_and_everything_is_reported(string how)
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched/sub");
        tree.Write("watched/sub/old", "x");
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            Assert.Equal(0, daemon.Stop());
        }

        string state = tree.ReadText("state");
        tree.Write("state", how switch
        {
            "cut" => state[..^20],
            "changed" => state.Replace("watch ", "Watch ", StringComparison.Ordinal),
            "future" => state.Replace("state 1", "state 2", StringComparison.Ordinal),
            _ => "",
        });
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            Assert.Contains("WARNING", daemon.WaitFor("cannot use the state file"));
            daemon.WaitFor("task finished");
            Assert.Equal(0, daemon.Stop());
        }

        Assert.True(tree.Exists("state.bad"));
        Assert.Equal(["IN_CLOSE_WRITE sub/old"], Record(tree));
    }

    [Fact]
    public void New_watch_beside_a_known_one_reports_nothing_old()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("second");
        using (DaemonProcess daemon = Start(tree, Recorder))
        {
            Assert.Equal(0, daemon.Stop());
        }

        tree.Write("second/old", "x");
        tree.Write("watched/new", "x");
        using (DaemonProcess daemon = Start(tree, Recorder, more: $$""", { "path": "{{tree.PathOf("second")}}", "event_map": { "IN_CLOSE_WRITE": "s" } }"""))
        {
            daemon.WaitFor("task finished");
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal(["IN_CLOSE_WRITE new"], Record(tree));
    }

    private static DaemonProcess Start(TempTree tree, string schedulers, string actions = "\"s\"", string more = "")
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "state_file": "{{tree.PathOf("state")}}",
              "shutdown_timeout": "1s",
              "schedulers": { {{schedulers.Replace("$RECORD", tree.PathOf("record"), StringComparison.Ordinal)}} },
              "watches": [
                { "path": "{{tree.PathOf("watched")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": [ {{actions}} ] } }{{more}}
              ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }

    private static string[] Record(TempTree tree)
    {
        if (!tree.Exists("record"))
        {
            return [];
        }

        string text = tree.ReadText("record").Replace(tree.PathOf("watched") + "/", "", StringComparison.Ordinal);
        return text.Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string IdOf(string line)
    {
        int at = line.IndexOf("task_id=", StringComparison.Ordinal) + "task_id=".Length;
        return line.Substring(at, 16);
    }
}
