using System;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Names and numbers of the levels, as users, Python and syslog have them.</summary>
internal static class LogLevelName
{
    public static ReadOnlySpan<byte> Of(LogLevel level) => level switch
    {
        LogLevel.Debug => "DEBUG"u8,
        LogLevel.Info => "INFO"u8,
        LogLevel.Warning => "WARNING"u8,
        LogLevel.Error => "ERROR"u8,
        _ => "CRITICAL"u8,
    };

    /// <summary>Returns the severity of RFC 3164, the same as in the prefix that the journal reads.</summary>
    public static int Severity(LogLevel level) => level switch
    {
        LogLevel.Debug => 7,
        LogLevel.Info => 6,
        LogLevel.Warning => 4,
        LogLevel.Error => 3,
        _ => 2,
    };
}
