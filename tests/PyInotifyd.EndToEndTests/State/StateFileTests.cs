using System;
using System.IO;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>Where the state file may lie, and what is said where it may not.</summary>
public sealed class StateFileTests
{
    [Fact]
    public void Directory_is_made_for_the_daemon_alone()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using (DaemonProcess daemon = Start(tree, "made/state", "true"))
        {
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal(0x1C0, tree.StatusOf("made").stx_mode & 0xFFF);
        Assert.Equal(0x180, tree.StatusOf("made/state").stx_mode & 0xFFF);
    }

    [Fact]
    public void Directory_that_cannot_be_made_is_one_error_with_its_remedy_and_the_daemon_runs()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using DaemonProcess daemon = Start(tree, "no/such/state", "true");
        tree.Write("watched/a", "x");
        daemon.WaitFor("task finished");

        Assert.Contains("cannot make the directory of the state file", Assert.Single(daemon.Log(), line => line.Contains("state file", StringComparison.Ordinal)));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Directory_in_place_of_the_file_is_an_error_and_stays_where_it_is()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("state");
        tree.Write("state/precious", "x");
        using DaemonProcess daemon = Start(tree, "state", "true");

        daemon.WaitFor("is a directory");
        Assert.Equal(0, daemon.Stop());
        Assert.True(tree.Exists("state/precious"));
    }

    [Fact]
    public void State_file_in_a_watched_tree_starts_nothing()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        string command = $"echo {{pathname}} >> {tree.PathOf("record")}";
        using (DaemonProcess daemon = Start(tree, "watched/state", command))
        {
            // It is there since the start, and another one each time that it is written.
            ulong first = tree.StatusOf("watched/state").stx_ino;
            tree.Write("watched/a", "x");
            daemon.WaitFor("task finished");
            Await(() => tree.StatusOf("watched/state").stx_ino != first);
            tree.Write("watched/b", "x");
            daemon.WaitForCount(2, "task finished");
            Assert.Equal(0, daemon.Stop());
        }

        using (DaemonProcess again = Start(tree, "watched/state", command))
        {
            tree.Write("watched/c", "x");
            again.WaitFor("task finished");
            Assert.Equal(0, again.Stop());
        }

        Assert.Equal($"{tree.PathOf("watched/a")}\n{tree.PathOf("watched/b")}\n{tree.PathOf("watched/c")}\n", tree.ReadText("record"));
    }

    [Fact]
    public void Other_state_file_at_a_reload_is_a_warning()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using DaemonProcess daemon = Start(tree, "state", "true");
        daemon.Reload(Configuration(tree, "other", "true"));

        daemon.WaitFor("state_file has changed: it is used from the next start on");
        Assert.Equal(0, daemon.Stop());
        Assert.False(tree.Exists("other"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void More_tasks_than_are_written_by_name_are_all_done_after_the_next_start(bool isKilled)
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        const int Files = 5000;
        using (DaemonProcess daemon = Start(tree, "state", "true", "\"delay\": \"1h\""))
        {
            ulong first = tree.StatusOf("state").stx_ino;
            for (int i = 0; i < Files; i++)
            {
                tree.Write($"watched/{i}", "x");
            }

            daemon.WaitForCount(Files, "schedule task");
            if (isKilled)
            {
                Await(() => tree.StatusOf("state").stx_ino != first && !tree.ReadText("state").Contains("\ntask ", StringComparison.Ordinal));
                daemon.Signal(Libc.SIGKILL);
                daemon.WaitForExit();
            }
            else
            {
                Assert.Equal(0, daemon.Stop(TimeSpan.FromSeconds(60)));
                Assert.Equal(Files, tree.ReadText("state").Split('\n').Count(line => line.StartsWith("task ", StringComparison.Ordinal)));
            }
        }

        using DaemonProcess again = Start(tree, "state", $"xargs -0 -n 1 echo >> {tree.PathOf("record")}", "\"batch\": { \"format\": \"nul\", \"max\": 1000, \"wait\": \"100ms\" }");
        again.WaitForCount(Files, "task finished", TimeSpan.FromSeconds(60));
        Assert.Equal(0, again.Stop(TimeSpan.FromSeconds(60)));
        Assert.Equal(Files, tree.ReadText("record").TrimEnd('\n').Split('\n').Distinct().Count());
    }

    [Fact]
    public void Memory_of_many_tasks_goes_back_when_they_are_gone()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("watched/d");
        const int Files = 40_000;
        using DaemonProcess daemon = Start(tree, "state", "true", "\"delay\": \"1h\", \"logname\": \"quiet\"", "\"logging\": { \"loggers\": { \"quiet\": \"ERROR\" } },");
        for (int i = 0; i < Files; i++)
        {
            tree.Write($"watched/d/{i}");
        }

        tree.Write("watched/last");
        Await(() => ResidentKiB(daemon) > 14_000);
        tree.DeleteTree("watched/d");

        Await(() => ResidentKiB(daemon) < 9_000);
        Assert.Equal(0, daemon.Stop());
    }

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, DaemonProcess.DefaultDeadline * 2), "not in time");

    private static long ResidentKiB(DaemonProcess daemon) =>
        long.Parse(File.ReadLines($"/proc/{daemon.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))[6..^2].Trim(), System.Globalization.CultureInfo.InvariantCulture);

    private static DaemonProcess Start(TempTree tree, string state, string command, string keys = "\"delay\": 0", string head = "")
    {
        DaemonProcess daemon = DaemonProcess.Start(Configuration(tree, state, command, keys, head));
        daemon.WaitForReady();
        return daemon;
    }

    private static string Configuration(TempTree tree, string state, string command, string keys = "\"delay\": 0", string head = "") =>
        $$"""
        {
          "control_socket": null,
          "state_file": "{{tree.PathOf(state)}}",
          {{head}}
          "schedulers": { "s": { "type": "shell", "cmd": "{{command}}", {{keys}} } },
          "watches": [ { "path": "{{tree.PathOf("watched")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s", "IN_DELETE": { "cancel": "s" } } } ]
        }
        """;
}
