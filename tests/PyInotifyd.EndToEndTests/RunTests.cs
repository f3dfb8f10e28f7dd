using System;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>A run of the daemon: signals, reload, exit status, where its log goes.</summary>
public sealed class RunTests : IDisposable
{
    private readonly TempTree _tree = new();

    public RunTests()
    {
        _tree.MakeDirectory("watched");
    }

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData(Libc.SIGTERM, "SIGTERM")]
    [InlineData(Libc.SIGINT, "SIGINT")]
    public void Signal_shuts_down_with_exit_status_0(int signal, string name)
    {
        using DaemonProcess daemon = DaemonProcess.Start(Configuration("true"));
        daemon.WaitForReady();
        daemon.Signal(signal);
        Assert.Equal(0, daemon.WaitForExit());
        string[] log = daemon.Log();
        Assert.EndsWith($" - pyinotifyd/daemon - INFO - got signal {name}, shutdown", log[^2]);
        Assert.EndsWith(" - pyinotifyd/daemon - INFO - shutdown complete", log[^1]);
    }

    [Fact]
    public void Second_signal_ends_at_once_and_kills_running_tasks()
    {
        using DaemonProcess daemon = DaemonProcess.Start(Configuration($"echo $$ > {_tree.PathOf("pid")}; echo started; exec sleep 600"));
        daemon.WaitForReady();
        _tree.Write("watched/f");
        daemon.WaitFor("line=started");
        int task = int.Parse(_tree.ReadText("pid"));
        daemon.Signal(Libc.SIGTERM);
        daemon.WaitFor("got signal SIGTERM, shutdown");
        daemon.Signal(Libc.SIGHUP);
        daemon.WaitFor("got signal SIGHUP, ignored during shutdown");
        daemon.Signal(Libc.SIGTERM);
        Assert.Equal(1, daemon.WaitForExit());
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("shutdown complete", StringComparison.Ordinal));

        // A killed process that nobody has reaped yet still has its id, but runs no more.
        Assert.True(Libc.kill(task, 0) == -Errno.ESRCH || IsZombie(task));
    }

    [Fact]
    public void Counters_are_logged_on_demand()
    {
        using DaemonProcess daemon = DaemonProcess.Start(Configuration("true"));
        daemon.WaitForReady();
        _tree.Write("watched/f");
        daemon.WaitFor("task finished");
        daemon.Signal(Libc.SIGUSR1);
        Assert.Contains(", directories=1, ", daemon.WaitFor("counters, "));
        Assert.EndsWith(", delayed=0, waiting=0, running=0, finished=1, failed=0, cancelled=0, skipped=0", daemon.WaitFor("counters of scheduler s,"));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Reload_of_a_broken_file_changes_nothing_and_of_a_good_one_takes_effect()
    {
        using DaemonProcess daemon = DaemonProcess.Start(Configuration("echo first"));
        daemon.WaitForReady();
        daemon.Reload("{ \"watches\": [ ], \"nonsense\": 1 }");
        daemon.WaitFor("got signal SIGHUP, reload config file");
        Assert.Contains(" - ERROR - " + daemon.ConfigurationPath + ":1:19: $.nonsense: ", daemon.WaitFor("$.nonsense"));
        daemon.WaitFor("the configuration has errors, nothing is changed");
        _tree.Write("watched/f");
        daemon.WaitFor("line=first");

        int mark = daemon.Mark();
        daemon.Reload(Configuration("echo second", "\"format\": \"json\""));
        daemon.WaitForAfter(mark, line => line.Contains("ready, watching 1 directories", StringComparison.Ordinal));
        _tree.Write("watched/f");
        using JsonDocument line = JsonDocument.Parse(daemon.WaitForAfter(mark, line => line.Contains("second\"", StringComparison.Ordinal) && line.Contains("stdout", StringComparison.Ordinal)));
        Assert.Equal("second", line.RootElement.GetProperty("line").GetString());
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Debug_option_logs_events()
    {
        using DaemonProcess daemon = DaemonProcess.Start(Configuration("true"), start => start.ArgumentList.Add("-d"));
        daemon.WaitForReady();
        byte[] name = [.. "watched/a\n"u8, 0xff];
        _tree.Write(name, default);
        string line = daemon.WaitFor("maskname=IN_CLOSE_WRITE");
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - pyinotifyd/eventmap - DEBUG - received event, mask=0x8, maskname=IN_CLOSE_WRITE, pathname=.*/watched/a\\x0a\\xff, wd=1$", line);
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Journal_gets_priorities()
    {
        using DaemonProcess daemon = DaemonProcess.Start(Configuration("true"), start =>
        {
            string configuration = start.ArgumentList[1];
            start.FileName = "/bin/sh";
            start.ArgumentList.Clear();
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add("export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/2); exec \"$0\" -c \"$1\"");
            start.ArgumentList.Add(PublishedBinary.X64);
            start.ArgumentList.Add(configuration);
        });
        daemon.WaitFor(line => line == "<6>pyinotifyd/daemon: ready, watching 1 directories");
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Journal_variable_of_somebody_else_is_ignored()
    {
        using DaemonProcess daemon = DaemonProcess.Start(Configuration("true"), start => start.Environment["JOURNAL_STREAM"] = "1:1");
        Assert.Contains(" - INFO - ", daemon.WaitForReady());
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Syslog_that_comes_after_the_daemon_gets_its_messages()
    {
        using Socket server = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        using DaemonProcess daemon = DaemonProcess.Start(Configuration("true", $"\"syslog\": [ {{ \"address\": \"{_tree.PathOf("log")}\" }} ]"));
        Assert.Contains(" - WARNING - ", daemon.WaitFor("cannot be reached: ENOENT"));
        daemon.WaitForReady();
        server.Bind(new UnixDomainSocketEndPoint(_tree.PathOf("log")));
        byte[] buffer = new byte[65536];
        string message;
        do
        {
            message = Encoding.UTF8.GetString(buffer, 0, server.Receive(buffer));
            Assert.StartsWith("<1", message);
        }
        while (message != "<14>pyinotifyd/daemon: ready, watching 1 directories");

        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Watch_that_must_be_there_and_is_not_fails_the_start()
    {
        string configuration = Configuration("true").Replace("\"event_map\"", "\"on_missing\": \"fail\", \"event_map\"").Replace("/watched\"", "/absent\"");
        using DaemonProcess daemon = DaemonProcess.Start(configuration);
        Assert.Equal(1, daemon.WaitForExit());
        Assert.Contains(daemon.Log(), line => line.Contains("/absent", StringComparison.Ordinal));
    }

    private static bool IsZombie(int pid)
    {
        try
        {
            return System.IO.File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (System.IO.IOException)
        {
            return true;
        }
    }

    private string Configuration(string command, string logging = "") =>
        $$"""
        {
          "control_socket": null,
          "logging": { {{logging}} },
          "schedulers": { "s": { "type": "shell", "cmd": "{{command}}" } },
          "event_maps": { "m": { "IN_CLOSE_WRITE": "s" } },
          "watches": [ { "path": "{{_tree.PathOf("watched")}}", "event_map": "m" } ]
        }
        """;
}
