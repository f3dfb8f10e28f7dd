using System;
using System.IO;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Control;

/// <summary>Where the socket is, whose it is, and what else may be there.</summary>
public sealed class SocketTests
{
    [Fact]
    public void Others_are_kept_out_by_the_mode_and_by_who_they_are()
    {
        RootUser.Require();

        using ControlRig rig = new();
        File.Copy(PublishedBinary.X64, rig.Tree.PathOf("client"));
        string[] nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        CommandResult result = CommandResult.Of("setpriv", [.. nobody, rig.Tree.PathOf("client"), "status", "-s", rig.Socket]);
        Assert.Equal((1, ""), (result.ExitStatus, result.Output));
        Assert.StartsWith($"pyinotifyd: no pyinotifyd answers at '{rig.Socket}': EACCES ", result.Error);
        Assert.Contains("ask as root, as the user that it runs as, or as a member of its control_group", Assert.Single(result.Error.TrimEnd('\n').Split('\n')));

        rig.Tree.SetMode("s", 0x1b6);
        result = CommandResult.Of("setpriv", [.. nobody, rig.Tree.PathOf("client"), "status", "-s", rig.Socket]);
        Assert.Equal((1, "", "pyinotifyd: permission denied: only root, the user that the daemon runs as and members of control_group may use this socket\n"), (result.ExitStatus, result.Output, result.Error));
        rig.Daemon.WaitFor("control: refused a connection of uid 65534, pid ");

        // A group: as the primary one, and as one of many others.
        rig.Daemon.Reload(rig.Configuration.Replace("\"shutdown_timeout\"", "\"control_group\": 54321, \"shutdown_timeout\"", StringComparison.Ordinal));
        rig.Daemon.WaitForCount(2, "ready, watching");
        Assert.Equal((0x1b0, 54321u), (rig.Tree.StatusOf("s").stx_mode & 0xfff, rig.Tree.StatusOf("s").stx_gid));
        string many = string.Join(',', Enumerable.Range(60_000, 100)) + ",54321";
        foreach (string[] group in (string[][])[["--regid=54321", "--clear-groups"], ["--regid=65534", "--groups=" + many]])
        {
            result = CommandResult.Of("setpriv", ["--reuid=65534", .. group, rig.Tree.PathOf("client"), "status", "-s", rig.Socket]);
            Assert.Equal((0, ""), (result.ExitStatus, result.Error));
        }

        result = CommandResult.Of("setpriv", [.. nobody, rig.Tree.PathOf("client"), "status", "-s", rig.Socket]);
        Assert.StartsWith($"pyinotifyd: no pyinotifyd answers at '{rig.Socket}': EACCES ", result.Error);

        rig.Daemon.Reload(rig.Configuration);
        rig.Daemon.WaitForCount(3, "ready, watching");
        Assert.Equal((0x180, 0u), (rig.Tree.StatusOf("s").stx_mode & 0xfff, rig.Tree.StatusOf("s").stx_gid));
        result = CommandResult.Of("setpriv", ["--reuid=65534", "--regid=54321", "--clear-groups", rig.Tree.PathOf("client"), "status", "-s", rig.Socket]);
        Assert.StartsWith($"pyinotifyd: no pyinotifyd answers at '{rig.Socket}': EACCES ", result.Error);
    }

    [Fact]
    public void Second_daemon_warns_and_runs_without_and_a_dead_ones_socket_is_taken_over()
    {
        using ControlRig first = new();
        string configuration = first.Configuration.Replace("\"IN_MOVED_TO\": \"now\"", "\"IN_MOVED_TO\": null", StringComparison.Ordinal);
        using (DaemonProcess second = DaemonProcess.Start(configuration))
        {
            second.WaitForReady();
            Assert.Contains(" - WARNING - no control socket at '" + first.Socket + "': another process listens there", second.WaitFor("no control socket"));
            Assert.Equal(first.Daemon.Id, first.Status().GetProperty("pid").GetInt32());

            first.Daemon.Signal(Libc.SIGKILL);
            first.Daemon.WaitForExit();
            Assert.Equal(1, first.Client("status").ExitStatus);
            Assert.Contains("ECONNREFUSED", first.Client("status").Error);
            second.Signal(Libc.SIGHUP);
            second.WaitForCount(2, "ready, watching");
            Assert.Equal(second.Id, first.Status().GetProperty("pid").GetInt32());
            Assert.Equal(0, second.Stop());
        }

        Assert.False(first.Tree.Exists("s"));
    }

    [Fact]
    public void Socket_that_cannot_be_is_a_warning_and_a_reload_finds_another()
    {
        using ControlRig rig = new();
        rig.Tree.MakeDirectory("open");
        rig.Tree.SetMode("open", 0x1ff);
        string tooLong = rig.Tree.PathOf(new string('x', 100));
        (string Path, string Problem)[] cases =
        [
            (tooLong, $"it has {tooLong.Length} bytes, and the path of a socket can have 107 at most"), (rig.Tree.PathOf("open/s"), $"{rig.Tree.PathOf("open")} may be written by everybody"),
            (rig.Tree.PathOf("no/s"), "its directory cannot be opened: ENOENT"), (rig.Tree.PathOf("w"), "it exists and is not a socket"),
        ];
        int count = 1;
        foreach ((string path, string problem) in cases)
        {
            rig.Daemon.Reload(rig.Configuration.Replace("\"" + rig.Socket + "\"", "\"" + path + "\"", StringComparison.Ordinal));
            rig.Daemon.WaitForCount(++count, "ready, watching");
            Assert.Contains($" - WARNING - no control socket at '{path}': {problem}", rig.Daemon.WaitFor($"no control socket at '{path}'"));
            Assert.False(rig.Tree.Exists("s"));
        }

        rig.Daemon.Reload(rig.Configuration.Replace("\"" + rig.Socket + "\"", "\"" + rig.Tree.PathOf("other") + "\"", StringComparison.Ordinal));
        rig.Daemon.WaitForCount(++count, "ready, watching");
        Assert.Equal(0, CommandResult.Of(PublishedBinary.X64, ["status", "-s", rig.Tree.PathOf("other")]).ExitStatus);

        rig.Daemon.Reload(rig.Configuration.Replace("\"" + rig.Socket + "\"", "null", StringComparison.Ordinal));
        rig.Daemon.WaitForCount(++count, "ready, watching");
        Assert.False(rig.Tree.Exists("other"));
        Assert.Equal(0, rig.Daemon.Stop());
    }

    [Fact]
    public void User_without_root_has_a_socket_in_the_runtime_directory()
    {
        using TempTree tree = new();
        tree.MakeDirectory("run");
        tree.MakeDirectory("w");
        if (Libc.geteuid() == 0)
        {
            Assert.Equal(0, CommandResult.Of("chown", ["-R", "65534:65534", tree.PathOf("run"), tree.PathOf("w")]).ExitStatus);
        }

        File.Copy(PublishedBinary.X64, tree.PathOf("binary"));
        tree.Write("c.json", $$"""{ "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": {} } ] }""");
        string script = $"""
            export XDG_RUNTIME_DIR={tree.PathOf("run")}
            {tree.PathOf("binary")} -c {tree.PathOf("c.json")} 2> /dev/null & pid=$!
            until {tree.PathOf("binary")} status 2> /dev/null; do sleep 0.02; done
            stat -c %a $XDG_RUNTIME_DIR/pyinotifyd.sock
            kill -TERM $pid; wait $pid
            ls -A $XDG_RUNTIME_DIR
            """;
        string[] words = ["/bin/sh", "-c", script];
        CommandResult result = Libc.geteuid() == 0 ? CommandResult.Of("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", .. words]) : CommandResult.Of(words[0], words[1..]);

        Assert.Equal((0, ""), (result.ExitStatus, result.Error));
        Assert.EndsWith("\n600\n", result.Output);
        Assert.Contains("state:       ready", result.Output);
    }

    [Theory]
    [InlineData("/no/such/socket", "pyinotifyd: no pyinotifyd answers at '/no/such/socket': ENOENT")]
    [InlineData("/dev/null", "pyinotifyd: no pyinotifyd answers at '/dev/null': ECONNREFUSED")]
    [InlineData("/x\n\u001b", "pyinotifyd: no pyinotifyd answers at '/x\\x0a\\x1b': ENOENT")]
    [InlineData("/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "pyinotifyd: cannot connect to '/xxx")]
    public void Client_without_a_daemon_says_so_on_one_line(string socket, string expected)
    {
        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["status", "-s", socket]);

        Assert.Equal((1, ""), (result.ExitStatus, result.Output));
        Assert.StartsWith(expected, Assert.Single(result.Error.TrimEnd('\n').Split('\n')));
    }
}
