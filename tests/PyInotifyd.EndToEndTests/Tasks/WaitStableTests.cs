using System;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Tasks;

/// <summary>Tasks that wait until their file is no longer written to.</summary>
public sealed class WaitStableTests
{
    [Fact]
    public void Task_waits_until_the_writer_has_closed()
    {
        using TempTree tree = new();
        using DaemonProcess daemon = Start(tree, "\"IN_CREATE\": \"s\"");
        int writer = tree.Open("watched/a"u8, Libc.O_WRONLY | Libc.O_CREAT);
        daemon.WaitFor("received event");

        // A task of another file that comes later and starts shows that the first one was not merely slow.
        tree.Write("watched/b", "x");
        daemon.WaitFor("path=" + tree.PathOf("watched/b") + ", task_id");
        daemon.WaitFor(line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("watched/b", StringComparison.Ordinal));
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("start task", StringComparison.Ordinal) && line.Contains("watched/a", StringComparison.Ordinal));

        Libc.write(writer, "content"u8);
        Libc.close(writer);
        daemon.WaitFor(line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("watched/a", StringComparison.Ordinal));

        Assert.Equal(0, daemon.Stop());
        Assert.Equal("b x\na content\n", tree.ReadText("record"));
    }

    [Fact]
    public void Own_looks_at_the_file_do_not_start_the_wait_anew()
    {
        using TempTree tree = new();
        using DaemonProcess daemon = Start(tree, "\"IN_CLOSE_WRITE\": \"s\", \"IN_OPEN\": \"s\", \"IN_CLOSE_NOWRITE\": \"s\"");
        tree.Write("watched/a", "x");

        daemon.WaitFor("task finished");

        Assert.Equal(0, daemon.Stop());
        Assert.Equal(1, daemon.Log().Count(line => line.Contains("start task", StringComparison.Ordinal)));
    }

    [Fact]
    public void File_that_is_gone_and_directory_do_not_wait_for_ever()
    {
        using TempTree tree = new();
        using DaemonProcess daemon = Start(tree, "\"IN_DELETE\": \"s\", \"IN_CREATE\": null, \"IN_ATTRIB\": \"s\"");
        tree.Write("watched/a", "x");
        tree.Delete("watched/a");
        daemon.WaitFor("task finished");
        tree.MakeDirectory("watched/d");
        tree.SetMode("watched/d", 0x1c0);
        daemon.WaitForCount(2, "task finished");

        Assert.Equal(0, daemon.Stop());
    }

    private static DaemonProcess Start(TempTree tree, string map)
    {
        tree.MakeDirectory("watched");
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "logging": { "level": "DEBUG" },
              "schedulers": {
                "s": {
                  "type": "shell", "wait_stable": "150ms", "dirs": true, "on_busy": "skip",
                  "cmd": "if test -f {pathname}; then echo {name} $(cat {pathname}) >> {{tree.PathOf("record")}}; fi"
                }
              },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "event_map": { {{map}} } } ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }
}
