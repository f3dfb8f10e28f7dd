using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>Files that somebody has open for writing while the daemon does not look: at least one IN_CLOSE_WRITE after the last write, none before it.</summary>
public sealed class OpenFileTests
{
    [Theory]
    [InlineData(Libc.SIGTERM)]
    [InlineData(Libc.SIGKILL)]
    public void File_that_is_closed_between_two_runs_is_reported_by_the_second(int end)
    {
        using TempTree tree = new();
        int file = WriteAndEnd(tree, end);
        _ = Libc.close(file);
        using DaemonProcess daemon = Start(tree);
        daemon.WaitFor("task finished");
        Assert.Equal(0, daemon.Stop());
        Assert.Equal(["watched/d/f one"], Record(tree));
    }

    [Theory]
    [InlineData(Libc.SIGTERM)]
    [InlineData(Libc.SIGKILL)]
    public void File_that_is_held_through_a_restart_is_reported_when_it_is_closed(int end)
    {
        using TempTree tree = new();
        int file = WriteAndEnd(tree, end);
        using DaemonProcess daemon = Start(tree);
        tree.Write("watched/other", "other");
        daemon.WaitFor("task finished");
        Assert.True(Libc.write(file, "two"u8) > 0);
        _ = Libc.close(file);
        daemon.WaitForCount(2, "task finished");
        Assert.Equal(0, daemon.Stop());
        Assert.Equal(["watched/other other", "watched/d/f onetwo"], Record(tree));
    }

    [Fact]
    public void File_that_was_renamed_and_closed_between_two_runs_is_reported_under_its_new_name()
    {
        using TempTree tree = new();
        int file = WriteAndEnd(tree, Libc.SIGKILL);
        tree.Move("watched/d", "watched/e");
        _ = Libc.close(file);
        using DaemonProcess daemon = Start(tree);
        daemon.WaitFor("task finished");
        Assert.Equal(0, daemon.Stop());
        Assert.Equal(["watched/e/f one"], Record(tree));
    }

    [Fact]
    public void Without_a_lease_a_found_file_is_reported_once_it_has_been_unchanged_for_two_seconds()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("new");
        int file = tree.Open("new/f"u8, Libc.O_WRONLY | Libc.O_CREAT);
        Assert.Equal(0, CommandResult.Of("/bin/chown", ["1000:1000", tree.PathOf("new/f")]).ExitStatus);
        using DaemonProcess daemon = Start(
            tree,
            start =>
            {
                start.ArgumentList.Insert(0, start.FileName);
                start.ArgumentList.Insert(0, "-lease");
                start.ArgumentList.Insert(0, "--bounding-set");
                start.FileName = "/usr/bin/setpriv";
            });
        tree.Move("new", "watched/d");
        for (int write = 0; write < 3; write++)
        {
            // The writer is slow: it takes longer than the wait altogether.
            Assert.True(Libc.write(file, "x"u8) > 0);
            Thread.Sleep(900);
        }

        long lastWrite = Stopwatch.GetTimestamp();
        Assert.True(Libc.write(file, "y"u8) > 0);
        daemon.WaitFor("task finished");
        Assert.True(Stopwatch.GetElapsedTime(lastWrite) > TimeSpan.FromSeconds(1.9), daemon.WithLog("too early"));
        _ = Libc.close(file);
        daemon.WaitForCount(2, "task finished");
        Assert.Equal(0, daemon.Stop());
        Assert.Equal(["watched/d/f xxxy", "watched/d/f xxxy"], Record(tree));
    }

    [Fact]
    public void Writers_that_open_while_files_are_probed_neither_wait_nor_end_the_daemon()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("new");
        const int files = 500;
        for (int i = 0; i < files; i++)
        {
            tree.Write($"new/{i}", "x");
        }

        using DaemonProcess daemon = Start(tree);
        tree.Move("new", "watched/d");
        long slowest = 0;
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < files; i++)
            {
                long before = Stopwatch.GetTimestamp();
                int file = tree.Open(System.Text.Encoding.ASCII.GetBytes($"watched/d/{i}"), Libc.O_WRONLY);
                slowest = Math.Max(slowest, Stopwatch.GetTimestamp() - before);
                _ = Libc.close(file);
            }
        }

        // A writer that waited for a lease to be broken would wait for /proc/sys/fs/lease-break-time, 45 s.
        Assert.True(Stopwatch.GetElapsedTime(0, slowest) < TimeSpan.FromSeconds(10));
        daemon.WaitUntil(log => log.Count(line => line.Contains("task finished", StringComparison.Ordinal)) >= files);
        Assert.Equal(0, daemon.Stop(TimeSpan.FromSeconds(60)));
        Assert.Equal(files, Record(tree).Distinct().Count());
    }

    private static int WriteAndEnd(TempTree tree, int signal)
    {
        tree.MakeDirectory("watched/d");
        using DaemonProcess daemon = Start(tree);
        int file = tree.Open("watched/d/f"u8, Libc.O_WRONLY | Libc.O_CREAT);
        Assert.True(Libc.write(file, "one"u8) > 0);
        Stopwatch wait = Stopwatch.StartNew();
        while (!(tree.Exists("state") && tree.ReadText("state").Contains("watched/d/f", StringComparison.Ordinal)) && wait.Elapsed < DaemonProcess.DefaultDeadline)
        {
            Thread.Sleep(10);
        }

        Assert.Contains("\nopen ", tree.ReadText("state"), StringComparison.Ordinal);
        if (signal == Libc.SIGKILL)
        {
            // The mark of a crash goes back by a second, which is to be of no help here.
            Thread.Sleep(2500);
            tree.Write("watched/x", "x");
            daemon.WaitFor("task finished");
            ulong before = tree.StatusOf("state").stx_ino;
            while (tree.StatusOf("state").stx_ino == before && wait.Elapsed < DaemonProcess.DefaultDeadline)
            {
                Thread.Sleep(10);
            }

            tree.Delete("record");
            tree.Delete("watched/x");
        }

        daemon.Signal(signal);
        _ = daemon.WaitForExit();
        return file;
    }

    private static DaemonProcess Start(TempTree tree, Action<ProcessStartInfo>? prepare = null)
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "state_file": "{{tree.PathOf("state")}}",
              "schedulers": { "s": { "type": "shell", "cmd": "echo {pathname} $(cat {pathname}) >> {{tree.PathOf("record")}}" } },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s" } } ]
            }
            """,
            prepare);
        daemon.WaitForReady();
        return daemon;
    }

    private static string[] Record(TempTree tree) => !tree.Exists("record")
        ? []
        : tree.ReadText("record").Replace(tree.Path + "/", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
