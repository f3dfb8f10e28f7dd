using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Services;

/// <summary>What a service manager hears over NOTIFY_SOCKET.</summary>
public sealed class NotifyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Readiness_reload_and_shutdown_are_reported(bool isAbstract)
    {
        using TempTree tree = Tree();
        using NotifyListener manager = new(isAbstract ? "@pyinotifyd-test-" + Guid.NewGuid().ToString("N") : tree.PathOf("notify"));
        using DaemonProcess daemon = Start(tree, manager.Address);

        Assert.Equal("READY=1\nSTATUS=watching 2 directories", manager.Next());
        daemon.WaitForReady();

        tree.MakeDirectory("w/another");
        daemon.Signal(Libc.SIGHUP);
        AssertReloading(manager.Next());
        Assert.Equal("READY=1\nSTATUS=watching 3 directories", manager.Next());

        daemon.Reload("{ nonsense");
        AssertReloading(manager.Next());
        Assert.Equal("READY=1\nSTATUS=watching 3 directories; the configuration has errors, see the log", manager.Next());

        tree.Write("w/f");
        ProcessState.Await(() => tree.Exists("environment"), "the task to run");
        Stopwatch watch = Stopwatch.StartNew();
        daemon.Signal(Libc.SIGTERM);
        Assert.Equal("STOPPING=1\nSTATUS=shutting down, tasks run out", manager.Next());

        // Asked for at once, and again and again while the task runs.
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("EXTEND_TIMEOUT_USEC=30000000", manager.Next());
        }

        Assert.InRange(watch.ElapsedMilliseconds, 3_900, 25_000);
        tree.Write("go");
        Assert.Equal(0, daemon.WaitForExit());
        Assert.DoesNotContain("NOTIFY_SOCKET", tree.ReadText("environment"), StringComparison.Ordinal);
        Assert.DoesNotContain("WATCHDOG", tree.ReadText("environment"), StringComparison.Ordinal);
    }

    [Fact]
    public void Watchdog_hears_twice_in_its_time()
    {
        using TempTree tree = Tree();
        using NotifyListener manager = new(tree.PathOf("notify"));
        using DaemonProcess daemon = Start(tree, manager.Address, watchdogUs: 400_000, watchdogPid: "$$");

        Assert.StartsWith("READY=1", manager.Next());
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal("WATCHDOG=1", manager.Next());
        }

        Assert.InRange(watch.ElapsedMilliseconds, 990, 10_000);
        Assert.Equal(0, daemon.Stop());
    }

    [Theory]
    [InlineData(20_000, "1")]
    [InlineData(0, "$$")]
    public void Watchdog_of_another_process_hears_nothing(int watchdogUs, string watchdogPid)
    {
        using TempTree tree = Tree();
        using NotifyListener manager = new(tree.PathOf("notify"));
        using DaemonProcess daemon = Start(tree, manager.Address, watchdogUs, watchdogPid);
        daemon.WaitForReady();

        // Many times as long as the watchdog would be.
        tree.Write("w/f");
        ProcessState.Await(() => tree.Exists("environment"), "the task to run");
        tree.Write("go");
        daemon.WaitFor("task finished");
        daemon.Signal(Libc.SIGTERM);
        List<string> messages = manager.UpTo("STOPPING=1");
        Assert.Equal(["READY=1", "STOPPING=1"], messages.Select(message => message.Split('\n')[0]));
        Assert.Equal(0, daemon.WaitForExit());
    }

    [Fact]
    public void Manager_that_is_busy_hears_it_later()
    {
        using TempTree tree = Tree();
        using NotifyListener manager = new(tree.PathOf("notify"));
        int full = manager.Fill();
        using DaemonProcess daemon = Start(tree, manager.Address);
        daemon.WaitForReady();

        // The daemon has done work meanwhile, and reports in order.
        tree.Write("go");
        tree.Write("w/f");
        daemon.WaitFor("task finished");
        daemon.Signal(Libc.SIGHUP);
        daemon.WaitForCount(2, "ready, watching");
        for (int i = 0; i < full; i++)
        {
            Assert.Equal("full", manager.Next());
        }

        Assert.StartsWith("READY=1", manager.Next());
        AssertReloading(manager.Next());
        Assert.StartsWith("READY=1", manager.Next());
        Assert.Equal(0, daemon.Stop());
    }

    [Theory]
    [InlineData("/nowhere/at/all", false)]
    [InlineData("@nobody-listens-here", false)]
    [InlineData("relative", true)]
    [InlineData("vsock:2:1234", true)]
    [InlineData("/", true)]
    public void Address_where_nobody_listens_is_no_error_and_what_is_none_a_warning(string address, bool isWarned)
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree, address, watchdogUs: 20_000);
        daemon.WaitForReady();
        tree.Write("go");
        tree.Write("w/f");
        daemon.WaitFor("task finished");
        Assert.Equal(0, daemon.Stop());
        Assert.Equal(isWarned, daemon.Log().Any(line => line.Contains(" - WARNING - NOTIFY_SOCKET is neither", StringComparison.Ordinal)));
        Assert.Equal(isWarned ? 1 : 0, daemon.Log().Count(line => line.Contains(" - WARNING - ", StringComparison.Ordinal)));
    }

    private static void AssertReloading(string message)
    {
        string[] lines = message.Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("RELOADING=1", lines[0]);
        Assert.StartsWith("MONOTONIC_USEC=", lines[1]);
        long us = long.Parse(lines[1]["MONOTONIC_USEC=".Length..], CultureInfo.InvariantCulture);

        // Stopwatch reads the same clock.
        Assert.InRange(Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000) - us, 0, 30_000_000);
        Assert.Equal("STATUS=reading the configuration", lines[2]);
    }

    private static TempTree Tree()
    {
        TempTree tree = new();
        tree.MakeDirectory("w/below");
        return tree;
    }

    private static DaemonProcess Start(TempTree tree, string address, int watchdogUs = 0, string? watchdogPid = null) => DaemonProcess.Start(
        $$"""
        {
          "control_socket": null,
          "schedulers": { "s": { "type": "shell", "cmd": "env > {{tree.PathOf("environment")}}; while [ ! -e {{tree.PathOf("go")}} ]; do sleep 0.1; done" } },
          "watches": [ { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s" } } ]
        }
        """,
        start =>
        {
            start.Environment["NOTIFY_SOCKET"] = address;
            if (watchdogUs > 0)
            {
                start.Environment["WATCHDOG_USEC"] = watchdogUs.ToString(CultureInfo.InvariantCulture);
            }

            if (watchdogPid is not null)
            {
                // The shell becomes the daemon, so $$ is the daemon's id.
                string[] words = [start.FileName, .. start.ArgumentList];
                start.FileName = "/bin/sh";
                start.ArgumentList.Clear();
                foreach (string word in (string[])["-c", "WATCHDOG_PID=" + watchdogPid + " exec \"$@\"", "sh", .. words])
                {
                    start.ArgumentList.Add(word);
                }
            }
        });
}
