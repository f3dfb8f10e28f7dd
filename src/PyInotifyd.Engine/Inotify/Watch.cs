using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Inotify;

/// <summary>A watch that runs: one root of one <see cref="WatchSpec"/>.</summary>
/// <remarks>As a timer entry it waits for its next scan, where it has an interval.   Threads: reactor only.</remarks>
public sealed class Watch : TimerEntry
{
    /// <summary>Makes a watch of a specification for one root.</summary>
    /// <param name="spec">What the user configured.</param>
    /// <param name="root">The root; differs from the specification's path where that was expanded.</param>
    public Watch(WatchSpec spec, UnixPath root)
    {
        Spec = spec;
        Root = root.ToArray();
        TerminatedRoot = [.. Root, 0];
        Filter = new PathFilter(spec);
        EventMask scheduled = EventMask.None;
        for (int slot = 0; slot < EventNames.SlotCount; slot++)
        {
            foreach (ActionSpec action in spec.EventMap[slot])
            {
                scheduled |= action.IsCancel ? EventMask.None : EventNames.FromSlot(slot);
            }
        }

        Mapped = spec.EventMap.Mapped;
        TracksWriters = (Mapped & EventMask.CloseWrite) != 0;
        FoundAs = (scheduled & (EventMask.Create | EventMask.CloseWrite)) != 0 ? EventMask.None
            : (scheduled & EventMask.MovedTo) != 0 ? EventMask.MovedTo
            : (scheduled & EventMask.Modify) != 0 ? EventMask.Modify
            : scheduled & EventMask.Attrib;
    }

    /// <summary>What the user configured.</summary>
    public WatchSpec Spec { get; }

    /// <summary>Absolute path of the root, without NUL, without a trailing slash (except <c>/</c>).</summary>
    public byte[] Root { get; }

    /// <summary>Whatever the receiver of the events wants to find again, such as its route.</summary>
    public object? Route { get; set; }

    /// <summary>The events that its map has an action for.</summary>
    internal EventMask Mapped { get; }

    /// <summary>Whether the tree has to know which files are open for writing.</summary>
    internal bool TracksWriters { get; }

    /// <summary>The event as which a found entry is reported where the map schedules neither on IN_CREATE nor on IN_CLOSE_WRITE.</summary>
    internal EventMask FoundAs { get; }

    /// <summary>The root with a NUL, for system calls.</summary>
    internal byte[] TerminatedRoot { get; }

    /// <summary>Which paths give events.</summary>
    internal PathFilter Filter { get; }

    /// <summary>Index in the tree's list of watches.</summary>
    internal int Index { get; set; } = -1;

    /// <summary>Node of the root; -1: not there at present.</summary>
    internal int RootNode { get; set; } = -1;

    /// <summary>Node of the directory that is watched for the root's coming back; -1: none.</summary>
    internal int GuardNode { get; set; } = -1;

    /// <summary>Where the guard is: the nearest directory on the way to the root that exists, without links, with a NUL.</summary>
    internal byte[] GuardPath { get; set; } = [];

    /// <summary>The name in it through which the root's path leads.</summary>
    internal byte[] GuardName { get; set; } = [];

    /// <summary>What is watched above the root, for the sake of its path.</summary>
    internal List<WatchTree.Above> Above { get; set; } = [];

    /// <summary>Some of what lies above the root is not watched, for want of watches.</summary>
    internal bool LacksAbove { get; set; }

    /// <summary>What was mounted below the root when that was looked at last, hashed.</summary>
    internal ulong MountsBelow { get; set; }

    /// <summary>The directory that the root is: its inode and birth; 0: not known.</summary>
    internal ulong RootKey { get; set; }

    /// <summary>The root's inode number as stat(2) has it, folded.</summary>
    internal uint RootInode { get; set; }

    /// <summary>Directories that the root was and is not now.</summary>
    internal Dictionary<ulong, LostRoot> LostRoots { get; } = [];

    /// <summary>Since when a file system that is mounted as the root may have changed unseen.</summary>
    internal long NeverSeenNs { get; set; } = long.MaxValue;

    /// <summary>The root has come back and is about to be scanned for what changed meanwhile: what was known of it; else null.</summary>
    internal LostRoot? Returning { get; set; }

    /// <summary>Whether the root is to be looked for once the queue has been handled.</summary>
    internal bool RetryRoot { get; set; }

    /// <summary>IN_UNMOUNT was reported; the other directories of that file system say it too until the queue has been handled to here.</summary>
    internal long UnmountHorizon { get; set; } = -1;

    /// <summary>What was known when the first directory said that it was unmounted: of the root, if that is lost by it.</summary>
    internal LostRoot? AtUnmount { get; set; }

    /// <summary>Since when events may be missing (CLOCK_REALTIME_COARSE); <see cref="long.MaxValue"/>: none are.</summary>
    internal long GapStartNs { get; set; } = long.MaxValue;

    /// <summary>File system of the root: its device numbers.</summary>
    internal ulong RootDevice { get; set; }

    /// <summary>Whether the gap is there because the kernel lost events, not only for the sake of a poll.</summary>
    internal bool HasLostEvents { get; set; }

    /// <summary>Whether it is being scanned after a gap in which events were lost.</summary>
    internal bool IsInScan { get; set; }

    /// <summary>Type of the file system of the root where others than this kernel may change it, else null.</summary>
    internal string? RemoteKind { get; set; }

    /// <summary>What has changed there, where the watch is polled.</summary>
    internal RemoteChanges? Remote { get; set; }

    /// <summary>Whether that has been said.</summary>
    internal bool IsWarnedOfRemote { get; set; }

    /// <summary>Whether the file system of the root counts the links of directories.</summary>
    internal bool CountsLinks { get; set; }

    /// <summary>When the last scan of the whole tree began (CLOCK_REALTIME_COARSE).</summary>
    internal long LastScanNs { get; set; }

    /// <summary>Some of its directories are not watched, for want of watches.</summary>
    internal bool IsBlind { get; set; }

    /// <summary>Whether a node of any kind needs sub-directories to be looked after.</summary>
    internal bool IsTree => Spec.Rec || Spec.AutoAdd;
}
