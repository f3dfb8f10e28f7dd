using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests.Monitor;

/// <summary>Many events at once, a queue that overflows and a reader that does not read: every file that is there was printed.</summary>
public sealed class MonitorLoadTests(ITestOutputHelper output)
{
    [Fact]
    public void Two_thousand_deep_trees_are_printed_whole()
    {
        const int trees = 2000;
        using TempTree tree = new();
        using DaemonProcess monitor = MonitorProcess.Start("-r", "--json", "-e", "create,close_write", tree.Path);
        HashSet<string> expected = [];
        for (int i = 0; i < trees; i++)
        {
            string path = $"{i}";
            expected.Add($"CREATE/ {tree.PathOf(path)}");
            foreach (string name in (string[])["a", "b", "c", "d", "e"])
            {
                path += "/" + name;
                expected.Add($"CREATE/ {tree.PathOf(path)}");
            }

            tree.MakeDirectory(path);
            tree.Write(path + "/f", "x");
            expected.Add($"CREATE {tree.PathOf(path)}/f");
            expected.Add($"CLOSE_WRITE {tree.PathOf(path)}/f");
        }

        // The last one may still be in the queue when the signal comes, or be found by the scan of a new directory: both come before the end.
        string[] lines = StopAndRead(monitor);
        int printed = lines.Length;
        List<string> events = [.. lines.Select(MonitorProcess.Event)];
        expected.ExceptWith(events);
        Assert.True(expected.Count == 0, $"{expected.Count} of {printed} are missing, such as {string.Join(", ", expected.Take(5))}");
        List<string> created = [.. events.Where(e => e.StartsWith("CREATE", StringComparison.Ordinal))];
        Assert.Equal(created.Count, created.Distinct().Count());
        output.WriteLine($"{printed} events for {trees} trees");
    }

    [Fact]
    public void Overflow_is_printed_and_what_it_lost_is_found()
    {
        int files = QueueLimit() + 2000;
        using TempTree tree = new();
        tree.MakeDirectory("d");
        using DaemonProcess monitor = MonitorProcess.Start("-r", "-e", "create,q_overflow", "--format", "{maskname} {name}", tree.Path);
        ProcessState.Suspend(monitor);
        for (int i = 0; i < files; i++)
        {
            tree.Write($"d/{i}");
        }

        monitor.Signal(Libc.SIGCONT);
        monitor.WaitForOutput(lines => lines.Length > files);
        string[] printed = StopAndRead(monitor);
        Assert.Contains("IN_Q_OVERFLOW " + Path.GetFileName(tree.Path), printed);
        HashSet<string> missing = [.. Enumerable.Range(0, files).Select(i => $"IN_CREATE {i}")];
        missing.ExceptWith(printed);
        Assert.Empty(missing);
        Assert.Contains(monitor.Log(), line => line.StartsWith("pyinotifyd: the kernel's event queue overflowed, 1 times so far", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reader_that_does_not_read_costs_bounded_memory_and_loses_nothing()
    {
        // Three thousand lines of 3 KB are what waits in memory, and the kernel's queue comes on top.
        int files = QueueLimit() + 8000;
        using TempTree tree = new();
        string format = string.Concat(Enumerable.Repeat("{pathname}", 60)) + " {name}";
        System.Diagnostics.ProcessStartInfo start = new(PublishedBinary.X64, ["monitor", "-r", "-e", "create", "--format", format, tree.Path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using System.Diagnostics.Process monitor = System.Diagnostics.Process.Start(start)!;
        Assert.Equal("ready", await monitor.StandardError.ReadLineAsync());
        for (int i = 0; i < files; i++)
        {
            tree.Write($"{i}");
        }

        string peak = File.ReadLines($"/proc/{monitor.Id}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        HashSet<string> missing = [.. Enumerable.Range(0, files).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        using System.Threading.CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        while (missing.Count != 0)
        {
            string line = await monitor.StandardOutput.ReadLineAsync(deadline.Token) ?? throw new EndOfStreamException($"{missing.Count} files are missing");
            missing.Remove(line[(line.LastIndexOf(' ') + 1)..]);
        }

        Assert.Equal(0, Libc.kill(monitor.Id, Libc.SIGINT));
        await monitor.StandardOutput.ReadToEndAsync(deadline.Token);
        await monitor.WaitForExitAsync(deadline.Token);
        Assert.Equal(0, monitor.ExitCode);
        string messages = await monitor.StandardError.ReadToEndAsync(deadline.Token);
        Assert.Contains("overflowed", messages, StringComparison.Ordinal);
        output.WriteLine(peak);
        Assert.True(int.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) < 48 * 1024, peak);
    }

    [Fact]
    public async Task Signal_ends_it_though_nobody_reads()
    {
        using TempTree tree = new();
        string format = string.Concat(Enumerable.Repeat("{pathname}", 60));
        System.Diagnostics.ProcessStartInfo start = new(PublishedBinary.X64, ["monitor", "-e", "create", "--format", format, tree.Path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using System.Diagnostics.Process monitor = System.Diagnostics.Process.Start(start)!;
        Assert.Equal("ready", await monitor.StandardError.ReadLineAsync());
        for (int i = 0; i < 5000; i++)
        {
            tree.Write($"{i}");
        }

        Assert.Equal(0, Libc.kill(monitor.Id, Libc.SIGTERM));
        Assert.Equal("pyinotifyd: standard output: nobody reads it; some events were not printed\n", await monitor.StandardError.ReadToEndAsync());
        Assert.True(monitor.WaitForExit(10_000));
        Assert.Equal(1, monitor.ExitCode);
    }

    private static string[] StopAndRead(DaemonProcess monitor)
    {
        Assert.Equal(0, monitor.Stop());
        return monitor.Output();
    }

    private static int QueueLimit() => int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"), CultureInfo.InvariantCulture);
}
