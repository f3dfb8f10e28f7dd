using System;
using PyInotifyd.Configuration;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

public sealed class ConfigurationReaderTests
{
    [Fact]
    public void Empty_object_gives_the_defaults()
    {
        DaemonSpec spec = ConfigText.Good("{}");
        Assert.Equal(30_000, spec.Engine.ShutdownTimeoutMs);
        Assert.Equal("daemon", spec.Engine.LogName);
        Assert.Equal(64, spec.Engine.MaxConcurrency);
        Assert.Equal(1_000_000, spec.Engine.MaxPending);
        Assert.Equal(LogLevel.Info, spec.Logging.Level);
        Assert.False(spec.Logging.Json);
        Assert.True(spec.HasControlSocket);
        Assert.True(spec.ControlSocket.IsEmpty);
        Assert.True(spec.StateFile.IsEmpty);
        Assert.Empty(spec.Engine.Watches);
    }

    [Fact]
    public void Whole_configuration_is_bound()
    {
        DaemonSpec spec = ConfigText.Good(
            """
            // a comment
            {
              "$schema": "x",
              "shutdown_timeout": "1.5m", "logname": "d", "max_concurrency": 3, "control_socket": null, "state_file": null,
              "logging": {
                "level": "warning", "loggers": { "sched": "Debug" }, "format": "json",
                "syslog": [ {}, { "level": "ERROR", "address": "[::1]:514", "logname": "sched" }, { "address": "log.example:1" } ],
              },
              "defaults": { "delay": 5, "max_delay": 60, "output": "discard", "env": { "A": "1", "B": "2" } },
              /* two
                 schedulers */
              "schedulers": {
                "shell": { "type": "shell", "cmd": "echo {pathname}", "env": { "B": null, "C": "3" }, "cwd": "/tmp//x/../", "max_delay": null },
                "exec": { "type": "exec", "argv": ["/bin/echo", "{name}"], "delay": 0.25, "dirs": true, "files": false, "singlejob": true,
                          "on_busy": "restart", "max_concurrency": 7, "logname": "x", "output": "log", "clear_env": true },
              },
              "event_maps": {
                "m": { "default_sched": "shell", "IN_OPEN": null, "IN_CREATE": ["shell", { "cancel": "exec" }, "shell"], "IN_DELETE": { "cancel": "shell" },
                       "exclude_filter": ["/b"], "include_filter": [".*c$"] },
              },
              "watches": [
                { "path": ["/a//b/./c/", "/x/../y"], "event_map": "m", "rec": true, "auto_add": true, "exclude_filter": ["/a"], "include_filter": ["/x"] },
                { "path": "/", "default_sched": "exec", "on_missing": "fail" },
                { "path": "/z*", "event_map": { "IN_MODIFY": "exec" } },
              ],
            }
            """);

        Assert.Equal(90_000, spec.Engine.ShutdownTimeoutMs);
        Assert.Equal("d", spec.Engine.LogName);
        Assert.Equal(3, spec.Engine.MaxConcurrency);
        Assert.False(spec.HasControlSocket);
        Assert.Equal(LogLevel.Warning, spec.Logging.Level);
        Assert.Equal(LogLevel.Debug, spec.Logging.LevelsByLogger()["sched"]);
        Assert.True(spec.Logging.Json);
        Assert.Equal(new SyslogSpec { SocketPath = Path("/dev/log") }, spec.Logging.Syslog[0]);
        Assert.Equal(new SyslogSpec { Level = LogLevel.Error, Host = "::1", Port = 514, LogName = "sched" }, spec.Logging.Syslog[1]);
        Assert.Equal(new SyslogSpec { Host = "log.example", Port = 1 }, spec.Logging.Syslog[2]);

        ProcessSpec process = new()
        {
            Env = new SpecList<EnvSpec>(new EnvSpec("A", "1"), new EnvSpec("B", null), new EnvSpec("C", "3")),
            Cwd = "/tmp",
            Output = OutputMode.Discard,
        };
        SchedulerSpec shell = new() { Name = "shell", Job = new ShellJobSpec("echo {pathname}", process), DelayMs = 5000 };
        Assert.Equal(shell, spec.Engine.Schedulers[0]);
        process = new ProcessSpec { Env = new SpecList<EnvSpec>(new EnvSpec("A", "1"), new EnvSpec("B", "2")), ClearEnv = true };
        SchedulerSpec exec = new()
        {
            Name = "exec",
            Job = new ExecJobSpec(new SpecList<string>("/bin/echo", "{name}"), process),
            DelayMs = 250,
            MaxDelayMs = 60_000,
            Dirs = true,
            Files = false,
            SingleJob = true,
            OnBusy = BusyPolicy.Restart,
            MaxConcurrency = 7,
            LogName = "x",
        };
        Assert.Equal(exec, spec.Engine.Schedulers[1]);

        Assert.Equal(4, spec.Engine.Watches.Count);
        WatchSpec watch = spec.Engine.Watches[0];
        Assert.Equal(Path("/a/b/c"), watch.Path);
        Assert.True(watch.Rec);
        Assert.True(watch.AutoAdd);
        Assert.Equal(new SpecList<string>("/a", "/b"), watch.Exclude);
        Assert.Equal(new SpecList<string>("/x"), watch.Include);
        Assert.Equal(new SpecList<string>(".*c$"), watch.AlsoInclude);
        Assert.Equal(EventMask.All & ~EventMask.Open, watch.EventMap.Mapped);
        ActionSpec run = new("shell", IsCancel: false);
        Assert.Equal(new SpecList<ActionSpec>(run, new ActionSpec("exec", IsCancel: true), run), watch.EventMap[EventNames.Slot(EventMask.Create)]);
        Assert.Equal(new SpecList<ActionSpec>(new ActionSpec("shell", IsCancel: true)), watch.EventMap[EventNames.Slot(EventMask.Delete)]);
        Assert.Equal(new SpecList<ActionSpec>(run), watch.EventMap[EventNames.Slot(EventMask.Unmount)]);
        Assert.Equal(watch with { Path = Path("/y") }, spec.Engine.Watches[1]);
        Assert.Equal(Path("/"), spec.Engine.Watches[2].Path);
        Assert.Equal(MissingPolicy.Fail, spec.Engine.Watches[2].OnMissing);
        Assert.Equal(EventMask.All, spec.Engine.Watches[2].EventMap.Mapped);
        Assert.Equal(EventMask.Modify, spec.Engine.Watches[3].EventMap.Mapped);
    }

    [Fact]
    public void Equal_texts_give_equal_specs()
    {
        const string text = """{ "watches": [ { "path": "/a", "default_sched": "s", "exclude_filter": ["x"] } ], """ + ConfigText.Tail;
        EngineSpec one = ConfigText.Good(text).Engine;
        EngineSpec two = ConfigText.Good(text.Replace("{ ", "{  ", StringComparison.Ordinal)).Engine;
        Assert.Equal(one, two);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("60", 60_000)]
    [InlineData("0.25", 250)]
    [InlineData("1e3", 1_000_000)]
    [InlineData("25e-2", 250)]
    [InlineData("0.0000001", 1)]
    [InlineData("1.0001", 1001)]
    [InlineData("0.3", 300)]
    [InlineData("\"250ms\"", 250)]
    [InlineData("\"0.5ms\"", 1)]
    [InlineData("\"1.5s\"", 1500)]
    [InlineData("\"10m\"", 600_000)]
    [InlineData("\"2h\"", 7_200_000)]
    [InlineData("\"1d\"", 86_400_000)]
    [InlineData("3155760000", 3_155_760_000_000)]
    [InlineData("0.00000000000000000000000000000000000000000000000000000001", 1)]
    [InlineData("1000000000000000000000000000000e-30", 1000)]
    public void Duration_is_milliseconds_rounded_up(string written, long ms)
    {
        Assert.Equal(ms, ConfigText.Scheduler($"\"type\": \"shell\", \"cmd\": \"true\", \"delay\": {written}").DelayMs);
    }

    [Fact]
    public void Escaped_bytes_of_names_survive()
    {
        DaemonSpec spec = ConfigText.Good("""{ "watches": [ { "path": "/a\udcff\udce9\ud83d\ude00", "default_sched": "s" } ], """ + ConfigText.Tail);
        Assert.Equal("2F61FFE9F09F9880", Convert.ToHexString(spec.Engine.Watches[0].Path.Bytes));
        Assert.Equal("echo \udc80", Assert.IsType<ShellJobSpec>(ConfigText.Scheduler("\"type\": \"shell\", \"cmd\": \"echo \\udc80\"").Job).Command);
    }

    [Fact]
    public void Default_of_what_is_not_obeyed_yet_is_accepted()
    {
        ConfigText.Scheduler("\"type\": \"shell\", \"cmd\": \"true\", \"umask\": \"022\", \"retries\": 0, \"timeout\": null, \"stdin\": \"null\", \"kill_after\": \"5s\"");
        ConfigText.Watch("\"default_sched\": \"s\", \"poll\": null, \"one_file_system\": false, \"scan_on_start\": \"none\"");
        ConfigText.Good("""{ "max_pending": 1000000, "workers": {}, "control_group": null }""");
    }

    [Fact]
    public void Byte_order_mark_is_skipped_and_not_counted()
    {
        Assert.Equal(["c.json:1:3: $.a: unknown key \"a\"" + ConfigText.RootKeyList], ConfigText.Errors("\ufeff{ \"a\": 1 }"));
    }

    private static UnixPath Path(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));
}
