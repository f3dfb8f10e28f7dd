using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Tasks that are not in the schedulers any more and yet not done: those that failed, and those that a shutdown leaves to the next start.</summary>
/// <remarks>At most one of a key; the newer takes the place of the older.   Threads: reactor only.</remarks>
public sealed class StoredTasks
{
    private readonly Dictionary<TaskKey, StoredTask> _tasks = [];
    private readonly int _limit;

    internal StoredTasks(int limit)
    {
        _limit = limit;
    }

    /// <summary>How many there are.</summary>
    public int Count => _tasks.Count;

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyCollection<StoredTask> All => _tasks.Values;

    /// <summary>Tasks that found no room.</summary>
    public long Refused { get; private set; }

    /// <summary>Adds a task; false where there is no room for it.</summary>
    internal bool Add(StoredTask task, bool singleJob)
    {
        TaskKey key = KeyOf(task.Scheduler, task.Path, singleJob);
        if (_tasks.Count >= _limit && !_tasks.ContainsKey(key))
        {
            Refused++;
            return false;
        }

        _tasks[key] = task;
        return true;
    }

    /// <summary>Says whether there is one for a path.</summary>
    internal bool Contains(Scheduler scheduler, byte[] path) => _tasks.Count != 0 && _tasks.ContainsKey(KeyOf(scheduler.Spec.Name, path, scheduler.Spec.SingleJob));

    /// <summary>Appends those whose ids come after one, by their ids, and returns whether there are more.</summary>
    /// <param name="id">Where to go on; 0 at first.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="list">Where they go.</param>
    public bool ListAfter(ulong id, int limit, List<StoredTask> list)
    {
        List<StoredTask> rest = [];
        foreach (StoredTask task in _tasks.Values)
        {
            if (task.Id > id)
            {
                rest.Add(task);
            }
        }

        rest.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        list.AddRange(rest.GetRange(0, Math.Min(limit, rest.Count)));
        return rest.Count > limit;
    }

    /// <summary>Finds the one of an id; null where there is none.</summary>
    public StoredTask? Find(ulong id)
    {
        foreach (StoredTask task in _tasks.Values)
        {
            if (task.Id == id)
            {
                return task;
            }
        }

        return null;
    }

    /// <summary>Says whether this very task is still there.</summary>
    internal bool Contains(StoredTask task) => TryFindKey(task, out _);

    /// <summary>Takes out this very task; false where it is no longer there.</summary>
    internal bool Remove(StoredTask task) => TryFindKey(task, out TaskKey key) && _tasks.Remove(key);

    /// <summary>Takes out the one of a path; false where there is none.</summary>
    internal bool Remove(Scheduler scheduler, ReadOnlySpan<byte> path) =>
        _tasks.Count != 0 && _tasks.Remove(KeyOf(scheduler.Spec.Name, path.ToArray(), scheduler.Spec.SingleJob));

    /// <summary>Takes out those of a scheduler at and below a directory, and returns how many there were.</summary>
    internal int RemoveTree(Scheduler scheduler, ReadOnlySpan<byte> directory)
    {
        int removed = 0;
        foreach ((TaskKey key, StoredTask task) in Snapshot())
        {
            if (task.Scheduler == scheduler.Spec.Name && IsIn(task.Path, directory))
            {
                _tasks.Remove(key);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>Takes along what is at and below a directory that was renamed.</summary>
    internal void MoveTree(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        foreach ((TaskKey key, StoredTask task) in Snapshot())
        {
            if (IsIn(task.Path, from) && (task.Path.Length > from.Length || (task.Mask & EventMask.PathGone) == 0))
            {
                byte[] path = [.. to, .. task.Path.AsSpan(from.Length)];
                bool isByPath = key.Equals(new TaskKey(task.Scheduler, task.Path));
                _tasks.Remove(key);
                _tasks[isByPath ? new TaskKey(task.Scheduler, path) : key] = task with { Path = path };
            }
        }
    }

    // Whether its scheduler has one task for all paths may have changed since it was put in.
    private bool TryFindKey(StoredTask task, out TaskKey key)
    {
        key = new TaskKey(task.Scheduler, task.Path);
        if (_tasks.TryGetValue(key, out StoredTask? found) && ReferenceEquals(found, task))
        {
            return true;
        }

        key = new TaskKey(task.Scheduler, []);
        return _tasks.TryGetValue(key, out found) && ReferenceEquals(found, task);
    }

    private KeyValuePair<TaskKey, StoredTask>[] Snapshot() => _tasks.Count == 0 ? [] : [.. _tasks];

    private static bool IsIn(ReadOnlySpan<byte> path, ReadOnlySpan<byte> directory) =>
        path.StartsWith(directory) && (path.Length == directory.Length || directory[^1] == (byte)'/' || path[directory.Length] == (byte)'/');

    private static TaskKey KeyOf(string scheduler, ReadOnlySpan<byte> path, bool singleJob) => new(scheduler, singleJob ? [] : path.ToArray());
}
