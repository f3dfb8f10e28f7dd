using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>A kernel queue with room for 256 events, and a daemon that does not read for a while.</summary>
public sealed class OverflowTests(ITestOutputHelper output)
{
    /// <summary>$PYINOTIFYD_OVERFLOW_FILES: fewer, or more.</summary>
    private static readonly int s_files = int.TryParse(Environment.GetEnvironmentVariable("PYINOTIFYD_OVERFLOW_FILES"), out int given) ? given : 20_000;

    [Fact]
    public void Every_file_that_is_left_after_an_overflow_is_processed_once_and_no_vanished_one()
    {
        const int filesInDirectory = 40;
        using TempTree tree = new();
        tree.MakeDirectory("w/old");
        tree.MakeDirectory("out");
        for (int i = 0; i < 20; i++)
        {
            tree.MakeDirectory($"w/old/{i}");
        }

        RecordingWorker recorder = new(tree);
        QueueFlood flood = new(tree);
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null, "max_concurrency": 1000, "logging": { "loggers": { "sched": "WARNING" } },
              "workers": { {{recorder.Command}} },
              "schedulers": { "s": { "type": "task", "worker": "recorder", "job": "record" } },
              "watches": [
                { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s", "IN_MOVED_TO": "s", "IN_DELETE": { "cancel": "s" } } },
                {{flood.Watch("s")}}
              ]
            }
            """);
        daemon.WaitForReady();
        daemon.Suspend();
        flood.LeaveRoomFor(256);
        for (int i = 0; i < s_files; i++)
        {
            int directory = i / filesInDirectory;
            if (i % filesInDirectory == 0)
            {
                tree.MakeDirectory($"w/{directory}");
            }

            tree.Write($"w/{directory}/{i}", $"{i}");
            switch (i % 100)
            {
                case 7:
                    tree.Move($"w/{directory}/{i}", $"w/{directory}/{i}-renamed");
                    break;
                case 23:
                    tree.Delete($"w/{directory}/{i}");
                    break;
                case 31:
                    tree.Move($"w/{directory}/{i}", $"w/old/{directory % 20}/{i}");
                    break;
                case 52:
                    tree.Move($"w/{directory}/{i}", $"out/{i}");
                    break;
            }

            if (i % filesInDirectory == filesInDirectory - 1)
            {
                switch (directory % 25)
                {
                    case 3:
                        tree.Move($"w/{directory}", $"w/{directory}-renamed");
                        break;
                    case 9:
                        tree.DeleteTree($"w/{directory}");
                        break;
                    case 14:
                        tree.Move($"w/{directory}", $"w/old/{directory % 20}/{directory}");
                        break;
                    case 20:
                        tree.Move($"w/{directory}", $"out/{directory}");
                        break;
                }
            }
        }

        HashSet<string> left = [.. Directory.EnumerateFiles(tree.PathOf("w"), "*", SearchOption.AllDirectories)];
        Stopwatch watch = Stopwatch.StartNew();
        daemon.Signal(Libc.SIGCONT);
        HashSet<string> missing = [.. left];
        List<RecordedTask> tasks = [];
        while (missing.Count > 0 && watch.Elapsed < TimeSpan.FromSeconds(60))
        {
            List<RecordedTask> next = recorder.Next();
            if (next.Count == 0)
            {
                System.Threading.Thread.Sleep(5);
            }

            tasks.AddRange(next);
            missing.ExceptWith(next.Select(task => task.Path));
        }

        TimeSpan took = watch.Elapsed;
        Assert.True(missing.Count == 0, daemon.WithLog($"{missing.Count} of {left.Count} files were not processed: {string.Join(", ", missing.Take(10))}"));

        // What else there is to come, stands before the end.
        Assert.Equal(0, daemon.Stop(TimeSpan.FromSeconds(60)));
        tasks.AddRange(recorder.Next());
        output.WriteLine($"{s_files} files made, {left.Count} left, {tasks.Count} tasks ({(double)tasks.Count / left.Count:f3} a file), all processed after {took.TotalMilliseconds:f0} ms");
        Assert.Single(daemon.Log(), line => line.Contains("the kernel's event queue overflowed", StringComparison.Ordinal));
        string[] vanished = [.. tasks.Where(task => !left.Contains(task.Path) || task.Kind != "file").Select(task => $"{task.Event} {task.Path}")];
        Assert.True(vanished.Length == 0, daemon.WithLog($"{vanished.Length} tasks on what had gone: {string.Join(", ", vanished.Take(10))}"));
        Assert.True(tasks.Count <= 1.1 * left.Count, $"{tasks.Count} tasks for {left.Count} files");
    }
}
