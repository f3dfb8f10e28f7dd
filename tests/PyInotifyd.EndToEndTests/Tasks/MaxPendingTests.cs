using System;
using System.Linq;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Tasks;

/// <summary>More work than is remembered.</summary>
public sealed class MaxPendingTests
{
    [Fact]
    public void Every_file_beyond_the_limit_is_processed_once_the_others_are()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("outside");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "max_pending": 50,
              "schedulers": { "s": { "type": "shell", "cmd": "xargs -0 -n 1 echo >> {{tree.PathOf("record")}}", "batch": { "format": "nul", "max": 20, "wait": "10ms" } } },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s", "IN_MOVED_TO": "s" } } ]
            }
            """);
        daemon.WaitForReady();
        for (int i = 0; i < 1000; i++)
        {
            if (i % 50 == 0)
            {
                tree.MakeDirectory($"outside/{i}");
            }

            tree.Write($"outside/{i / 50 * 50}/{i}", "x");
            if (i % 50 == 49)
            {
                tree.Move($"outside/{i / 50 * 50}", $"watched/{i / 50 * 50}");
            }
        }

        tree.Move("watched/900", "watched/renamed");
        daemon.WaitFor("everything beyond max_pending has been found again");
        daemon.WaitForCount(1000, "task finished");
        Assert.Equal(0, daemon.Stop());

        string[] names = [.. tree.ReadText("record").TrimEnd('\n').Split('\n').Select(path => path[(path.LastIndexOf('/') + 1)..])];
        Assert.Equal(1000, names.Distinct().Count());
        Assert.True(names.Length < 1200, $"{names.Length} runs for 1000 files");
        Assert.Single(daemon.Log(), line => line.Contains("max_pending 50 is reached", StringComparison.Ordinal));
    }
}
