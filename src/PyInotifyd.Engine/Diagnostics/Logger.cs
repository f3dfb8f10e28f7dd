namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes messages under one name.</summary>
/// <remarks>Threads: reactor only.</remarks>
public sealed class Logger
{
    private readonly Log _log;

    internal Logger(Log log, string name)
    {
        _log = log;
        Name = name;
    }

    /// <summary>The name, such as <c>daemon</c>.</summary>
    public string Name { get; }

    internal LogLevel Level { get; set; }

    /// <summary>Whether a message of this level is wanted; ask before building one.</summary>
    public bool IsEnabled(LogLevel level) => level >= Level;

    /// <summary>Writes a record if its level is wanted.</summary>
    public void Write(in LogRecord record)
    {
        if (record.Level >= Level)
        {
            _log.Write(in record);
        }
    }

    /// <summary>Writes a plain message.</summary>
    public void Write(LogLevel level, string message)
    {
        if (level >= Level)
        {
            LogRecord record = new(level, Name, message);
            _log.Write(in record);
        }
    }

    /// <summary>Writes a plain message of level DEBUG.</summary>
    public void Debug(string message) => Write(LogLevel.Debug, message);

    /// <summary>Writes a plain message of level INFO.</summary>
    public void Info(string message) => Write(LogLevel.Info, message);

    /// <summary>Writes a plain message of level WARNING.</summary>
    public void Warning(string message) => Write(LogLevel.Warning, message);

    /// <summary>Writes a plain message of level ERROR.</summary>
    public void Error(string message) => Write(LogLevel.Error, message);
}
