using PyInotifyd.Engine.Model;

namespace PyInotifyd.Configuration.Keys;

/// <summary>Keys of an event map.</summary>
internal static class EventMapKeys
{
    internal static readonly ConfigKey DefaultSched = ConfigKey.Of(
        ConfigType.SchedulerName, "default_sched", "Scheduler for every event that has no entry of its own.").OrNull();

    internal static readonly ConfigKey ExcludeFilter = ConfigKey.Of(
        ConfigType.PatternListOrFile, "exclude_filter", "Paths that match one of these give no events and are not descended into.");

    internal static readonly ConfigKey IncludeFilter = ConfigKey.Of(
        ConfigType.PatternList, "include_filter", "Only files whose path matches one of these give events.").OrNull();

    /// <summary>The events in the order of <see cref="EventNames.All"/>.</summary>
    internal static readonly ConfigKey[] Events =
    [
        Event("IN_ACCESS", "A file was accessed."),
        Event("IN_ATTRIB", "Metadata changed."),
        Event("IN_CLOSE_NOWRITE", "Something that was not open for writing was closed."),
        Event("IN_CLOSE_WRITE", "A file that was open for writing was closed."),
        Event("IN_CREATE", "A file or directory was created."),
        Event("IN_DELETE", "A file or directory was deleted."),
        Event("IN_DELETE_SELF", "A watched item itself was deleted."),
        Event("IN_IGNORED", "A watch was removed."),
        Event("IN_MODIFY", "A file was modified."),
        Event("IN_MOVED_FROM", "A file or directory was moved away from a watched directory."),
        Event("IN_MOVED_TO", "A file or directory was moved into a watched directory."),
        Event("IN_MOVE_SELF", "A watched item itself was moved."),
        Event("IN_OPEN", "A file or directory was opened."),
        Event("IN_Q_OVERFLOW", "The kernel's queue of events overflowed."),
        Event("IN_UNMOUNT", "The file system was unmounted."),
    ];

    /// <summary>The slots of <see cref="Events"/>, looked up once: a configuration may have a thousand maps.</summary>
    internal static readonly int[] EventSlots = Slots();

    internal static readonly ConfigKey Cancel = ConfigKey.Of(ConfigType.SchedulerName, "cancel", "Scheduler whose task is cancelled.").MustBeGiven();

    internal static readonly KeyGroup CancelGroup = new("an action", Cancel);

    internal static readonly KeyGroup Group = new(
        "an event map", new KeyGroup("", DefaultSched, ExcludeFilter, IncludeFilter), new KeyGroup("", Events));

    private static int[] Slots()
    {
        int[] slots = new int[Events.Length];
        for (int i = 0; i < slots.Length; i++)
        {
            EventNames.TryParse(Events[i].Name, out EventMask mask);
            slots[i] = EventNames.Slot(mask);
        }

        return slots;
    }

    private static ConfigKey Event(string name, string doc) => ConfigKey.Of(ConfigType.Actions, name, doc).OrNull();
}
