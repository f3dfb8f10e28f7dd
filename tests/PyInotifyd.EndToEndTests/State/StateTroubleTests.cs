using System;
using System.IO;
using System.Linq;
using System.Threading;
using PyInotifyd.EndToEndTests.Files;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>A state file that cannot be written, read or trusted: one line says so, the daemon goes on, and nothing is lost but what is said to be.</summary>
public sealed class StateTroubleTests
{
    private const string Stranger = "54321";

    [Fact]
    public void Full_disk_is_said_once_and_written_again_when_there_is_room()
    {
        RootUser.Require();
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using MountedDirectory disk = new(tree.PathOf("disk"), "size=64k");
        tree.Write("disk/ballast", new string('x', 64 * 1024));
        using DaemonProcess daemon = Start(tree, "disk/state", keys: "\"delay\": \"1h\"");
        string warning = daemon.WaitFor("cannot write the state file");
        Assert.Contains("ENOSPC", warning, StringComparison.Ordinal);
        Assert.Contains("make room on its file system", warning, StringComparison.Ordinal);
        Assert.False(tree.Exists("disk/state.new"));
        AwaitState(tree, daemon, "degraded", "cannot write the state file");

        tree.Delete("disk/ballast");
        tree.Write("watched/a", "x");
        daemon.WaitFor("can be written again");
        AwaitState(tree, daemon, "ready", "");
        Assert.Contains("\ntask ", tree.ReadText("disk/state"), StringComparison.Ordinal);
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Full_disk_at_the_stop_leaves_the_old_file_and_no_change_is_lost()
    {
        RootUser.Require();
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using MountedDirectory disk = new(tree.PathOf("disk"), "size=64k");
        using (DaemonProcess daemon = Start(tree, "disk/state", keys: "\"delay\": \"1h\""))
        {
            Await(() => tree.Exists("disk/state"));
            using (FileStream ballast = File.Create(tree.PathOf("disk/ballast")))
            {
                Fill(ballast);
            }

            tree.Write("watched/a", "x");
            daemon.WaitFor("cannot write the state file");
            Assert.Equal(0, daemon.Stop());
        }

        tree.Delete("disk/ballast");
        using DaemonProcess again = Start(tree, "disk/state");
        again.WaitFor($"start task, mask=IN_CLOSE_WRITE, path={tree.PathOf("watched/a")}");
        Assert.Equal(0, again.Stop());
    }

    [Fact]
    public void Read_only_file_system_is_said_with_its_remedy()
    {
        RootUser.Require();
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using MountedDirectory disk = new(tree.PathOf("disk"), "ro");
        using DaemonProcess daemon = Start(tree, "disk/state");
        string warning = daemon.WaitFor("cannot write the state file");
        Assert.Contains("EROFS", warning, StringComparison.Ordinal);
        Assert.Contains("mount its file system for writing", warning, StringComparison.Ordinal);
        tree.Write("watched/a", "x");
        daemon.WaitFor("task finished");
        Assert.Equal(0, daemon.Stop());
    }

    [Theory]
    [InlineData("link")]
    [InlineData("stranger")]
    [InlineData("writable")]
    [InlineData("hard link")]
    [InlineData("fifo")]
    public void File_that_somebody_else_can_have_written_is_not_read(string kind)
    {
        RootUser.Require();
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.Write("watched/a", "x");
        using (DaemonProcess daemon = Start(tree, "state"))
        {
            Assert.Equal(0, daemon.Stop());
        }

        byte[] genuine = File.ReadAllBytes(tree.PathOf("state"));
        switch (kind)
        {
            case "link":
                tree.Move("state", "elsewhere");
                File.CreateSymbolicLink(tree.PathOf("state"), tree.PathOf("elsewhere"));
                break;
            case "stranger":
                Run("chown", Stranger, tree.PathOf("state"));
                break;
            case "writable":
                Run("chmod", "0666", tree.PathOf("state"));
                break;
            case "hard link":
                Run("ln", tree.PathOf("state"), tree.PathOf("elsewhere"));
                break;
            default:
                tree.Delete("state");
                Run("mkfifo", tree.PathOf("state"));
                break;
        }

        using DaemonProcess again = Start(tree, "state");
        Assert.Contains("everything in the watched trees is reported", again.WaitFor($"cannot use the state file '{tree.PathOf("state")}'"), StringComparison.Ordinal);
        again.WaitFor($"start task, mask=IN_CLOSE_WRITE, path={tree.PathOf("watched/a")}");
        Assert.Equal(0, again.Stop());
        if (tree.Exists("elsewhere"))
        {
            Assert.Equal(genuine, File.ReadAllBytes(tree.PathOf("elsewhere")));
        }

        Assert.Equal(Libc.S_IFREG, tree.StatusOf("state").stx_mode & Libc.S_IFMT);
    }

    [Theory]
    [InlineData("link")]
    [InlineData("hard link")]
    [InlineData("fifo")]
    public void What_somebody_puts_under_the_name_of_the_new_file_is_not_written_to(string kind)
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.Write("precious", "x");
        Run(kind == "fifo" ? "mkfifo" : "ln", [.. kind == "fifo" ? [] : kind == "link" ? new[] { "-s", tree.PathOf("precious") } : [tree.PathOf("precious")], tree.PathOf("state.new")]);
        using (DaemonProcess daemon = Start(tree, "state", keys: "\"delay\": \"1h\""))
        {
            tree.Write("watched/a", "x");
            Await(() => tree.Exists("state") && tree.ReadText("state").Contains("\ntask ", StringComparison.Ordinal));
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal("x", tree.ReadText("precious"));
    }

    [Fact]
    public void File_that_cannot_be_read_is_kept_and_everything_is_reported()
    {
        RootUser.Require();
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("home");
        tree.Write("watched/a", "x");
        tree.Write("home/state", "roots");
        Run("chmod", "0600", tree.PathOf("home/state"));
        File.Copy(PublishedBinary.X64, tree.PathOf("pyinotifyd"));
        using DaemonProcess daemon = DaemonProcess.Start(Configuration(tree, "home/state"), start =>
        {
            Run("chown", Stranger, tree.PathOf("home"), tree.Path);
            Run("chown", "-R", Stranger, Path.GetDirectoryName(start.ArgumentList[^1])!);
            start.FileName = "/usr/bin/setpriv";
            foreach (string word in (string[])[tree.PathOf("pyinotifyd"), "--clear-groups", "--regid=" + Stranger, "--reuid=" + Stranger])
            {
                start.ArgumentList.Insert(0, word);
            }
        });
        string warning = daemon.WaitFor("cannot use the state file");
        Assert.Contains("EACCES", warning, StringComparison.Ordinal);
        Assert.Contains("it is kept as", warning, StringComparison.Ordinal);
        daemon.WaitFor($"start task, mask=IN_CLOSE_WRITE, path={tree.PathOf("watched/a")}");
        Assert.Equal(0, daemon.Stop());
        Assert.Equal("roots", tree.ReadText("home/state.bad"));
    }

    [Fact]
    public void Directory_that_is_missing_is_made_and_said()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using DaemonProcess daemon = Start(tree, "made/state");
        Assert.Single(daemon.Log(), line => line.Contains("made the directory of the state file", StringComparison.Ordinal));
        Assert.Equal(0, daemon.Stop());
    }

    private static void Fill(FileStream file)
    {
        try
        {
            byte[] block = new byte[4096];
            for (int i = 0; i < 64; i++)
            {
                file.Write(block);
                file.Flush();
            }

            Assert.Fail("the disk is larger than it should be");
        }
        catch (IOException)
        {
            // Now it is full.
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        CommandResult result = CommandResult.Of(program, arguments);
        Assert.True(result.ExitStatus == 0, result.Error);
    }

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, DaemonProcess.DefaultDeadline), "not in time");

    private static void AwaitState(TempTree tree, DaemonProcess daemon, string state, string reason)
    {
        string text = "";
        Assert.True(
            SpinWait.SpinUntil(
                () => (text = CommandResult.Of(PublishedBinary.X64, ["status", "-s", tree.PathOf("sock")]).Output).Contains("state:       " + state, StringComparison.Ordinal),
                DaemonProcess.DefaultDeadline),
            daemon.WithLog(text));
        Assert.Contains(reason, text, StringComparison.Ordinal);
    }

    private static DaemonProcess Start(TempTree tree, string state, string keys = "\"delay\": 0")
    {
        DaemonProcess daemon = DaemonProcess.Start(Configuration(tree, state, keys));
        daemon.WaitForReady();
        return daemon;
    }

    private static string Configuration(TempTree tree, string state, string keys = "\"delay\": 0") =>
        $$"""
        {
          "control_socket": "{{tree.PathOf("sock")}}",
          "state_file": "{{tree.PathOf(state)}}",
          "schedulers": { "s": { "type": "shell", "cmd": "true", {{keys}} } },
          "watches": [ { "path": "{{tree.PathOf("watched")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s" } } ]
        }
        """;
}
