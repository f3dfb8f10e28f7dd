namespace PyInotifyd.Library;

/// <summary>A message of the log.</summary>
public sealed class LogMessage
{
    internal LogMessage(LogLevel level, string logger, string text)
    {
        (Level, Logger, Text) = (level, logger, text);
    }

    /// <summary>How important it is.</summary>
    public LogLevel Level { get; }

    /// <summary>Who says it: <c>daemon</c>, <c>eventmap</c>, or what a scheduler was told to use.</summary>
    public string Logger { get; }

    /// <summary>The message and its fields in one line; what is not printable is escaped, as in the log of the daemon.</summary>
    public string Text { get; }
}
