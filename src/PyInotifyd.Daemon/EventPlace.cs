using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Tells which events never come for a path, whatever happens to it: inotify reports some of directories' entries only, others of what is watched itself.</summary>
internal readonly ref struct EventPlace
{
    private const EventMask OfWatched = EventMask.DeleteSelf | EventMask.MoveSelf | EventMask.Ignored;
    private const EventMask OfOpened = EventMask.Access | EventMask.Open | EventMask.CloseNoWrite | EventMask.CloseWrite;

    private readonly WatchReach _reach;
    private readonly ReadOnlySpan<byte> _path;
    private readonly int _type;
    private readonly bool _exists;

    /// <summary>Takes a path that a watch reports, the type of what it is or is taken for, and whether it is there.</summary>
    public EventPlace(WatchReach reach, ReadOnlySpan<byte> path, int type, bool exists)
    {
        _reach = reach;
        _path = path;
        _type = type;
        _exists = exists;
    }

    /// <summary>Whether the path is the watch's own.</summary>
    public bool IsRoot => _path.SequenceEqual(_reach.Root);

    private bool IsDir => _type == Libc.S_IFDIR;

    // Directories below the root are watched themselves, those that are there with rec, others with auto_add.
    private bool IsWatched => IsRoot || (IsDir && (_exists ? _reach.Spec.Rec : _reach.Spec.AutoAdd));

    // What a directory says of its entries; of a file that is watched itself, its appearing is said too.
    private EventMask OfTheDirectoryAbove => EventMask.Delete | EventMask.MovedFrom | (IsDir ? EventMask.Create | EventMask.MovedTo : EventMask.None);

    /// <summary>Returns why an event does not come for the path, null where it can.</summary>
    public string? Obstacle(EventMask mask)
    {
        string name = EventNames.First(mask);
        if (IsRoot && (mask & OfTheDirectoryAbove) != 0)
        {
            return name + " of " + Quote(_path) + " is an event of the directory above it, which the watch does not see";
        }

        if (!IsRoot && (mask & (EventMask.QueueOverflow | EventMask.Unmount)) != 0)
        {
            return name + " is reported with the path of the watch only, " + Quote(_reach.Root);
        }

        if (!IsWatched && (mask & OfWatched) != 0)
        {
            return name + " is reported of what is watched itself, "
                + (IsDir ? "directories with rec (those that appear later: with auto_add)" : "directories") + " and the paths of watches; " + Quote(_path) + " is neither";
        }

        if (IsDir && ((mask & EventMask.CloseWrite) != 0 || ((mask & EventMask.Modify) != 0 && !IsFoundAsModified)))
        {
            return name + " is an event of files; " + Quote(_path) + " is a directory";
        }

        if (_type == Libc.S_IFLNK && !IsRoot && ((mask & OfOpened) != 0 || ((mask & EventMask.Modify) != 0 && !IsFoundAsModified)))
        {
            return name + " never comes for a symbolic link, but for what it leads to; " + Quote(_path) + " is one";
        }

        return null;
    }

    // As what an entry is reported that a scan finds, where the map schedules on nothing better.
    private bool IsFoundAsModified
    {
        get
        {
            const EventMask better = EventMask.Create | EventMask.CloseWrite | EventMask.MovedTo;
            for (int slot = 0; slot < EventNames.SlotCount; slot++)
            {
                foreach (ActionSpec action in (EventNames.FromSlot(slot) & better) == 0 ? SpecList<ActionSpec>.Empty : _reach.Spec.EventMap[slot])
                {
                    if (!action.IsCancel)
                    {
                        return false;
                    }
                }
            }

            return true;
        }
    }

    private static string Quote(ReadOnlySpan<byte> path) => "'" + SurrogateEscape.Decode(path) + "'";
}
