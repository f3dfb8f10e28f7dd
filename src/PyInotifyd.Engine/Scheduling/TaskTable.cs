using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>All tasks that are pending or running, by path and by directory.</summary>
/// <remarks>
/// <para>
/// One table serves all schedulers: a place holds the first task of a path, and the tasks that other schedulers have for it hang on that one. So what is pending for a path or below a directory is
/// found with one hash, however many schedulers there are, and the common case (one or two schedulers a path) is one probe.
/// </para>
/// <para>
/// The task of a scheduler with <c>singlejob</c> stands under the path of its newest event, only in order to be found with its directory; its scheduler knows it without the table.
/// Two running tasks of one scheduler may stand under one path: when a directory was renamed onto the path of another task while both ran. <see cref="Scheduler"/> sees to it that neither is followed by a re-run before both have ended.
/// </para>
/// Cost: a look-up and a re-schedule allocate nothing. Removal of a tree costs a look-up for each directory and the work for each task in it.
/// </remarks>
internal sealed class TaskTable
{
    private readonly PathTable<TaskEntry> _byPath = new();
    private readonly DirectoryIndex _directories;
    private readonly PathHash _hash;

    public TaskTable(PathHash hash)
    {
        _hash = hash;
        _directories = new DirectoryIndex(hash);
    }

    /// <summary>Number of tasks.</summary>
    public int Count { get; private set; }

    /// <summary>Number of directories in the index.</summary>
    public int DirectoryCount => _directories.Count;

    /// <summary>Finds a task of a scheduler for a path.</summary>
    public TaskEntry? Find(Scheduler scheduler, ReadOnlySpan<byte> path)
    {
        TaskEntry? task = _byPath.Find(_hash.Of(path), path);
        while (task is not null && !ReferenceEquals(task.Scheduler, scheduler))
        {
            task = task._nextOfPath;
        }

        return task;
    }

    public void Add(TaskEntry task)
    {
        uint hash = _hash.Of(task.Path);
        TaskEntry? first = _byPath.Find(hash, task.Path);
        if (first is null)
        {
            _byPath.Insert(hash, task);
        }
        else
        {
            task._nextOfPath = first._nextOfPath;
            first._nextOfPath = task;
        }

        _directories.Add(task);
        Count++;
    }

    public void Remove(TaskEntry task)
    {
        uint hash = _hash.Of(task.Path);
        TaskEntry first = _byPath.Find(hash, task.Path)!;
        if (!ReferenceEquals(first, task))
        {
            while (!ReferenceEquals(first._nextOfPath, task))
            {
                first = first._nextOfPath!;
            }

            first._nextOfPath = task._nextOfPath;
        }
        else if (task._nextOfPath is not null)
        {
            _byPath.Replace(hash, task, task._nextOfPath);
        }
        else
        {
            _byPath.Remove(hash, task);
        }

        task._nextOfPath = null;
        _directories.Remove(task);
        Count--;
    }

    /// <summary>Appends the tasks of a path and, if it is a directory, of all below it; in no order.</summary>
    public void CollectTree(ReadOnlySpan<byte> path, List<TaskEntry> list)
    {
        uint hash = _hash.Of(path);
        for (TaskEntry? task = _byPath.Find(hash, path); task is not null; task = task._nextOfPath)
        {
            // The root is its own parent: there the walk finds them.
            if (!path.SequenceEqual("/"u8))
            {
                list.Add(task);
            }
        }

        _directories.CollectBelow(hash, path, list);
    }

    /// <summary>Appends all tasks, in no order.</summary>
    public void CollectAll(List<TaskEntry> list)
    {
        int start = list.Count;
        _byPath.CopyTo(list);
        AddOthersOfPaths(list, start);
    }

    /// <summary>Appends tasks from a place in the table on; see <see cref="PathTable{T}.CollectFrom"/>.</summary>
    public uint CollectFrom(uint from, int limit, List<TaskEntry> list)
    {
        int start = list.Count;
        uint next = _byPath.CollectFrom(from, limit, list);
        AddOthersOfPaths(list, start);
        return next;
    }

    private static void AddOthersOfPaths(List<TaskEntry> list, int start)
    {
        for (int i = start, end = list.Count; i < end; i++)
        {
            for (TaskEntry? task = list[i]._nextOfPath; task is not null; task = task._nextOfPath)
            {
                list.Add(task);
            }
        }
    }
}
