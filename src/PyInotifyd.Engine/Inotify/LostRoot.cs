using System;

namespace PyInotifyd.Engine.Inotify;

/// <summary>What is remembered of a root that is away, for its coming back.</summary>
/// <param name="SinceNs">Since when changes in it may not have been reported (CLOCK_REALTIME_COARSE).</param>
/// <param name="LostNs">Since when it is away: a directory that was born later is none of those that were known.</param>
/// <param name="Known">Inode numbers of the directories that were watched in it, folded and in order; null: nobody knows.</param>
internal sealed record LostRoot(long SinceNs, long LostNs, uint[]? Known)
{
    /// <summary>Makes half of an inode number; most file systems use no more than that half.</summary>
    public static uint Fold(ulong inode) => (uint)(inode ^ (inode >> 32));

    /// <summary>Says whether a directory of that inode number was watched in it.</summary>
    public bool Had(ulong inode) => Known is not null && Array.BinarySearch(Known, Fold(inode)) >= 0;
}
