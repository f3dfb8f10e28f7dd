using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using Level = PyInotifyd.Engine.Diagnostics.LogLevel;

namespace PyInotifyd.Library;

/// <summary>Which messages a setup wants, taken from it at one moment.</summary>
internal sealed class LogLevels
{
    private readonly Level _level;
    private readonly Dictionary<string, Level> _byLogger = new(StringComparer.Ordinal);

    public LogLevels(Setup setup)
    {
        _level = (Level)setup.LogLevel;
        foreach (KeyValuePair<string, LogLevel> pair in setup.LogLevels)
        {
            _byLogger.Add(pair.Key, (Level)pair.Value);
        }
    }

    /// <summary>Has a log write these messages.</summary>
    public void Apply(Log log) => log.SetLevels(_level, _byLogger);
}
