using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Tasks;

/// <summary>Tasks as another user: what they are, what they have left, and that nothing runs where it cannot be done.</summary>
public sealed class IdentityTests
{
    private const string Nobody = "65534";
    private const string Status = "grep -E '^(Uid|Gid|Groups|Cap[A-Z].*|NoNewPrivs|Sig.*):' /proc/self/status; umask; nice; echo fds=$(ls /proc/self/fd | wc -l)";

    // That of the tests is handed on: field 19 of /proc/self/stat, counted behind the name.
    private static int Niceness => int.Parse(File.ReadAllText("/proc/self/stat").Split(") ")[^1].Split(' ')[16], CultureInfo.InvariantCulture);

    private static (string Options, string[] Expected)[] Identities =>
    [
        ("\"user\": \"nobody\"", ["Uid: 65534 65534 65534 65534", "Gid: 65534 65534 65534 65534", "Groups: 65534", "CapInh: 0", "CapPrm: 0", "CapEff: 0", "CapAmb: 0", "NoNewPrivs: 1", "0022", $"nice={Niceness}"]),
        ("\"user\": 65534, \"no_new_privs\": false", ["Uid: 65534 65534 65534 65534", "CapEff: 0", "NoNewPrivs: 0"]),
        ("\"user\": 54321, \"group\": 54322", ["Uid: 54321 54321 54321 54321", "Gid: 54322 54322 54322 54322", "Groups: 54322", "CapPrm: 0", "NoNewPrivs: 1"]),
        ("\"user\": \"54321\"", ["Uid: 54321 54321 54321 54321", "Gid: 65534 65534 65534 65534", "Groups: 65534"]),
        ("\"user\": \"nobody\", \"group\": \"daemon\"", ["Uid: 65534 65534 65534 65534", "Gid: 1 1 1 1", "Groups: 1"]),
        ("\"group\": \"daemon\"", ["Uid: 0 0 0 0", "Gid: 1 1 1 1", "Groups: 1", "NoNewPrivs: 0"]),
        ("\"user\": \"root\"", ["Uid: 0 0 0 0", "Gid: 0 0 0 0", "NoNewPrivs: 1"]),
        ("\"no_new_privs\": true", ["Uid: 0 0 0 0", "NoNewPrivs: 1"]),
        ("\"umask\": \"0007\"", ["Uid: 0 0 0 0", "NoNewPrivs: 0", "0007"]),
        ("\"umask\": \"0\", \"user\": \"nobody\"", ["Uid: 65534 65534 65534 65534", "0000"]),
        ("\"nice\": 5", ["Uid: 0 0 0 0", "0022", $"nice={Math.Min(Niceness + 5, 19)}"]),
        ("\"nice\": -3, \"user\": \"nobody\"", ["Uid: 65534 65534 65534 65534", $"nice={Niceness - 3}"]),
        ("\"nice\": 19", ["nice=19"]),
    ];

    [Fact]
    public void Task_is_what_its_options_say()
    {
        RootUser.Require();

        using TempTree tree = new();
        List<(string Options, string[] Expected)> cases = [.. Identities];
        string schedulers = string.Join(",\n", cases.Select((row, i) =>
            $"\"s{i}\": {{ \"type\": \"shell\", \"logname\": \"s{i}\", \"cmd\": \"{Status.Replace("nice;", "echo nice=$(nice);", StringComparison.Ordinal)}\", {row.Options} }}"));
        using DaemonProcess daemon = Start(tree, schedulers, [.. cases.Select((_, i) => "s" + i)]);
        tree.Write("watched/a", "x");

        daemon.WaitForCount(cases.Count, "task finished");

        Assert.Equal(0, daemon.Stop());
        for (int i = 0; i < cases.Count; i++)
        {
            string[] lines = [.. daemon.Log().Where(line => line.Contains($"pyinotifyd/s{i} - ", StringComparison.Ordinal)).Select(Output).Where(line => line.Length != 0)];
            foreach (string expected in cases[i].Expected)
            {
                Assert.True(lines.Contains(expected), cases[i].Options + ": no " + expected + " in\n" + string.Join('\n', lines));
            }

            // No signal is blocked or ignored, and no descriptor is left over but that of ls.
            Assert.Contains("SigBlk: 0", lines);
            Assert.Contains("SigIgn: 0", lines);
            Assert.Contains("fds=4", lines);
        }
    }

    [Fact]
    public void Task_as_user_has_the_environment_of_that_user()
    {
        RootUser.Require();

        using TempTree tree = new();
        using DaemonProcess daemon = Start(
            tree,
            """
            "s": { "type": "exec", "argv": ["env"], "user": "nobody", "env": { "SHELL": "/mine", "KEPT": "yes" } },
            "c": { "type": "exec", "argv": ["env"], "logname": "c", "user": "nobody", "clear_env": true }
            """,
            ["s", "c"],
            start => start.Environment["XDG_RUNTIME_DIR"] = "/run/user/0");
        tree.Write("watched/a", "x");

        daemon.WaitForCount(2, "task finished");

        string[] s = [.. daemon.Log().Where(line => line.Contains("pyinotifyd/sched", StringComparison.Ordinal)).Select(Output)];
        string[] c = [.. daemon.Log().Where(line => line.Contains("pyinotifyd/c ", StringComparison.Ordinal)).Select(Output)];
        Assert.Contains("HOME=/nonexistent", s);
        Assert.Contains("USER=nobody", s);
        Assert.Contains("LOGNAME=nobody", s);
        Assert.Contains("SHELL=/mine", s);
        Assert.Contains("KEPT=yes", s);
        Assert.DoesNotContain(s, line => line.StartsWith("XDG_RUNTIME_DIR", StringComparison.Ordinal));
        Assert.All(c.Where(line => line.Contains('=', StringComparison.Ordinal)), line => Assert.True(line.StartsWith("PATH=", StringComparison.Ordinal) || line.StartsWith("PYINOTIFYD_", StringComparison.Ordinal), line));
    }

    [Theory]
    [InlineData("\"argv\": [\"true\"], \"cwd\": \"{}/closed\"", "EACCES", "for its directory {}/closed; check cwd, and that the user may enter it")]
    [InlineData("\"argv\": [\"{}/closed/program\"]", "EACCES", "check that this user may execute it and enter all directories above it")]
    [InlineData("\"argv\": [\"no-such-program\"], \"env\": {\"PATH\": \"/usr/bin:bin\"}", "ENOENT", "it is in no directory of PATH=")]
    [InlineData("\"argv\": [\"/no/such/program\"]", "ENOENT", "check that the file is there")]
    [InlineData("\"argv\": [\"/etc/passwd\"]", "EACCES", "check that this user may execute it")]
    public void Task_that_the_user_cannot_start_fails_with_the_reason(string options, string errno, string remedy)
    {
        RootUser.Require();

        using TempTree tree = new();
        tree.MakeDirectory("closed");
        tree.Write("closed/program", "#!/bin/sh\necho ran");
        tree.SetMode("closed/program", 0x1ed);
        tree.SetMode("closed", 0x1c0);
        using DaemonProcess daemon = Start(tree, $$""" "s": { "type": "exec", {{options.Replace("{}", tree.Path, StringComparison.Ordinal)}}, "user": "nobody" } """, ["s"]);
        tree.Write("watched/a", "x");

        string line = daemon.WaitFor("task failed");

        Assert.Contains("as user nobody: " + errno, line);
        Assert.Contains(remedy.Replace("{}", tree.Path, StringComparison.Ordinal), line);
        Assert.Equal(0, daemon.Stop());
    }

    [Theory]
    [InlineData("setgroups", "setgroups: EPERM")]
    [InlineData("setresgid", "setresgid: EPERM")]
    [InlineData("setresuid", "setresuid: EPERM")]
    [InlineData("capset", "capset: EPERM")]
    public void Task_fails_and_nothing_runs_where_the_kernel_refuses_a_step(string call, string expected)
    {
        RootUser.Require();

        using TempTree tree = new();
        string ran = tree.PathOf("ran");

        // The daemon itself makes none of these calls with success that it needs.
        using DaemonProcess daemon = Start(tree, $$""" "s": { "type": "shell", "cmd": "touch {{ran}}; echo RAN", "user": "nobody", "group": "daemon", "retries": 1, "retry_delay": "10ms" } """, ["s"], start =>
        {
            string[] words = ["-f", "-qq", "-o", tree.PathOf("trace"), "-e", "trace=" + call, "-e", $"inject={call}:error=EPERM", start.FileName, .. start.ArgumentList];
            start.FileName = "strace";
            start.ArgumentList.Clear();
            foreach (string word in words)
            {
                start.ArgumentList.Add(word);
            }
        });
        daemon.WaitForReady();
        (int Pid, char State) traced = Assert.Single(ProcessState.Children(daemon.Id));
        try
        {
            tree.Write("watched/a", "x");

            string line = daemon.WaitFor("task failed");

            Assert.Contains("cannot start /bin/sh as user nobody: ", line);
            Assert.Contains(expected, line);
            Assert.False(tree.Exists("ran"));
            Assert.DoesNotContain(daemon.Log(), entry => entry.EndsWith("RAN", StringComparison.Ordinal));
        }
        finally
        {
            // Who ends strace leaves the daemon to itself.
            Assert.Equal(0, Libc.kill(traced.Pid, Libc.SIGTERM));
            daemon.WaitForExit();
        }
    }

    [Fact]
    public void Set_id_program_gains_nothing()
    {
        RootUser.Require();

        using TempTree tree = new("/var/tmp");
        File.Copy("/usr/bin/id", tree.PathOf("id"));
        tree.SetMode("id", 0x9ed);
        using DaemonProcess daemon = Start(
            tree,
            $$""" "s": { "type": "exec", "argv": ["{{tree.PathOf("id")}}"], "user": "nobody" }, "g": { "type": "exec", "argv": ["{{tree.PathOf("id")}}"], "logname": "g", "user": "nobody", "no_new_privs": false } """,
            ["s", "g"]);
        tree.Write("watched/a", "x");

        daemon.WaitForCount(2, "task finished");

        Assert.Contains("euid=0(root)", daemon.WaitFor(line => line.Contains("/g - ", StringComparison.Ordinal) && line.Contains("uid=", StringComparison.Ordinal)));
        Assert.DoesNotContain("euid=", daemon.WaitFor(line => line.Contains("/sched - ", StringComparison.Ordinal) && line.Contains("uid=" + Nobody, StringComparison.Ordinal)));
    }

    [Fact]
    public void Task_may_open_its_output_again_by_name()
    {
        RootUser.Require();

        using TempTree tree = new();
        using DaemonProcess daemon = Start(tree, """ "s": { "type": "shell", "cmd": "echo to-output > /dev/stdout; echo to-errors > /dev/stderr; cat /dev/stdin", "user": "nobody", "stdin": "event" } """, ["s"]);
        tree.Write("watched/a", "x");

        daemon.WaitFor("task finished");

        Assert.Contains(daemon.Log(), line => line.Contains("to-output", StringComparison.Ordinal) && !line.Contains("execute", StringComparison.Ordinal));
        Assert.Contains(daemon.Log(), line => line.Contains("WARNING", StringComparison.Ordinal) && line.Contains("to-errors", StringComparison.Ordinal));
        Assert.Contains(daemon.Log(), line => line.Contains("{\"", StringComparison.Ordinal) && line.Contains("pathname", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_of_the_daemon_are_its_users_and_those_of_tasks_and_rules_are_as_usual()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using DaemonProcess daemon = DaemonProcess.Start($$"""
            { "control_socket": null, "state_file": "{{tree.PathOf("own/state")}}",
              "schedulers": {
                "t": { "type": "shell", "cmd": "mkdir {{tree.PathOf("by-task")}}" },
                "f": { "type": "filemanager", "rules": [ { "action": "copy", "src_re": ".*/(?P<n>[^/]*)$", "dst_re": "{{tree.PathOf("out/deep")}}/\\g<n>", "auto_create": true } ] } },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "event_map": { "IN_CLOSE_WRITE": ["t", "f"] } } ] }
            """);
        daemon.WaitForReady();
        tree.Write("watched/a", "x");
        tree.SetMode("watched/a", 0x1a4);
        daemon.WaitForCount(2, "task finished");

        Assert.Contains("Umask:\t0077", File.ReadAllText($"/proc/{daemon.Id}/status"), StringComparison.Ordinal);
        Assert.Equal(0, daemon.Stop());
        Assert.Equal(0x180u, tree.StatusOf("own/state").stx_mode & 0xfffu);
        Assert.Equal(0x1c0u, tree.StatusOf("own").stx_mode & 0xfffu);
        Assert.Equal(0x1edu, tree.StatusOf("by-task").stx_mode & 0xfffu);
        Assert.Equal(0x1edu, tree.StatusOf("out").stx_mode & 0xfffu);
        Assert.Equal(0x1edu, tree.StatusOf("out/deep").stx_mode & 0xfffu);
    }

    [Fact]
    public void Worker_runs_as_its_user()
    {
        RootUser.Require();

        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using DaemonProcess daemon = DaemonProcess.Start($$"""
            { "control_socket": null,
              "workers": { "w": { "command": ["/bin/sh", "-c", "id >&2; echo $HOME >&2; grep NoNewPrivs /proc/self/status >&2; exec cat > /dev/null"], "user": "nobody" },
                           "bad": { "command": ["/bin/sh", "-c", "echo RAN >&2"], "user": "nobody", "cwd": "{{tree.PathOf("closed")}}" } },
              "schedulers": { "s": { "type": "task", "worker": "w", "job": "j" }, "b": { "type": "task", "worker": "bad", "job": "j" } },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "event_map": { "IN_CLOSE_WRITE": "s", "IN_CREATE": "b" } } ] }
            """);

        Assert.Contains("gid=65534(nogroup) groups=65534(nogroup)", daemon.WaitFor("uid=65534"));
        daemon.WaitFor("/nonexistent");
        daemon.WaitFor("NoNewPrivs:\\x091");
        Assert.Contains("as user nobody: ENOENT", daemon.WaitFor("worker bad ended, cannot start /bin/sh"));
        Assert.DoesNotContain(daemon.Log(), line => line.EndsWith("RAN", StringComparison.Ordinal));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Unknown_names_are_errors_with_a_suggestion()
    {
        using TempTree tree = new();
        tree.Write("c.json", """
            { "schedulers": {
                "a": { "type": "shell", "cmd": "true", "user": "nobdy" },
                "b": { "type": "shell", "cmd": "true", "group": "no-such-group-at-all" } } }
            """);

        CommandResult run = CommandResult.Of(PublishedBinary.X64, ["-t", "-c", tree.PathOf("c.json")]);

        Assert.Equal(1, run.ExitStatus);
        Assert.Contains(":2:52: $.schedulers.a.user: there is no user \"nobdy\"; did you mean \"nobody\"?\n", run.Error, StringComparison.Ordinal);
        Assert.Contains(":3:53: $.schedulers.b.group: there is no group \"no-such-group-at-all\"", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Daemon_that_is_not_root_may_name_itself_only()
    {
        RootUser.Require();

        using TempTree tree = new("/var/tmp");
        File.Copy(PublishedBinary.X64, tree.PathOf("pyinotifyd"));
        foreach ((string user, int status, string error) in new[] { ("nobody", 0, ""), (Nobody, 0, ""), ("daemon", 1, "only root can run a task as another user, and the daemon runs as user 65534") })
        {
            tree.Write("c.json", $$"""{ "schedulers": { "a": { "type": "shell", "cmd": "true", "user": "{{user}}" } } }""");

            CommandResult run = CommandResult.Of("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", tree.PathOf("pyinotifyd"), "-t", "-c", tree.PathOf("c.json")]);

            Assert.Equal(status, run.ExitStatus);
            Assert.Contains(error, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Task_as_user_runs_in_a_chroot_with_nothing_but_the_two_programs()
    {
        RootUser.Require();

        using TempTree tree = new("/var/tmp");
        tree.MakeDirectory("watched");
        tree.MakeDirectory("bin");
        File.Copy("/bin/busybox", tree.PathOf("bin/busybox"));
        tree.Link("bin/busybox", "bin/sh");
        File.Copy(PublishedBinary.X64, tree.PathOf("pyinotifyd"));
        tree.Write("config.json", """
            { "control_socket": null,
              "schedulers": { "s": { "type": "shell", "cmd": "/bin/busybox id; /bin/busybox id > /dev/null || :", "user": 4711, "group": 4712, "nice": 1 } },
              "watches": [ { "path": "/watched", "event_map": { "IN_CLOSE_WRITE": "s" } } ] }
            """);
        using DaemonProcess daemon = DaemonProcess.Start("{}", start =>
        {
            start.ArgumentList.Clear();
            start.FileName = "chroot";
            foreach (string word in (string[])[tree.Path, "/pyinotifyd", "-c", "/config.json"])
            {
                start.ArgumentList.Add(word);
            }
        });
        daemon.WaitForReady();
        tree.Write("watched/a", "x");

        Assert.Contains("uid=4711 gid=4712 groups=4712", daemon.WaitFor("uid="));
        daemon.WaitFor("task finished");
        Assert.Equal(0, daemon.Stop());
    }

    private static DaemonProcess Start(TempTree tree, string schedulers, string[] names, Action<ProcessStartInfo>? prepare = null)
    {
        tree.MakeDirectory("watched");
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            { "control_socket": null, "schedulers": { {{schedulers}} },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "event_map": { "IN_CLOSE_WRITE": [ {{string.Join(", ", names.Select(name => $"\"{name}\""))}} ] } } ] }
            """,
            prepare);
        daemon.WaitForReady();
        return daemon;
    }

    // What a line of a process says, white space and leading zeros of sets made one.
    private static string Output(string line)
    {
        const string Mark = "line=";
        int at = line.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0)
        {
            return "";
        }

        string text = line[(at + Mark.Length)..];
        text = string.Join(' ', text.Replace("\\x09", " ", StringComparison.Ordinal).Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries));
        int zeros = text.IndexOf(": 0000000000000000", StringComparison.Ordinal);
        return zeros < 0 ? text : text[..(zeros + 3)];
    }
}
