using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests;

/// <summary>Many files at once: nothing is lost, nothing runs twice, and no limit is overstepped.</summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(120);

    [Fact]
    public void Each_file_in_a_new_deep_tree_leads_to_its_task()
    {
        const int trees = 2000;
        using TempTree tree = new();
        tree.MakeDirectory("w");
        using DaemonProcess daemon = DaemonProcess.Start(Configuration(tree, "64", "\"type\": \"exec\", \"argv\": [\"/bin/true\"]"));
        daemon.WaitForReady();

        for (int i = 0; i < trees; i++)
        {
            tree.MakeDirectory($"w/{i}/a/b/c/d/e");
            tree.Write($"w/{i}/a/b/c/d/e/f", "x");
        }

        WaitForTasks(daemon, Enumerable.Range(0, trees).Select(i => tree.PathOf($"w/{i}/a/b/c/d/e/f")));
        int started = daemon.Log().Count(line => line.Contains("start task", StringComparison.Ordinal));
        output.WriteLine($"{started} tasks for {trees} files");
        Assert.InRange(started, trees, trees * 1.1);
        Assert.Equal(0, daemon.Stop());
    }

    [Theory]
    [InlineData("8", "")]
    [InlineData("200", ", \"max_concurrency\": 7")]
    public void Tasks_run_within_max_concurrency_and_leave_nothing_behind(string daemonWide, string ofScheduler)
    {
        const int files = 1000;
        int limit = ofScheduler.Length == 0 ? 8 : 7;
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.MakeDirectory("running");
        using DaemonProcess daemon = DaemonProcess.Start(Configuration(
            tree, daemonWide, $"\"type\": \"shell\", \"cmd\": \"mkdir {tree.PathOf("running")}/{{name}} && sleep 0.05; rmdir {tree.PathOf("running")}/{{name}}\", \"delay\": 0" + ofScheduler));
        daemon.WaitForReady();
        tree.Write("w/first");
        daemon.WaitFor("task finished");
        ProcessState.Await(() => ProcessState.Children(daemon.Id).Count == 0, "the first child to be reaped");
        SortedDictionary<int, string> before = ProcessState.Descriptors(daemon.Id);

        for (int i = 0; i < files; i++)
        {
            tree.Write($"w/{i}");
        }

        int most = 0;
        while (Count(daemon, "task finished") < files + 1)
        {
            List<(int Pid, char State)> children = ProcessState.Children(daemon.Id);
            most = Math.Max(most, children.Count);
            Assert.True(children.Count <= limit, daemon.WithLog($"{children.Count} children"));
            Assert.DoesNotContain(daemon.Log(), line => line.Contains("task failed", StringComparison.Ordinal));
            Thread.Sleep(20);
        }

        // The log knows every moment.
        int running = 0;
        int mostByLog = 0;
        foreach (string line in daemon.Log())
        {
            running += line.Contains("start task", StringComparison.Ordinal) ? 1 : line.Contains("task finished", StringComparison.Ordinal) ? -1 : 0;
            mostByLog = Math.Max(mostByLog, running);
        }

        output.WriteLine($"most children: {most} seen, {mostByLog} by the log, limit {limit}");
        Assert.Equal(limit, mostByLog);
        Assert.Equal(files + 1, Count(daemon, "start task"));
        ProcessState.Await(() => ProcessState.Children(daemon.Id).Count == 0, "all children to be reaped");
        Assert.Equal(before, ProcessState.Descriptors(daemon.Id));
        Assert.Empty(tree.List("running"));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Reloads_under_load_lose_nothing_and_run_nothing_twice()
    {
        const int files = 4000;
        using TempTree tree = new();
        tree.MakeDirectory("w/sub");
        tree.MakeDirectory("other");
        string[] configurations =
        [
            // A changed scheduler, a changed watch, a further watch and a changed limit.
            ReloadConfiguration(tree, "\"argv\": [\"/bin/true\", \"{pathname}\"], \"delay\": \"30ms\"", "", "\"max_concurrency\": 32"),
            ReloadConfiguration(tree, "\"argv\": [\"/bin/true\", \"{name}\"]", ", \"exclude_filter\": [\".*nothing$\"]", "\"max_concurrency\": 32"),
            ReloadConfiguration(tree, "\"argv\": [\"/bin/true\"], \"delay\": 0.01, \"on_busy\": \"skip\"", "", "\"logname\": \"d2\""),
        ];
        using DaemonProcess daemon = DaemonProcess.Start(ReloadConfiguration(tree, "\"argv\": [\"/bin/true\"]", "", "\"logname\": \"d1\""));
        daemon.WaitForReady();
        SortedDictionary<int, string> before = ProcessState.Descriptors(daemon.Id);

        // Paced, so that reloads meet files that come in, tasks that wait and tasks that run.
        for (int i = 0; i < files; i++)
        {
            tree.Write(i % 2 == 0 ? $"w/{i}" : $"w/sub/{i}", "x");
            if (i % 1000 == 700 && i < 3000)
            {
                daemon.Reload(configurations[i / 1000]);
            }

            Thread.Sleep(i % 10 == 0 ? 10 : 0);
        }

        daemon.WaitForCount(3, "reload config file");
        WaitForTasks(daemon, Enumerable.Range(0, files).Select(i => tree.PathOf(i % 2 == 0 ? $"w/{i}" : $"w/sub/{i}")));
        AssertNeverTwiceAtOnce(daemon);
        Assert.Equal(files, Count(daemon, "task finished"));
        Assert.Equal(files, Count(daemon, "start task"));
        Assert.Equal(4, Count(daemon, "ready, watching"));
        ProcessState.Await(() => ProcessState.Children(daemon.Id).Count == 0, "all children to be reaped");
        Assert.Equal(before, ProcessState.Descriptors(daemon.Id));
        Assert.Equal(0, daemon.Stop());
    }

    private static string Configuration(TempTree tree, string maxConcurrency, string scheduler) =>
        $$"""
        {
          "control_socket": null,
          "max_concurrency": {{maxConcurrency}},
          "schedulers": { "s": { {{scheduler}} } },
          "watches": [ { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s" } } ]
        }
        """;

    private static string ReloadConfiguration(TempTree tree, string scheduler, string watch, string keys) =>
        $$"""
        {
          "control_socket": null, {{keys}},
          "schedulers": { "s": { "type": "exec", {{scheduler}} }, "{{Math.Abs(scheduler.Length)}}": { "type": "exec", "argv": ["/bin/true"] } },
          "watches": [
            { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s" }{{watch}} },
            { "path": "{{tree.PathOf("other")}}", "event_map": { "IN_CLOSE_WRITE": "{{Math.Abs(scheduler.Length)}}" } }
          ]
        }
        """;

    private static int Count(DaemonProcess daemon, string text) => daemon.Log().Count(line => line.Contains(text, StringComparison.Ordinal));

    private static void WaitForTasks(DaemonProcess daemon, IEnumerable<string> paths)
    {
        HashSet<string> missing = [.. paths];
        int next = 0;
        try
        {
            daemon.WaitUntil(
                log =>
                {
                    for (; next < log.Count; next++)
                    {
                        if (log[next].Contains("task finished", StringComparison.Ordinal))
                        {
                            missing.Remove(PathOf(log[next]));
                        }
                    }

                    return missing.Count == 0;
                },
                s_deadline);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"no task for {missing.Count} files, such as {string.Join(", ", missing.Take(5))}\n{string.Join('\n', daemon.Log().Where(line => !line.Contains("task", StringComparison.Ordinal) && !line.Contains("execute", StringComparison.Ordinal)))}");
        }
    }

    private static void AssertNeverTwiceAtOnce(DaemonProcess daemon)
    {
        HashSet<string> running = [];
        foreach (string line in daemon.Log())
        {
            if (line.Contains("start task", StringComparison.Ordinal))
            {
                Assert.True(running.Add(PathOf(line)), "twice at once: " + line);
            }
            else if (line.Contains("task finished", StringComparison.Ordinal))
            {
                Assert.True(running.Remove(PathOf(line)), line);
            }
        }
    }

    private static string PathOf(string line)
    {
        int start = line.IndexOf("path=", StringComparison.Ordinal) + 5;
        return line[start..line.IndexOf(", task_id", start, StringComparison.Ordinal)];
    }
}
