using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>The loggers of the daemon, the level of each, and the sinks that all of them write to.</summary>
/// <remarks>
/// A level is looked up once per logger and kept in it, so that a message that nobody wants costs one comparison.
/// Threads: reactor only.
/// </remarks>
public sealed class Log
{
    private readonly Dictionary<string, Logger> _loggers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LogLevel> _levels = new(StringComparer.Ordinal);
    private ILogSink[] _sinks = [];
    private LogLevel _level = LogLevel.Info;

    /// <summary>Returns the logger of a name; the same one each time.</summary>
    public Logger GetLogger(string name)
    {
        if (!_loggers.TryGetValue(name, out Logger? logger))
        {
            logger = new Logger(this, name) { Level = LevelOf(name) };
            _loggers.Add(name, logger);
        }

        return logger;
    }

    /// <summary>Sets the level of all loggers and those that differ from it.</summary>
    public void SetLevels(LogLevel level, IReadOnlyDictionary<string, LogLevel> perLogger)
    {
        _level = level;
        _levels.Clear();
        foreach (KeyValuePair<string, LogLevel> pair in perLogger)
        {
            _levels[pair.Key] = pair.Value;
        }

        foreach (Logger logger in _loggers.Values)
        {
            logger.Level = LevelOf(logger.Name);
        }
    }

    /// <summary>When <see cref="Flush"/> has work though nothing more is written, on CLOCK_MONOTONIC in nanoseconds; <see cref="long.MaxValue"/>: never.</summary>
    public long FlushDueNs
    {
        get
        {
            long due = long.MaxValue;
            foreach (ILogSink sink in _sinks)
            {
                due = Math.Min(due, sink.FlushDueNs);
            }

            return due;
        }
    }

    /// <summary>Replaces the sinks and closes those of the old ones that are not among the new.</summary>
    /// <remarks>Owns: the sinks, until they are replaced or <see cref="Close"/> is called.</remarks>
    public void SetSinks(params ILogSink[] sinks)
    {
        ILogSink[] old = _sinks;
        _sinks = sinks;
        foreach (ILogSink sink in old)
        {
            if (Array.IndexOf(sinks, sink) < 0)
            {
                sink.Close();
            }
        }
    }

    /// <summary>Closes all sinks; what is written afterwards goes nowhere.</summary>
    public void Close() => SetSinks();

    /// <summary>Has every sink hand on what it kept.</summary>
    public void Flush()
    {
        foreach (ILogSink sink in _sinks)
        {
            sink.Flush();
        }
    }

    internal void Write(in LogRecord record)
    {
        foreach (ILogSink sink in _sinks)
        {
            sink.Write(in record);
        }
    }

    private LogLevel LevelOf(string name) => _levels.TryGetValue(name, out LogLevel level) ? level : _level;
}
