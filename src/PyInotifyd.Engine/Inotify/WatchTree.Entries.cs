using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Events of what is inside watched directories, renames excepted.</content>
/// <remarks>
/// Those of files are the daemon's daily load, and most lead to nothing: what needs no path has none made, what is rare is looked at in methods of its own.
/// </remarks>
public sealed partial class WatchTree
{
    /// <summary>An event of something inside a watched directory, renames excepted.</summary>
    private void OnEntry(int node, in RawEvent record)
    {
        ref WatchNode n = ref _nodes[node];
        if ((n.Flags & NodeFlags.Guard) != 0)
        {
            OnGuard(node, in record);
        }
        else if ((record.Mask & Libc.IN_ISDIR) != 0)
        {
            OnDirectoryEntry(node, in record);
        }
        else
        {
            OnFileEntry(node, in record);
        }
    }

    private void OnFileEntry(int node, in RawEvent record)
    {
        int index = _nodes[node].Watch;
        Watch watch = _watches[index]!;
        EventMask kind = (EventMask)record.Mask & EventMask.All;
        bool opensOrCloses = watch.TracksWriters && (kind & (EventMask.Create | EventMask.Modify | EventMask.CloseWrite | EventMask.Delete)) != 0;
        if ((watch.Mapped & kind) == 0 && !opensOrCloses)
        {
            return;
        }

        if (_limboPaths.Count != 0 && IsInLimbo(node))
        {
            Hold(node, in record);
            return;
        }

        if (opensOrCloses)
        {
            NoteWriter(in record, kind);
        }

        if ((watch.Mapped & kind) != 0 && !(_memory.HasNames && IsOldNews(in record, index, kind)) && _sink.Wants(watch, kind, isDir: false))
        {
            Deliver(watch, in record, EntryPath(node, record.Name), default);
        }
    }

    /// <summary>Whether an event is one that the daemon caused itself, or a creation that a scan has reported.</summary>
    private bool IsOldNews(in RawEvent record, int watch, EventMask kind)
    {
        if ((kind & (EventMask.Create | EventMask.Delete)) != 0)
        {
            return _memory.TakeReported(record.Wd, watch, record.Name) && kind == EventMask.Create;
        }

        return (kind & (EventMask.Open | EventMask.Access | EventMask.CloseNoWrite)) != 0 && _memory.IsOwnLook(record.Wd, record.Name);
    }

    private void OnDirectoryEntry(int node, in RawEvent record)
    {
        int index = _nodes[node].Watch;
        Watch watch = _watches[index]!;
        EventMask kind = (EventMask)record.Mask & EventMask.All;
        bool treeNeeds = (kind & (EventMask.Create | EventMask.Delete)) != 0;
        if (kind == EventMask.Attrib && _shut.Count != 0 && IsShut(record.Wd, index, record.Name) && !IsInLimbo(node))
        {
            OpenUp(node, record.Name);
        }

        if ((watch.Mapped & kind) == 0 && !treeNeeds)
        {
            return;
        }

        if (IsInLimbo(node))
        {
            Hold(node, in record);
            return;
        }

        bool reported = IsOldNews(in record, index, kind);
        if (!treeNeeds)
        {
            if (!reported && _sink.Wants(watch, kind, isDir: true))
            {
                Deliver(watch, in record, EntryPath(node, record.Name), default);
            }

            return;
        }

        int child = _nodes.FindChild(node, record.Name);
        if (kind == EventMask.Delete)
        {
            OnDirectoryDeleted(node, child, in record);
            return;
        }

        if (!reported)
        {
            Deliver(watch, in record, EntryPath(node, record.Name), default);
        }

        if (watch.Spec.AutoAdd && !(reported && child >= 0))
        {
            if (child >= 0)
            {
                if (IsStillThere(child, watch, node, record.Name))
                {
                    return;
                }

                // A new directory of that name: the one that we knew has gone without our being told.
                _sink.OnTreeGone(EntryPath(node, record.Name));
                Drop(child);
            }

            AddFound(node, record.Name);
        }
    }

    private void OnDirectoryDeleted(int node, int child, in RawEvent record)
    {
        Watch watch = _watches[_nodes[node].Watch]!;
        if (child >= 0 && IsStillThere(child, watch, node, record.Name))
        {
            child = -1;
        }

        if (child >= 0)
        {
            _sink.OnTreeGone(EntryPath(node, record.Name));
        }

        Deliver(watch, in record, EntryPath(node, record.Name), default);
        if (child >= 0)
        {
            Retire(child);
        }
    }
}
