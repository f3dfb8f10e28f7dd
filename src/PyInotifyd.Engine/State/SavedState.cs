using System.Collections.Generic;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Engine.State;

/// <summary>What a state file says.</summary>
internal sealed class SavedState
{
    /// <summary>The clocks when it was written.</summary>
    public ClockReading Clock { get; set; }

    /// <summary>The low-water mark: whatever changed before it has been dealt with, but for the tasks below. <see cref="long.MinValue"/>: nothing is known to be.</summary>
    public long MarkNs { get; set; }

    /// <summary>Written at the end of a run that ended by itself; then <see cref="Directories"/> are all that were watched.</summary>
    public bool IsClean { get; set; }

    /// <summary>Roots of the watches.</summary>
    public List<byte[]> Watches { get; } = [];

    /// <summary>Roots that were away: their watch, which directory it was, and since when changes in it may not have been reported.</summary>
    public List<(byte[] Watch, ulong Key, long SinceNs)> Lost { get; } = [];

    /// <summary>Directories that were watched, by inode and birth.</summary>
    public HashSet<ulong> Directories { get; } = [];

    /// <summary>Files that somebody had open for writing.</summary>
    public List<WatchTree.OpenBefore> Open { get; } = [];

    /// <summary>Tasks that were not done.</summary>
    public List<StoredTask> Tasks { get; } = [];

    /// <summary>Tasks whose last try failed.</summary>
    public List<StoredTask> Failed { get; } = [];
}
