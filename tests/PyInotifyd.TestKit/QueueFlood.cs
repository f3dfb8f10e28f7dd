using System;
using System.Globalization;
using System.IO;

namespace PyInotifyd.TestKit;

/// <summary>Makes the queue of a stopped daemon as small as a test wants it: fills it with events that mean nothing, up to some places.</summary>
/// <remarks>
/// The queue's length is a setting of the whole machine (fs.inotify.max_queued_events), which tests leave alone; room for 256 events is the same to the daemon, whatever stands before them.
/// </remarks>
public sealed class QueueFlood
{
    private readonly TempTree _tree;

    /// <summary>Makes the directory <c>flood</c>, to be watched with <see cref="Watch"/>.</summary>
    public QueueFlood(TempTree tree)
    {
        _tree = tree;
        tree.MakeDirectory("flood");
        tree.Write("flood/a");
        tree.Write("flood/b");
    }

    /// <summary>The number of events that the kernel keeps for a reader.</summary>
    public static int QueueLength => int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"), CultureInfo.InvariantCulture);

    /// <summary>The member of <c>watches</c> in a configuration; <paramref name="scheduler"/> is any, it gets nothing to do.</summary>
    public string Watch(string scheduler) =>
        $$"""{ "path": "{{_tree.PathOf("flood")}}", "on_overflow": "ignore", "event_map": { "IN_ATTRIB": { "cancel": "{{scheduler}}" } } }""";

    /// <summary>Fills the queue until so many events have a place in it.</summary>
    public void LeaveRoomFor(int events)
    {
        // The kernel folds an event that is equal to the last one, so two files take turns.
        for (int i = QueueLength - events; i > 0; i--)
        {
            _tree.SetMode(i % 2 == 0 ? "flood/a" : "flood/b", 0x180);
        }
    }
}
