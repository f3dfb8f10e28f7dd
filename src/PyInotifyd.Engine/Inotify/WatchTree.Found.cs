using System;
using System.Buffers.Text;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Directories that appear while the daemon runs.</content>
public sealed partial class WatchTree
{
    /// <summary>Directories that are looked for once more; beyond it their trees are scanned.</summary>
    private const int PostponedLimit = 4096;
    private readonly List<Postponed> _postponed = [];

    /// <summary>A directory that was not found where its event said: its parent, what that was, its name.</summary>
    private readonly record struct Postponed(int Parent, int Wd, byte[] Name);

    /// <summary>Adds a directory that has just appeared, and reports what is in it.</summary>
    private void AddFound(int parent, ReadOnlySpan<byte> name)
    {
        Watch watch = _watches[_nodes[parent].Watch]!;
        if (TemporaryNames.Is(name) || (watch.Filter.HasExcludes && watch.Filter.Excludes(EntryPath(parent, name))))
        {
            return;
        }

        int fd = OpenFound(watch, parent, name);
        if (fd < 0)
        {
            ReportOpenError(fd, parent, name);
            Postpone(watch, parent, name);
            _memory.Close(ReadBytes + _inotify.Pending());
            return;
        }

        if (IsForeign(watch, fd))
        {
            _ = Libc.close(fd);
            return;
        }

        int node = _nodes.Add(parent, name, (ushort)watch.Index);
        Walk(watch, node, fd, report: true);
        _memory.Close(ReadBytes + _inotify.Pending());
    }

    /// <summary>Opens a directory that has just appeared, in the parent that it appeared in.</summary>
    /// <remarks>
    /// The event is as old as the queue is long. Unless nothing is unread, the parent may bear another name by now, and another directory its name: then its
    /// descriptor, asked for once more, is not the one that the parent has, and the answer is ENOENT.
    /// </remarks>
    private int OpenFound(Watch watch, int parent, ReadOnlySpan<byte> name)
    {
        int fd = OpenEntry(watch, parent, name);
        if (fd < 0 || _nodes[parent].Wd < 0 || IsQueueRead())
        {
            return fd;
        }

        _ = Libc.close(fd);
        RememberLook(watch, parent);
        fd = OpenEntry(watch, parent, default);
        if (fd < 0)
        {
            return fd;
        }

        int wd = _inotify.AddDirectory(fd, MaskOf(watch));
        int found = wd == _nodes[parent].Wd ? TreeOpener.OpenChild(fd, Terminate(name)) : -Errno.ENOENT;
        if (wd >= 0 && _nodes.FirstOf(wd) < 0)
        {
            Unwatch(wd);
        }

        _ = Libc.close(fd);
        return found;
    }

    /// <summary>Whether everything that the kernel has told has been handled: then the tree is as it is on the disk.</summary>
    private bool IsQueueRead() => HandledBytes == ReadBytes && _inotify.Pending() == 0;

    /// <summary>A directory that was taken for deleted turned out to be alive, here.</summary>
    private void DropDead(Watch watch, int node, int wd)
    {
        for (int other = _nodes.FirstOf(wd); other >= 0;)
        {
            int next = _nodes.NextOf(other);
            if (other != node && _nodes[other].Watch == watch.Index && (_nodes[other].Flags & NodeFlags.Dead) != 0)
            {
                Drop(other);
            }

            other = next;
        }
    }

    private bool IsKnownElsewhere(Watch watch, int node, int wd)
    {
        for (int other = _nodes.FirstOf(wd); other >= 0; other = _nodes.NextOf(other))
        {
            if (other != node && _nodes[other].Watch == watch.Index && (_nodes[other].Flags & (NodeFlags.Root | NodeFlags.Guard | NodeFlags.Dead)) == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Remembers that the daemon itself opens a directory, where its map asks for that.</summary>
    private bool RememberLook(Watch watch, int node)
    {
        if ((watch.Mapped & (EventMask.Open | EventMask.Access | EventMask.CloseNoWrite)) == 0)
        {
            return false;
        }

        _memory.AddLook(_nodes[node].Wd, default);
        int parent = _nodes[node].Parent;
        if (parent >= 0 && _nodes[parent].Wd >= 0)
        {
            _memory.AddLook(_nodes[parent].Wd, _nodes.Name(node));
        }

        return true;
    }

    /// <summary>Remembers a directory that could not be found: it has gone, which its own event will say, or one above it was renamed since, and it is where that is now.</summary>
    private void Postpone(Watch watch, int parent, ReadOnlySpan<byte> name)
    {
        Doubt();
        if (_nodes[parent].Wd < 0)
        {
            return;
        }

        if (_postponed.Count < PostponedLimit)
        {
            _postponed.Add(new Postponed(parent, _nodes[parent].Wd, name.ToArray()));
        }
        else
        {
            OpenGap(watch, LastEmptyNs, lost: true);
        }
    }

    /// <summary>With the queue empty the tree is as it is on the disk: looks once more for what was not found.</summary>
    private void AddPostponed()
    {
        if (_postponed.Count == 0)
        {
            return;
        }

        List<Postponed> again = [.. _postponed];
        _postponed.Clear();
        foreach (Postponed entry in again)
        {
            if (entry.Wd < 0 || _nodes[entry.Parent].Wd != entry.Wd || _nodes.FindChild(entry.Parent, entry.Name) >= 0)
            {
                continue;
            }

            if ((_nodes[_nodes.Top(entry.Parent)].Flags & NodeFlags.Root) == 0)
            {
                // It hangs on a rename that has not been settled.
                _postponed.Add(entry);
                continue;
            }

            Watch watch = _watches[_nodes[entry.Parent].Watch]!;
            if (!watch.Spec.AutoAdd)
            {
                continue;
            }

            int fd = OpenEntry(watch, entry.Parent, entry.Name);
            if (fd >= 0)
            {
                _ = Libc.close(fd);
                AddFound(entry.Parent, entry.Name);
            }
        }
    }

    /// <summary>After a rename inside a tree with exclude patterns: drops what is excluded under its new path, adds what no longer is.</summary>
    private void Prune(Watch watch, int top)
    {
        for (int child = _nodes[top].FirstChild; child >= 0;)
        {
            int next = _nodes[child].NextSibling;
            ReadOnlySpan<byte> path = NodePath(child);
            if (watch.Filter.Excludes(path))
            {
                _sink.OnTreeGone(path);
                Drop(child);
            }
            else
            {
                Prune(watch, child);
            }

            child = next;
        }

        if (!watch.Spec.AutoAdd)
        {
            return;
        }

        int fd = OpenEntry(watch, top, default);
        if (fd >= 0)
        {
            Walk(watch, top, fd, report: true, onlyNewDirectories: true);
            _memory.Close(ReadBytes + _inotify.Pending());
        }
    }
}
