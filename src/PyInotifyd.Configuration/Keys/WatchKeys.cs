namespace PyInotifyd.Configuration.Keys;

/// <summary>Keys of a watch.</summary>
internal static class WatchKeys
{
    internal static readonly ConfigKey Path = ConfigKey.Of(
        ConfigType.PathOrList, "path", "File or directory to watch; *, ? and […] are expanded at start and at reload.").MustBeGiven();

    internal static readonly ConfigKey EventMap = ConfigKey.Of(ConfigType.EventMapOrName, "event_map", "Name of an event map, or an event map.");

    internal static readonly ConfigKey DefaultSched = ConfigKey.Of(
        ConfigType.SchedulerName, "default_sched", "Scheduler for every event, instead of an event map.");

    internal static readonly ConfigKey Rec = ConfigKey.Boolean("rec", false, "All sub-directories too.");

    internal static readonly ConfigKey AutoAdd = ConfigKey.Boolean("auto_add", false, "Sub-directories that are created or moved in later too.");

    internal static readonly ConfigKey OneFileSystem = ConfigKey.Boolean("one_file_system", false, "Do not cross into other file systems.");

    internal static readonly ConfigKey OnMissing = ConfigKey.Choice(
        "on_missing",
        0,
        "What if the path is absent.",
        new("wait", "Watch for it and start when it is there."),
        new("fail", "An error at start."));

    internal static readonly ConfigKey OnOverflow = ConfigKey.Choice(
        "on_overflow",
        0,
        "What after an overflow of the kernel's queue.",
        new("rescan", "Scan the tree and report what changed."),
        new("ignore", "Only say so."));

    internal static readonly ConfigKey ScanOnStart = ConfigKey.Choice(
        "scan_on_start",
        0,
        "What of the tree is reported at start.",
        new("none", "Nothing old."),
        new("changed", "What changed since the last run; needs state_file."),
        new("all", "All that is there, as just created."));

    internal static readonly ConfigKey Poll = ConfigKey.Duration("poll", null, "Also scan every so often.");

    internal static readonly KeyGroup Group = new(
        "a watch", Path, EventMap, DefaultSched, Rec, AutoAdd, EventMapKeys.ExcludeFilter, EventMapKeys.IncludeFilter, OneFileSystem, OnMissing, OnOverflow,
        ScanOnStart, Poll);
}
