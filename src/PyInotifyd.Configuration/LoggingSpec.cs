using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Configuration;

/// <summary>What is logged, and where to besides standard error.</summary>
public sealed record LoggingSpec
{
    /// <summary>Level of all loggers that have none of their own.</summary>
    public LogLevel Level { get; init; } = LogLevel.Info;

    /// <summary>Levels of single loggers.</summary>
    public SpecList<LoggerLevelSpec> Loggers { get; init; } = SpecList<LoggerLevelSpec>.Empty;

    /// <summary>One JSON object a line instead of text.</summary>
    public bool Json { get; init; }

    /// <summary>Syslog servers.</summary>
    public SpecList<SyslogSpec> Syslog { get; init; } = SpecList<SyslogSpec>.Empty;

    /// <summary>Returns the levels of <see cref="Loggers"/> by name, as <see cref="Log.SetLevels"/> takes them.</summary>
    public IReadOnlyDictionary<string, LogLevel> LevelsByLogger()
    {
        Dictionary<string, LogLevel> levels = new(StringComparer.Ordinal);
        foreach (LoggerLevelSpec logger in Loggers.AsSpan())
        {
            levels[logger.Name] = logger.Level;
        }

        return levels;
    }
}
