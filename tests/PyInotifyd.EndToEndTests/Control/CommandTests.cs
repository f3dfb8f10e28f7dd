using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Control;

/// <summary>What the commands for the running daemon do and print.</summary>
public sealed class CommandTests
{
    [Fact]
    public void Status_tells_what_the_daemon_does()
    {
        using ControlRig rig = new();

        // By a process of its own: a child that another test starts meanwhile would hold a file of this one open until it runs its program, and the last close, which schedules, would be the child's.
        CommandResult made = CommandResult.Of("/bin/sh", ["-c", "cd \"$0\" && : > w/a && : > w/b && rm w/b && printf content > f && mv f w/f", rig.Tree.Path]);
        Assert.Equal(0, made.ExitStatus);
        ProcessState.Await(() => rig.Tree.Exists("out/f"), "the task of f");
        rig.Tree.SetMode("w/a", 0x180);
        rig.Daemon.WaitFor("task failed");
        rig.Daemon.WaitFor("task finished");

        JsonElement status = JsonDocument.Parse(rig.Fine("status", "--json")).RootElement;
        Assert.Equal(rig.Daemon.Id, status.GetProperty("pid").GetInt32());
        Assert.Equal("1.0.0", status.GetProperty("version").GetString());
        Assert.Equal("ready", status.GetProperty("state").GetString());
        Assert.Equal((1, 1), (status.GetProperty("watches").GetInt32(), status.GetProperty("directories").GetInt32()));
        Assert.InRange(status.GetProperty("uptime").GetDouble(), 0, 600);
        Assert.InRange(status.GetProperty("events_read").GetInt64(), 5, 100);
        Assert.InRange(status.GetProperty("queue_high_water_mark").GetInt64(), 16, 100_000);
        Assert.Equal((0, 0), (status.GetProperty("overflows").GetInt64(), status.GetProperty("rescans").GetInt64()));
        Assert.StartsWith("task failed, exit_status=1, ", status.GetProperty("last_error").GetString());
        Assert.Equal("""{"delayed":1,"waiting":0,"running":0,"finished":0,"failed":0,"cancelled":1,"skipped":0,"paused":false}""", status.GetProperty("schedulers").GetProperty("later").GetRawText());
        Assert.Equal("""{"delayed":0,"waiting":0,"running":0,"finished":1,"failed":0,"cancelled":0,"skipped":0,"paused":false}""", status.GetProperty("schedulers").GetProperty("now").GetRawText());

        string text = rig.Fine("status");
        Assert.Contains($"pyinotifyd 1.0.0, pid {rig.Daemon.Id}, up for ", text);
        Assert.Contains("\nstate:       ready\n", text);
        Assert.Matches(@"\nlater +1 +0 +0 +0 +0 +1 +0\n", text);
        Assert.Matches(@"\nlast error:  [0-9.]+ s ago, task failed, exit_status=1, ", text);
    }

    [Fact]
    public void Metrics_are_in_the_format_of_Prometheus_whatever_a_scheduler_is_called()
    {
        const string name = """now\"\\\n{x}=\u001b[31m\u00e9\udcff""";
        using ControlRig rig = new(schedulers: $$""" "{{name}}": { "type": "exec", "argv": ["/bin/true"] } """, map: $$""" "IN_CLOSE_WRITE": "{{name}}" """);
        rig.Tree.Write("w/a");
        rig.Daemon.WaitFor("task finished");

        string text = rig.Fine("status", "--prometheus");

        MetricsFormat metrics = MetricsFormat.Parse(text);
        Assert.Equal("1", metrics.Value("pyinotifyd_tasks_finished_total", """scheduler=now"\\x0a{x}=\x1b[31mé\xff"""));
        Assert.Equal("1", metrics.Value("pyinotifyd_state", "state=ready"));
        Assert.Equal("0", metrics.Value("pyinotifyd_state", "state=stopping"));
        Assert.Equal("1", metrics.Value("pyinotifyd_directories", ""));
        Assert.All(metrics.Names, each => Assert.StartsWith("pyinotifyd_", each));
        Assert.All(metrics.Names, each => Assert.Equal(metrics.Type(each) == "counter", each.EndsWith("_total", StringComparison.Ordinal)));

        // And for people it is one line.
        Assert.Contains("""now"\\x0a{x}=\x1b[31mé\xff""", rig.Fine("status"));
    }

    [Fact]
    public void Tasks_are_listed_cancelled_and_run()
    {
        using ControlRig rig = new();
        string[] names = ["plain", "line\nfake", "\u001b[31mred", "quote\"'\\x41"];
        foreach (string name in names)
        {
            rig.Tree.Write("w/" + name);
        }

        rig.Tree.Write([.. "w/"u8, 0xff, 0xc3], default);
        ProcessState.Await(() => rig.Counter("later", "delayed") == 5, "five tasks");

        Assert.Equal(5, rig.Tasks().Count);
        Assert.All(rig.Tasks(), task => Assert.Equal(("later", "delayed", "IN_CLOSE_WRITE"), (task.GetProperty("scheduler").GetString(), task.GetProperty("state").GetString(), task.GetProperty("maskname").GetString())));
        Assert.All(rig.Tasks(), task => Assert.InRange(task.GetProperty("due").GetDouble(), 3000, 3600));
        foreach (string name in names)
        {
            Assert.Single(rig.Tasks(), task => !task.GetRawText().Contains("\\udcff", StringComparison.Ordinal) && task.GetProperty("pathname").GetString() == rig.Tree.PathOf("w/" + name));
        }

        Assert.Contains("/w/\\udcff\\udcc3\"", rig.Fine("tasks", "--json"));
        string table = rig.Fine("tasks");
        Assert.Equal(6, table.TrimEnd('\n').Split('\n').Length);
        Assert.DoesNotContain("\u001b", table);
        Assert.Contains(@"/w/line\x0afake" + "\n", table);
        Assert.Contains(@"/w/\xff\xc3" + "\n", table);
        Assert.Matches(@"\n[0-9a-f]{16} delayed +in 60 min +later +IN_CLOSE_WRITE +/.*/w/plain\n", table);

        string id = Regex.Match(table, @"\n([0-9a-f]{16}) .*/w/plain\n").Groups[1].Value;
        string other = Regex.Match(table, @"\n([0-9a-f]{16}) .*/w/line\\x0afake\n").Groups[1].Value;
        Assert.Equal("", rig.Fine("cancel", id));
        rig.Daemon.WaitFor("scheduled task cancelled");
        Assert.Equal("", rig.Fine("run", other));
        rig.Daemon.WaitFor(line => line.Contains("task finished", StringComparison.Ordinal) && line.EndsWith(other, StringComparison.Ordinal));
        Assert.Equal(3, rig.Tasks().Count);

        CommandResult gone = rig.Client("cancel", id);
        Assert.Equal((1, "", $"pyinotifyd: task {id} is neither pending nor running (pyinotifyd tasks lists those that are)\n"), (gone.ExitStatus, gone.Output, gone.Error));
        Assert.Contains($"control: cancel {id} (uid {Libc.geteuid()}, pid ", rig.Daemon.WithLog(""));
    }

    [Fact]
    public void Running_task_is_listed_and_goes_on_when_it_is_cancelled()
    {
        using ControlRig rig = new(schedulers: """ "wait": { "type": "shell", "cmd": "while [ ! -e $OUT/go ]; do sleep 0.02; done" } """, map: """ "IN_CLOSE_WRITE": "wait" """);
        rig.Tree.Write("w/a");
        rig.Daemon.WaitFor("start task");
        rig.Tree.Append("w/a", "x");
        rig.Daemon.WaitFor("queue event");

        Assert.Equal(["queued", "running"], rig.Tasks().Select(task => task.GetProperty("state").GetString()).Order());
        string id = rig.Tasks().Single(task => task.TryGetProperty("running", out _)).GetProperty("id").GetString()!;
        CommandResult result = rig.Client("cancel", id);
        Assert.Equal((1, $"pyinotifyd: task {id} runs already and goes on; what was queued after it has been dropped\n"), (result.ExitStatus, result.Error));
        Assert.Equal((1, $"pyinotifyd: task {id} runs already\n"), (rig.Client("run", id).ExitStatus, rig.Client("run", id).Error));
        rig.Tree.Write("out/go");
        rig.Daemon.WaitFor("task finished");
        Assert.Equal("", rig.Fine("tasks"));
    }

    [Fact]
    public void Failed_tasks_are_listed_and_tried_again()
    {
        using ControlRig rig = new();
        foreach (string name in (string[])["a", "b", "c"])
        {
            rig.Tree.Write("w/" + name);
            rig.Tree.SetMode("w/" + name, 0x180);
        }

        rig.Daemon.WaitForCount(3, "task failed");
        Assert.Equal("", rig.Fine("tasks").Replace("later", "", StringComparison.Ordinal).Split('\n').FirstOrDefault(line => line.Contains("broken", StringComparison.Ordinal), ""));
        Assert.Equal(3, rig.Tasks("failed").Count);
        string id = rig.Tasks("failed")[0].GetProperty("id").GetString()!;
        Assert.Matches(@"\n" + id + " failed +broken +IN_ATTRIB +/.*/w/[abc]\n", rig.Fine("failed"));

        // It fails again, and is there again.
        Assert.Equal("", rig.Fine("retry", id));
        rig.Daemon.WaitForCount(4, "task failed");
        Assert.Equal(3, rig.Tasks("failed").Count);

        rig.Tree.Write("out/mended");
        Assert.Equal("", rig.Fine("cancel", id));
        Assert.Equal("", rig.Fine("retry", "--all"));
        rig.Daemon.WaitForCount(2, "task finished");
        Assert.Equal("", rig.Fine("failed"));
        CommandResult result = rig.Client("retry", id);
        Assert.Equal((1, $"pyinotifyd: task {id} is not among the failed ones (pyinotifyd failed lists them)\n"), (result.ExitStatus, result.Error));
    }

    [Fact]
    public void Pause_keeps_events_and_survives_a_reload()
    {
        using ControlRig rig = new();
        Assert.Equal("", rig.Fine("pause", "now"));
        rig.Tree.Write("f", "content");
        rig.Tree.Move("f", "w/f");
        ProcessState.Await(() => rig.Counter("now", "waiting") == 1, "the task to wait");
        rig.Daemon.Reload(rig.Configuration.Replace("\"later\": {", "\"more\": { \"type\": \"exec\", \"argv\": [\"/bin/true\"] }, \"later\": {", StringComparison.Ordinal));
        rig.Daemon.WaitForCount(2, "ready, watching");
        Assert.Matches(@"\nnow .*  paused\n", rig.Fine("status"));
        Assert.DoesNotMatch(@"\nlater .*  paused\n", rig.Fine("status"));

        Assert.Equal("", rig.Fine("pause"));
        CommandResult result = rig.Client("resume", "now");
        Assert.Equal((1, "pyinotifyd: all schedulers are paused; resume them with: pyinotifyd resume\n"), (result.ExitStatus, result.Error));
        Assert.Contains("state:       ready, all schedulers paused\n", rig.Fine("status"));
        string id = rig.Tasks().Single().GetProperty("id").GetString()!;
        result = rig.Client("run", id);
        Assert.Equal((0, $"pyinotifyd: task {id} is first in line and starts when its scheduler is resumed\n"), (result.ExitStatus, result.Error));
        Assert.False(rig.Tree.Exists("out/f"));

        Assert.Equal("", rig.Fine("resume"));
        ProcessState.Await(() => rig.Tree.Exists("out/f"), "the task to run");
        result = rig.Client("pause", "nwo");
        Assert.Equal((1, "pyinotifyd: there is no scheduler 'nwo'\n"), (result.ExitStatus, result.Error));
    }

    [Fact]
    public void Reload_answers_when_it_is_done_with_what_is_wrong()
    {
        using ControlRig rig = new();
        File.WriteAllText(rig.Daemon.ConfigurationPath, rig.Configuration.Replace("\"IN_MOVED_TO\"", "\"IN_MOVE_TO\"", StringComparison.Ordinal).Replace("1h", "1x", StringComparison.Ordinal));

        CommandResult result = rig.Client("reload");
        string[] lines = result.Error.TrimEnd('\n').Split('\n');
        Assert.Equal((1, "", 3), (result.ExitStatus, result.Output, lines.Length));
        Assert.Equal("pyinotifyd: the configuration has errors, nothing is changed", lines[0]);
        Assert.StartsWith(rig.Daemon.ConfigurationPath + ":", lines[1]);
        Assert.StartsWith("the configuration has errors", rig.Status().GetProperty("last_error").GetString());

        rig.Tree.MakeDirectory("w2");
        File.WriteAllText(rig.Daemon.ConfigurationPath, rig.Configuration.Replace("/w\"", "/w2\"", StringComparison.Ordinal));
        Assert.Equal("", rig.Fine("reload"));

        // It is done: what is written now is seen.
        rig.Tree.Write("f", "content");
        rig.Tree.Move("f", "w2/f");
        ProcessState.Await(() => rig.Tree.Exists("out/f"), "the task to run");
    }

    [Fact]
    public void Status_says_that_the_daemon_is_stopping()
    {
        using ControlRig rig = new(
            root: "", schedulers: """ "wait": { "type": "shell", "cmd": "trap '' TERM; while [ ! -e $OUT/go ]; do sleep 0.02; done" } """, map: """ "IN_CLOSE_WRITE": "wait" """);
        rig.Tree.Write("w/a");
        rig.Daemon.WaitFor("start task");
        rig.Daemon.Signal(Libc.SIGTERM);
        rig.Daemon.WaitFor("shutdown: stop running task");

        Assert.Equal("stopping", rig.Status().GetProperty("state").GetString());
        CommandResult result = rig.Client("reload");
        Assert.Equal((1, "pyinotifyd: the daemon is shutting down\n"), (result.ExitStatus, result.Error));
        rig.Tree.Write("out/go");
        Assert.Equal(0, rig.Daemon.WaitForExit());
        Assert.False(rig.Tree.Exists("s"));
        result = rig.Client("status");
        Assert.Equal(1, result.ExitStatus);
        Assert.Equal($"pyinotifyd: no pyinotifyd answers at '{rig.Socket}': ENOENT No such file or directory; is it running, with this control_socket? Another one is named with -s SOCKET\n", result.Error, ignoreCase: true);
    }
}
