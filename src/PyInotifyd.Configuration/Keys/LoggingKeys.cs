namespace PyInotifyd.Configuration.Keys;

/// <summary>Keys of <c>logging</c>.</summary>
internal static class LoggingKeys
{
    internal const int InfoIndex = 1;

    /// <summary>The levels, lowest first; level number = 10 × (index + 1).</summary>
    private static readonly ConfigChoice[] s_levels =
    [
        new("DEBUG", "For the hunt of an error."),
        new("INFO", "The normal course of things."),
        new("WARNING", "Something to look at."),
        new("ERROR", "Something failed."),
        new("CRITICAL", "The daemon cannot go on."),
    ];

    internal static readonly ConfigKey Level = ConfigKey.Choice("level", InfoIndex, "Messages below this level are not written.", s_levels).InAnyCase();

    internal static readonly ConfigKey Loggers = ConfigKey.ChoiceMap("loggers", "Level by logger name.", s_levels).InAnyCase();

    internal static readonly ConfigKey Format = ConfigKey.Choice(
        "format", 0, "Form of the lines on standard error.", new("text", "As Python's logging writes them."), new("json", "One object a line."));

    internal static readonly ConfigKey SyslogLevel = ConfigKey.Choice(
        "level", InfoIndex, "Messages below this level are not sent.", s_levels).InAnyCase();

    internal static readonly ConfigKey Address = ConfigKey.Text("address", "/dev/log", "Path of a unix socket, or host:port for UDP.");

    internal static readonly ConfigKey LogName = ConfigKey.Text("logname", null, "Only messages of this logger; null: of all.").OrNull();

    internal static readonly KeyGroup SyslogGroup = new("a syslog server", SyslogLevel, Address, LogName);

    internal static readonly ConfigKey Syslog = ConfigKey.Nested(ConfigType.ObjectList, "syslog", SyslogGroup, "Syslog servers that get the messages too.");

    internal static readonly KeyGroup Group = new("logging", Level, Loggers, Format, Syslog);
}
