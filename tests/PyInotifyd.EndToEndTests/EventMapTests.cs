using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests;

/// <summary>The seed's example of an event map: a task for each new file that is not modified, moved or deleted within the delay.</summary>
public sealed class EventMapTests(ITestOutputHelper output)
{
    private const double DelaySeconds = 0.5;

    // On a quiet machine it is some milliseconds; this one may be busy with other tests.
    private const double LateSeconds = 10;

    private const string Map =
        """
        "IN_ACCESS": null, "IN_ATTRIB": null, "IN_CLOSE_NOWRITE": null, "IN_CLOSE_WRITE": "task", "IN_CREATE": "task",
        "IN_DELETE": { "cancel": "task" }, "IN_DELETE_SELF": { "cancel": "task" }, "IN_IGNORED": null, "IN_MODIFY": { "cancel": "task" },
        "IN_MOVE_SELF": null, "IN_MOVED_FROM": { "cancel": "task" }, "IN_MOVED_TO": "task", "IN_OPEN": null, "IN_Q_OVERFLOW": null, "IN_UNMOUNT": { "cancel": "task" }
        """;

    [Fact]
    public void Task_runs_once_after_the_delay_unless_something_cancels_it()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w/sub");
        tree.MakeDirectory("out");
        tree.MakeDirectory("ran");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "logging": { "format": "json" },
              "schedulers": { "task": { "type": "shell", "cmd": "date +%s%N >> {{tree.PathOf("ran")}}/{name}", "delay": {{DelaySeconds.ToString(CultureInfo.InvariantCulture)}} } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": { {{Map}} } } ]
            }
            """);
        daemon.WaitForReady();
        Dictionary<string, long> last = [];

        // What is left alone runs, counted from its last event that schedules.
        Do("created", () => tree.Write("w/created"));
        Do("written", () => tree.Write("w/written", "text"));
        Do("in-sub", () => tree.Write("w/sub/in-sub", "text"));
        Do("new-dir", () => NewDirectory(tree));
        tree.Write("out/moved-in", "text");
        Do("moved-in", () => tree.Move("out/moved-in", "w/moved-in"));

        // Cancelled, and not scheduled again.
        tree.Write("w/deleted", "text");
        tree.Delete("w/deleted");
        tree.Write("w/moved-out", "text");
        tree.Move("w/moved-out", "out/moved-out");
        tree.Write("w/open");
        int open = tree.Open("w/open"u8, Libc.O_WRONLY);
        Libc.write(open, "x"u8);
        tree.MakeDirectory("w/dir");
        tree.Write("w/dir/below", "text");
        tree.DeleteTree("w/dir");

        // Cancelled under the old name, scheduled under the new one.
        tree.Write("w/old-name", "text");
        Do("new-name", () => tree.Move("w/old-name", "w/new-name"));
        tree.Write("w/over", "one");
        tree.Write("w/over.tmp", "two");
        Do("over", () => tree.Move("w/over.tmp", "w/over"));

        // Changed within the delay: the wait starts anew.
        tree.Write("w/again", "one");
        daemon.WaitFor(line => line.Contains("w/again", StringComparison.Ordinal) && line.Contains("IN_CLOSE_WRITE", StringComparison.Ordinal));
        Do("again", () => tree.Append("w/again", "two"));

        // Not a word about these.
        Do("untouched", () => tree.Write("w/untouched", "text"));
        tree.SetMode("w/untouched", 0x180);
        tree.Read("w/untouched"u8);

        // Cancelled and created anew.
        tree.Write("w/anew", "one");
        tree.Delete("w/anew");
        Do("anew", () => tree.Write("w/anew", "two"));
        Do("last", () => tree.Write("w/last", "text"));

        daemon.WaitUntil(log => log.Count(line => line.Contains("task finished", StringComparison.Ordinal)) >= last.Count);
        Assert.Equal(last.Keys.Order(StringComparer.Ordinal), tree.List("ran").Select(Encoding.UTF8.GetString));
        double latest = 0;
        foreach ((string name, long start) in last)
        {
            string[] runs = tree.ReadText("ran/" + name).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            double waited = (long.Parse(Assert.Single(runs), CultureInfo.InvariantCulture) - start) / 1e9;
            Assert.True(waited >= DelaySeconds, daemon.WithLog($"{name} ran {waited} s after its event, before the delay was over"));
            Assert.True(waited < DelaySeconds + LateSeconds, daemon.WithLog($"{name} ran {waited} s after its event"));
        }

        foreach (JsonLog start in JsonLog.Of(daemon).Where(line => line.Message == "start task"))
        {
            JsonLog scheduled = JsonLog.Of(daemon).Last(line => line.TaskId == start.TaskId && line.Message.EndsWith("schedule task", StringComparison.Ordinal));
            latest = Math.Max(latest, (start.Time - scheduled.Time).TotalSeconds - DelaySeconds);
        }

        output.WriteLine($"latest start: {latest * 1000:F1} ms after the end of its delay, by the log");
        Assert.True(latest < LateSeconds, daemon.WithLog($"a task started {latest} s late"));

        // The open one was cancelled by its write; closing schedules it.
        tree.MakeDirectory("w/sub2");
        Assert.False(tree.Exists("ran/open"));
        Libc.close(open);
        daemon.WaitFor(line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("w/open\"", StringComparison.Ordinal));
        Assert.Equal(0, daemon.Stop());
        return;

        void Do(string name, Action operation)
        {
            last[name] = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
            operation();
        }
    }

    [Fact]
    public void Max_delay_ends_the_wait_of_a_path_that_never_rests()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null, "logging": { "format": "json" },
              "schedulers": { "s": { "type": "exec", "argv": ["/bin/true"], "delay": "30s", "max_delay": "700ms" } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_ATTRIB": "s", "IN_CREATE": "s" } } ]
            }
            """);
        daemon.WaitForReady();

        tree.Write("w/busy");
        while (!daemon.Log().Any(line => line.Contains("start task", StringComparison.Ordinal)))
        {
            tree.SetMode("w/busy", 0x180);
            Thread.Sleep(20);
        }

        List<JsonLog> log = JsonLog.Of(daemon);
        JsonLog first = log.First(line => line.Message == "schedule task");
        JsonLog start = log.First(line => line.Message == "start task");

        // The log's stamp of the first event may be a little later than the reading of the event, from which the delay counts.
        double waited = (start.Time - first.Time).TotalSeconds;
        Assert.InRange(waited, 0.65, 0.7 + LateSeconds);
        Assert.Contains(log, line => line.Message == "re-schedule task" && line.Delay is > 0 and < 0.7);
        Assert.DoesNotContain(log, line => line.Message == "re-schedule task" && line.Delay > 0.7);
    }

    [Fact]
    public void Singlejob_has_one_task_for_all_paths_with_the_newest_event()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { "s": { "type": "shell", "cmd": "echo {name} >> {{tree.PathOf("ran")}}", "delay": "2s", "singlejob": true } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CLOSE_WRITE": "s", "IN_DELETE": { "cancel": "s" } } } ]
            }
            """);
        daemon.WaitForReady();

        for (int i = 0; i < 20; i++)
        {
            tree.Write($"w/{i}");
        }

        daemon.WaitFor("task finished");
        Assert.Equal("19\n", tree.ReadText("ran"));

        // Any path's event cancels it.
        int mark = daemon.Mark();
        tree.Write("w/a");
        daemon.WaitForAfter(mark, line => line.Contains(" schedule task", StringComparison.Ordinal));
        tree.Delete("w/0");
        daemon.WaitForAfter(mark, line => line.Contains("scheduled task cancelled", StringComparison.Ordinal));
        Assert.Equal(0, daemon.Stop());
        Assert.Equal("19\n", tree.ReadText("ran"));
    }

    private static void NewDirectory(TempTree tree)
    {
        tree.MakeDirectory("w/made/at/once");
        tree.Write("w/made/at/once/new-dir", "text");
    }
}
