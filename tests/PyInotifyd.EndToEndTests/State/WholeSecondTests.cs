using System;
using System.Linq;
using PyInotifyd.EndToEndTests.Files;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>File systems whose change times are whole seconds.</summary>
public sealed class WholeSecondTests
{
    [Fact]
    public void Clean_restart_runs_nothing_again_and_misses_nothing()
    {
        using TempTree tree = new();
        using LoopDevice disk = new(tree.PathOf("image"), tree.PathOf("disk"), 8, "mkfs.ext4", "-q", "-I", "128");
        tree.MakeDirectory("disk/w/d");
        using (DaemonProcess daemon = Start(tree))
        {
            tree.Write("disk/w/before", "x");
            tree.Write("disk/w/d/before", "x");
            daemon.WaitForCount(2, "task finished");
            Assert.Equal(0, daemon.Stop());
        }

        // In the same second as the stop, mostly.
        tree.Write("disk/w/between", "x");
        using (DaemonProcess daemon = Start(tree))
        {
            tree.Write("disk/w/d/after", "x");
            daemon.WaitForCount(2, "task finished");
            Assert.Equal(0, daemon.Stop());
        }

        Assert.Equal(
            (string[])[tree.PathOf("disk/w/before"), tree.PathOf("disk/w/d/before"), tree.PathOf("disk/w/between"), tree.PathOf("disk/w/d/after")],
            tree.ReadText("record").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).OrderBy(line => line.EndsWith("after", StringComparison.Ordinal) ? 2 : line.EndsWith("between", StringComparison.Ordinal) ? 1 : 0));
    }

    private static DaemonProcess Start(TempTree tree)
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "state_file": "{{tree.PathOf("state")}}",
              "schedulers": { "s": { "type": "shell", "cmd": "echo {pathname} >> {{tree.PathOf("record")}}" } },
              "watches": [ { "path": "{{tree.PathOf("disk/w")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s" } } ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }
}
