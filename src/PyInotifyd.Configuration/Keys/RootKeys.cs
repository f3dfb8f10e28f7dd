namespace PyInotifyd.Configuration.Keys;

/// <summary>Keys of the configuration file itself.</summary>
internal static class RootKeys
{
    internal static readonly ConfigKey Schema = ConfigKey.Text("$schema", null, "Address of the JSON Schema, for editors; the daemon does not read it.");

    internal static readonly ConfigKey ShutdownTimeout = ConfigKey.Duration(
        "shutdown_timeout", 30_000, "How long a shutdown waits for pending and running tasks.");

    internal static readonly ConfigKey LogName = ConfigKey.Text("logname", "daemon", "Name of the daemon's own logger.");

    internal static readonly ConfigKey Include = ConfigKey.Of(
        ConfigType.TextList,
        "include",
        "Files to read as well, relative to this one; *, ? and […] are expanded in name order. They may hold workers, schedulers, event_maps and watches.");

    internal static readonly ConfigKey StateFile = ConfigKey.Of(
        ConfigType.Path, "state_file", "File that keeps what is unfinished across a restart or crash.").OrNull();

    internal static readonly ConfigKey ControlSocket = ConfigKey.Of(
        ConfigType.Path,
        "control_socket",
        "Unix socket for status and control; left out: /run/pyinotifyd/control.sock for root, else $XDG_RUNTIME_DIR/pyinotifyd.sock; null: none.")
        .OrNull();

    internal static readonly ConfigKey ControlGroup = ConfigKey.Of(
        ConfigType.Identity, "control_group", "A group whose members may use the control socket too, beside root and the daemon's user; null: none.").OrNull();

    internal static readonly ConfigKey MaxConcurrency = ConfigKey.Integer(
        "max_concurrency", 64, 1, 10_000, "Tasks running at once in the whole daemon.");

    internal static readonly ConfigKey MaxPending = ConfigKey.Integer(
        "max_pending", 1_000_000, 1, 100_000_000, "Above so many tasks new ones are found again by a scan instead of remembered one by one.");

    internal static readonly ConfigKey Logging = ConfigKey.Nested(ConfigType.Object, "logging", LoggingKeys.Group, "What is logged, and where to.");

    internal static readonly ConfigKey Defaults = ConfigKey.Nested(
        ConfigType.Object, "defaults", SchedulerKeys.Defaults, "Common keys and process options for all schedulers that do not give them; env is merged name by name.");

    internal static readonly ConfigKey Workers = ConfigKey.Nested(
        ConfigType.ObjectMap, "workers", WorkerKeys.Group, "Long-lived processes that run the jobs of task schedulers.");

    internal static readonly ConfigKey Schedulers = ConfigKey.Nested(
        ConfigType.ObjectMap, "schedulers", SchedulerKeys.Any, "What is done, by the names that event maps use.");

    internal static readonly ConfigKey EventMaps = ConfigKey.Nested(
        ConfigType.ObjectMap, "event_maps", EventMapKeys.Group, "Which events do what, by the names that watches use.");

    internal static readonly ConfigKey Watches = ConfigKey.Nested(ConfigType.ObjectList, "watches", WatchKeys.Group, "What is watched.");

    internal static readonly KeyGroup Group = new(
        "a configuration", Schema, ShutdownTimeout, LogName, Include, StateFile, ControlSocket, ControlGroup, MaxConcurrency, MaxPending, Logging, Defaults,
        Workers, Schedulers, EventMaps, Watches);

    internal static readonly KeyGroup Included = new("an included file", Schema, Workers, Schedulers, EventMaps, Watches);
}
