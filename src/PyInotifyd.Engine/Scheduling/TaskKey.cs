using System;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>What a task is one of a kind by: its scheduler and path, or the scheduler alone with <c>singlejob</c>.</summary>
internal readonly struct TaskKey : IEquatable<TaskKey>
{
    private readonly string _scheduler;
    private readonly byte[] _path;

    public TaskKey(string scheduler, byte[] path)
    {
        _scheduler = scheduler;
        _path = path;
    }

    public bool Equals(TaskKey other) => _scheduler == other._scheduler && _path.AsSpan().SequenceEqual(other._path);

    public override bool Equals(object? obj) => obj is TaskKey other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(_scheduler);
        hash.AddBytes(_path);
        return hash.ToHashCode();
    }
}
