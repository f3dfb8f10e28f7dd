using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using PyInotifyd.Configuration;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>The log and its sinks, as the configuration wants them.</summary>
/// <remarks>Threads: the reactor's.</remarks>
internal sealed class LogSetup
{
    private const int StandardError = 2;

    private static readonly Dictionary<string, LogLevel> s_noLevels = new(StringComparer.Ordinal);

    private readonly bool _debug;
    private readonly KernelLogClock _clock;
    private StderrSink? _standardError;
    private LoggingSpec? _spec;

    /// <summary>Makes a log without sinks.</summary>
    /// <param name="debug">Whether every logger writes debugging messages, whatever the configuration says.</param>
    public LogSetup(bool debug)
    {
        _debug = debug;
        _clock = new KernelLogClock();
        LastError = new LastError(_clock);
    }

    /// <summary>What went wrong last.</summary>
    public LastError LastError { get; }

    /// <summary>The log.</summary>
    public Log Log { get; } = new();

    /// <summary>Returns what is wrong with the syslog servers, which the configuration cannot know: whether their hosts have addresses here.</summary>
    public static List<ConfigProblem> Check(LoggingSpec spec, string file)
    {
        List<ConfigProblem> problems = [];
        for (int i = 0; i < spec.Syslog.Count; i++)
        {
            if (!TryAddress(spec.Syslog[i], out _, out string? error))
            {
                problems.Add(new ConfigProblem { File = file, Path = "$.logging.syslog[" + i.ToString() + "].address", Message = error });
            }
        }

        return problems;
    }

    /// <summary>Sets levels and sinks; sinks of an equal specification stay as they are, with what waits in them.</summary>
    public void Apply(LoggingSpec spec, string logName)
    {
        if (spec.Equals(_spec))
        {
            return;
        }

        _spec = spec;
        if (_debug)
        {
            Log.SetLevels(LogLevel.Debug, s_noLevels);
        }
        else
        {
            Log.SetLevels(spec.Level, spec.LevelsByLogger());
        }

        bool journal = StderrSink.IsJournal(StandardError, Environment.GetEnvironmentVariable("JOURNAL_STREAM"));
        LogFormat format = spec.Json ? LogFormat.Json : LogFormat.Text;
        _standardError ??= new StderrSink(StandardError, format, journal, _clock);

        // The same one from beginning to end: another would have to wait until the lines in this one are written.
        _standardError.SetForm(format, journal);
        List<ILogSink> sinks = [_standardError, LastError];
        List<string> absent = [];
        foreach (SyslogSpec server in spec.Syslog.AsSpan())
        {
            if (TryAddress(server, out SyslogAddress? address, out string? error))
            {
                SyslogSink sink = new(address, server.Level, server.LogName, _clock);
                int result = sink.Connect();
                if (result < 0)
                {
                    absent.Add("syslog " + address.Text + " cannot be reached: " + Errno.Name(result) + " " + Errno.Text(result) + "; the newest messages wait for it");
                }

                sinks.Add(sink);
            }
            else
            {
                absent.Add(error);
            }
        }

        Log.SetSinks(sinks.ToArray());
        foreach (string message in absent)
        {
            Log.GetLogger(logName).Warning(message);
        }
    }

    /// <summary>Makes room for the last messages of a run: those before them may be more than is kept for a reader.</summary>
    public void Drain() => _standardError?.Drain();

    private static bool TryAddress(SyslogSpec server, [NotNullWhen(true)] out SyslogAddress? address, [NotNullWhen(false)] out string? error) =>
        server.Host is null
            ? SyslogAddress.TryForSocket(server.SocketPath.Bytes, out address, out error)
            : SyslogAddress.TryForHost(server.Host, server.Port, out address, out error);
}
