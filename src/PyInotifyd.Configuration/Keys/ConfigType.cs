namespace PyInotifyd.Configuration.Keys;

/// <summary>What a key of the configuration takes.</summary>
public enum ConfigType
{
    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A whole number from <see cref="ConfigKey.Min"/> to <see cref="ConfigKey.Max"/>.</summary>
    Integer,

    /// <summary>Seconds as a number, or a text with a unit; <see cref="ConfigKey.Min"/> is milliseconds.</summary>
    Duration,

    /// <summary>Octal digits in a string, up to <see cref="ConfigKey.Max"/>.</summary>
    Mode,

    /// <summary>One of <see cref="ConfigKey.Choices"/>.</summary>
    Choice,

    /// <summary>A text that is not empty.</summary>
    Text,

    /// <summary>An absolute path.</summary>
    Path,

    /// <summary>A user or group: a name or a number.</summary>
    Identity,

    /// <summary>A regular expression in Python's syntax.</summary>
    Pattern,

    /// <summary>The name of a scheduler.</summary>
    SchedulerName,

    /// <summary>The name of a worker.</summary>
    WorkerName,

    /// <summary>A list of texts.</summary>
    TextList,

    /// <summary>A list of regular expressions.</summary>
    PatternList,

    /// <summary>A list of regular expressions, or the name of a file with one a line.</summary>
    PatternListOrFile,

    /// <summary>An absolute path or a list of them.</summary>
    PathOrList,

    /// <summary>An object of texts, or null, by name.</summary>
    TextMap,

    /// <summary>An object of <see cref="ConfigKey.Choices"/> by name.</summary>
    ChoiceMap,

    /// <summary>What an event does: null, a scheduler, <c>{"cancel": …}</c>, or a list of these.</summary>
    Actions,

    /// <summary>The name of an event map, or an event map.</summary>
    EventMapOrName,

    /// <summary>An object of the keys of <see cref="ConfigKey.Group"/>.</summary>
    Object,

    /// <summary>A list of such objects.</summary>
    ObjectList,

    /// <summary>Such objects by name.</summary>
    ObjectMap,
}
