using System.Collections.Generic;
using PyInotifyd.Configuration;
using PyInotifyd.Daemon;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon;

/// <summary>What of the log's configuration can only be judged on this machine.</summary>
public sealed class LogSetupTests
{
    [Fact]
    public void Host_without_an_address_here_is_an_error_with_its_place()
    {
        LoggingSpec spec = new()
        {
            Syslog = new SpecList<SyslogSpec>(
                new SyslogSpec { SocketPath = new UnixPath("/dev/log"u8.ToArray()) },
                new SyslogSpec { Host = "no-such-host.invalid", Port = 514 },
                new SyslogSpec { Host = "::1", Port = 514 }),
        };
        List<ConfigProblem> problems = LogSetup.Check(spec, "/f");
        ConfigProblem problem = Assert.Single(problems);
        Assert.StartsWith("/f: $.logging.syslog[1].address: syslog host 'no-such-host.invalid' is neither", problem.ToString());
    }

    [Fact]
    public void Debugging_option_beats_all_levels()
    {
        LogSetup setup = new(debug: true);
        setup.Apply(new LoggingSpec { Level = LogLevel.Error, Loggers = new SpecList<LoggerLevelSpec>(new LoggerLevelSpec("sched", LogLevel.Critical)) }, "daemon");
        Assert.True(setup.Log.GetLogger("sched").IsEnabled(LogLevel.Debug));
        Assert.True(setup.Log.GetLogger("daemon").IsEnabled(LogLevel.Debug));
    }

    [Fact]
    public void Levels_are_those_of_the_configuration_and_change_with_it()
    {
        LogSetup setup = new(debug: false);
        setup.Apply(new LoggingSpec { Level = LogLevel.Warning, Loggers = new SpecList<LoggerLevelSpec>(new LoggerLevelSpec("sched", LogLevel.Debug)) }, "daemon");
        Assert.True(setup.Log.GetLogger("sched").IsEnabled(LogLevel.Debug));
        Assert.False(setup.Log.GetLogger("daemon").IsEnabled(LogLevel.Info));

        setup.Apply(new LoggingSpec(), "daemon");
        Assert.False(setup.Log.GetLogger("sched").IsEnabled(LogLevel.Debug));
        Assert.True(setup.Log.GetLogger("daemon").IsEnabled(LogLevel.Info));
    }
}
