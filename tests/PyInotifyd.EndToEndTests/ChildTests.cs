using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>What a task's process is born with, and how its end is told.</summary>
public sealed class ChildTests
{
    [Theory]
    [InlineData("shell")]
    [InlineData("exec")]
    public void Process_inherits_nothing_of_the_daemon_but_what_it_should(string type)
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        const string look = "(ls -l /proc/self/fd | sed 's/.* \\\\([0-9]* -> .*\\\\)/\\\\1/'; umask; pwd; grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; cut -d' ' -f1,5 /proc/$$/stat) > \\\"$OUT/look\\\"; env -0 > \\\"$OUT/env\\\"; cat > \\\"$OUT/stdin\\\"";
        string job = type == "shell" ? $"\"cmd\": \"{look}\"" : $"\"argv\": [\"/bin/sh\", \"-c\", \"{look}\"]";
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { "s": { "type": "{{type}}", {{job}}, "env": { "OUT": "{{tree.Path}}", "ADDED": "é\udcff", "REMOVED": null } } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_MOVED_TO": "s", "IN_MOVED_FROM": null } } ]
            }
            """,
            start =>
            {
                // A parent that leaves all kinds of things behind.
                start.ArgumentList.Insert(0, start.FileName);
                start.ArgumentList.Insert(0, "exec 3</dev/null 7</dev/zero 9>>/dev/null; umask 0; trap '' HUP USR2 CHLD INT QUIT TSTP; cd /tmp; exec \"$0\" \"$@\"");
                start.ArgumentList.Insert(0, "-c");
                start.FileName = "/bin/sh";
                foreach (string name in (string[])["LD_FOO", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "JOURNAL_STREAM", "INVOCATION_ID", "PYINOTIFYD_PATHNAME", "REMOVED", "KEPT"])
                {
                    start.Environment[name] = "parent";
                }
            });
        daemon.WaitForReady();
        tree.Write("w/a");
        tree.Move("w/a", "w/b");
        daemon.WaitFor("task finished");

        string[] look2 = tree.ReadText("look").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] descriptors = [.. look2.Where(line => line.Contains(" -> ", StringComparison.Ordinal))];

        // ls itself opens the directory, as 3.
        Assert.Equal(["0", "1", "2", "3"], descriptors.Select(line => line.Split(' ')[0]));
        Assert.Contains("/proc/", descriptors[3]);
        Assert.Equal("0 -> /dev/null", descriptors[0]);
        Assert.Contains("0022", look2);
        Assert.Contains("/", look2);
        Assert.Contains("SigBlk:\t0000000000000000", look2);
        Assert.Contains("SigIgn:\t0000000000000000", look2);
        string[] ids = look2[^1].Split(' ');
        Assert.Equal(ids[0], ids[1]);
        Assert.Empty(tree.ReadText("stdin"));

        Dictionary<string, string> environment = Encoding.Latin1.GetString(tree.Read("env"u8)).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
        Assert.Equal("parent", environment["KEPT"]);
        Assert.Equal("\xc3\xa9\xff", environment["ADDED"]);
        Assert.Equal("IN_MOVED_TO", environment["PYINOTIFYD_MASKNAME"]);
        Assert.Equal(tree.PathOf("w/b"), environment["PYINOTIFYD_PATHNAME"]);
        Assert.Equal(tree.PathOf("w/a"), environment["PYINOTIFYD_SRC_PATHNAME"]);
        Assert.Equal(tree.PathOf("w"), environment["PYINOTIFYD_WATCH"]);
        Assert.NotEmpty(environment["PYINOTIFYD_TASK_ID"]);
        Assert.Contains("task_id=" + environment["PYINOTIFYD_TASK_ID"], daemon.Log().First(line => line.Contains("start task", StringComparison.Ordinal)));
        foreach (string name in (string[])["LD_FOO", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "JOURNAL_STREAM", "INVOCATION_ID", "REMOVED"])
        {
            Assert.False(environment.ContainsKey(name), name);
        }

        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void End_of_a_task_is_told_with_its_status_signal_and_output()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null, "shutdown_timeout": 1,
              "schedulers": {
                "status": { "type": "shell", "cmd": "exit 7", "logname": "status" },
                "signal": { "type": "shell", "cmd": "kill -SEGV $$", "logname": "signal" },
                "absent": { "type": "exec", "argv": ["/no/such/program", "{pathname}"], "logname": "absent" },
                "dash": { "type": "shell", "cmd": "-x is no option of the shell", "logname": "dash" },
                "output": { "type": "shell", "cmd": "printf 'one\\ntwo\\001\\377\\n\\nthree'; echo four >&2", "logname": "output" },
                "long": { "type": "shell", "cmd": "head -c 20000 /dev/zero | tr '\\0' x", "logname": "long" },
                "left": { "type": "shell", "cmd": "(sleep 1000 & echo $! > {{tree.PathOf("left")}})", "logname": "left" },
                "discard": { "type": "shell", "cmd": "echo unseen; echo unseen >&2", "output": "discard", "logname": "discard" }
              },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CREATE": ["status", "signal", "absent", "dash", "output", "long", "left", "discard"] } } ]
            }
            """);
        daemon.WaitForReady();
        tree.Write("w/f");
        daemon.WaitUntil(log => log.Count(line => line.Contains("task finished", StringComparison.Ordinal) || line.Contains("task failed", StringComparison.Ordinal)) == 8);

        Assert.Contains("exit_status=7", End(daemon, "status", "WARNING - task failed"));
        Assert.Contains("signal=SIGSEGV", End(daemon, "signal", "WARNING - task failed"));
        Assert.Contains("/no/such/program", End(daemon, "absent", "WARNING - task failed"));
        Assert.Contains("exit_status=127", End(daemon, "dash", "WARNING - task failed"));
        Assert.Contains("exit_status=0", End(daemon, "output", "INFO - task finished"));
        string[] lines = [.. daemon.Log().Where(line => line.Contains("/output - ", StringComparison.Ordinal) && line.Contains(", stream=", StringComparison.Ordinal))];
        Assert.Equal(["one", "two\\x01\\xff", "", "three"], lines.Where(line => line.Contains("stream=stdout", StringComparison.Ordinal)).Select(line => line[(line.IndexOf("line=", StringComparison.Ordinal) + 5)..]));
        Assert.Contains(" - WARNING - ", Assert.Single(lines, line => line.EndsWith("line=four", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.Contains("task_id=", line));
        string cut = Assert.Single(daemon.Log(), line => line.Contains("/long - ", StringComparison.Ordinal) && line.Contains(", stream=", StringComparison.Ordinal));
        Assert.Equal(8192, cut.Count(c => c == 'x'));
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("line=unseen", StringComparison.Ordinal));
        _ = End(daemon, "left", "INFO - task finished");
        Assert.Equal(0, daemon.Stop());

        // What a task leaves behind is its own affair: only the test ends it.
        int left = int.Parse(tree.ReadText("left"), CultureInfo.InvariantCulture);
        Assert.Equal(0, Linux.Libc.kill(left, Linux.Libc.SIGKILL));
    }

    private static string End(DaemonProcess daemon, string name, string message) =>
        Assert.Single(daemon.Log(), line => line.Contains($"pyinotifyd/{name} - {message}", StringComparison.Ordinal));
}
