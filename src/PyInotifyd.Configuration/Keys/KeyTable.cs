namespace PyInotifyd.Configuration.Keys;

/// <summary>Every key of the configuration, once: what is checked, suggested, documented and put into the schema comes from here.</summary>
/// <remarks>
/// The keys of each kind of object stand in a class of their own beside this one; the binders read values by these keys.
/// To let the engine obey a key that was <c>not supported yet</c>, delete its <c>.NotYet()</c>.
/// </remarks>
public static class KeyTable
{
    /// <summary>Keys of the configuration file itself.</summary>
    public static KeyGroup Root => RootKeys.Group;

    /// <summary>Keys that a file named by <c>include</c> may have.</summary>
    public static KeyGroup Included => RootKeys.Included;

    /// <summary>Keys of <c>defaults</c>.</summary>
    public static KeyGroup Defaults => SchedulerKeys.Defaults;

    /// <summary>Keys of a scheduler of type <c>shell</c>.</summary>
    public static KeyGroup Shell => SchedulerKeys.Shell;

    /// <summary>Keys of a scheduler of type <c>exec</c>.</summary>
    public static KeyGroup Exec => SchedulerKeys.Exec;

    /// <summary>Keys of a scheduler of type <c>filemanager</c>.</summary>
    public static KeyGroup FileManager => SchedulerKeys.FileManager;

    /// <summary>Keys of a scheduler of type <c>task</c>.</summary>
    public static KeyGroup Task => SchedulerKeys.Task;

    /// <summary>Keys of a rule of the file manager.</summary>
    public static KeyGroup Rule => RuleKeys.Group;

    /// <summary>Keys of <c>batch</c>.</summary>
    public static KeyGroup Batch => BatchKeys.Group;

    /// <summary>Keys of a worker.</summary>
    public static KeyGroup Worker => WorkerKeys.Group;

    /// <summary>Keys of an event map.</summary>
    public static KeyGroup EventMap => EventMapKeys.Group;

    /// <summary>Keys of a watch.</summary>
    public static KeyGroup Watch => WatchKeys.Group;

    /// <summary>Keys of <c>logging</c>.</summary>
    public static KeyGroup Logging => LoggingKeys.Group;

    /// <summary>Keys of a syslog server.</summary>
    public static KeyGroup Syslog => LoggingKeys.SyslogGroup;
}
