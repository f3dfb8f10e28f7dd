using System;

namespace PyInotifyd.Engine.Inotify;

/// <summary>What is special about a node.</summary>
[Flags]
internal enum NodeFlags : byte
{
    None = 0,

    /// <summary>The root of a watch; its name is the whole path.</summary>
    Root = 1,

    /// <summary>A watched file, not a directory.</summary>
    File = 2,

    /// <summary>Left its place by MOVED_FROM (or was pushed aside by a rename onto it); where it is now is not known yet.</summary>
    Limbo = 4,

    /// <summary>The directory is gone; the node stays for its last events.</summary>
    Dead = 8,

    /// <summary>Added while older events of its path were still in the queue, so what it is must be checked before it is believed.</summary>
    Fresh = 16,

    /// <summary>In use, that is, not on the free list.</summary>
    Used = 32,

    /// <summary>Not watched for a user but for a root that is to come back; its path is the watch's guard path.</summary>
    Guard = 64,

    /// <summary>Found by a scan that reported what is in it.</summary>
    Reported = 128,
}

/// <summary>A watched directory (or file root): 40 bytes besides its name.</summary>
/// <remarks>Links are indices into the <see cref="NodeTable"/>, -1 for none.</remarks>
internal struct WatchNode
{
    public int Parent;
    public int FirstChild;
    public int NextSibling;
    public int PreviousSibling;
    public int NextInBucket;
    public int Wd;
    public int NextInWdBucket;
    public int NamePlace;

    /// <summary>The directory's inode number, folded (<see cref="LostRoot.Fold"/>); 0: not known.</summary>
    public uint Inode;
    public byte NameLength;
    public NodeFlags Flags;
    public ushort Watch;
}
