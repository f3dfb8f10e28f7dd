using System;
using System.Linq;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Tasks;

/// <summary>One process for many paths.</summary>
public sealed class BatchTests
{
    [Fact]
    public void Every_path_of_a_burst_reaches_one_of_few_processes()
    {
        using TempTree tree = new();
        using DaemonProcess daemon = Start(tree, $$"""{ "type": "shell", "cmd": "(cat; echo end) >> {{tree.PathOf("record")}}", "batch": { "max": 50, "wait": "1h", "format": "json" } }""");
        for (int i = 0; i < 250; i++)
        {
            tree.Write($"watched/f{i}", "x");
        }

        daemon.WaitForCount(250, "task finished");
        Assert.Equal(0, daemon.Stop());

        string[] lines = tree.ReadText("record").TrimEnd('\n').Split('\n');
        Assert.Equal(5, lines.Count(line => line == "end"));
        Assert.Equal(250, lines.Where(line => line.Contains("\"pathname\":\"" + tree.PathOf("watched/f"), StringComparison.Ordinal)).Distinct().Count());
        Assert.Equal(5, daemon.Log().Count(line => line.Contains("execute shell command", StringComparison.Ordinal)));
    }

    [Fact]
    public void Names_of_any_bytes_arrive_with_NUL_and_a_process_that_reads_nothing_holds_up_nobody()
    {
        using TempTree tree = new();
        using DaemonProcess daemon = Start(
            tree, $$"""{ "type": "exec", "argv": ["/bin/sh", "-c", "test -e {{tree.PathOf("skip")}} || cat >> {{tree.PathOf("record")}}"], "batch": { "wait": "100ms", "format": "nul" } }""");
        tree.Write([(byte)'w', .. "atched/a\n'"u8, 0xff], "x"u8);
        tree.Write("watched/-b", "x");
        daemon.WaitForCount(2, "task finished");
        tree.Write("skip");
        for (int i = 0; i < 1000; i++)
        {
            tree.Write($"watched/{new string('x', 200)}{i}", "x");
        }

        daemon.WaitForCount(1002, "task finished");
        Assert.Equal(0, daemon.Stop());

        byte[] expected = [.. tree.PathOf([(byte)'w', .. "atched/a\n'"u8, 0xff]), 0, .. tree.PathOf("watched/-b"u8), 0];
        Assert.Equal(expected, tree.Read("record"u8));
    }

    private static DaemonProcess Start(TempTree tree, string scheduler)
    {
        tree.MakeDirectory("watched");
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { "s": {{scheduler}} },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "event_map": { "IN_CLOSE_WRITE": "s" } } ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }
}
