using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Knows the tasks by their directories, so that what is below a directory is found without a look at all tasks.</summary>
/// <remarks>
/// A directory that is gone or cancelled and has no tasks costs one look-up, whatever else is pending: that is what keeps the removal of a large tree cheap.
/// Nodes are keyed by whole paths: a task carries its whole path too and has to be keyed anew when a directory above it is renamed, so nothing would be won by parts.
/// The last directories that became empty are kept for a while, so that one task after the other in the same directory allocates nothing here.
/// </remarks>
internal sealed class DirectoryIndex
{
    private const int Spares = 64;

    private readonly PathTable<DirectoryNode> _nodes = new();
    private readonly DirectoryNode?[] _spares = new DirectoryNode?[Spares];
    private readonly Stack<DirectoryNode> _walk = new();
    private readonly PathHash _hash;
    private DirectoryNode? _last;
    private int _nextSpare;

    public DirectoryIndex(PathHash hash)
    {
        _hash = hash;
    }

    /// <summary>Number of directories in the index, those kept empty included.</summary>
    public int Count => _nodes.Count;

    public void Add(TaskEntry task)
    {
        DirectoryNode node = NodeOf(ParentOf(task.Path));
        task._directory = node;
        task._previousInDirectory = null;
        task._nextInDirectory = node.FirstTask;
        if (node.FirstTask is not null)
        {
            node.FirstTask._previousInDirectory = task;
        }

        node.FirstTask = task;
    }

    public void Remove(TaskEntry task)
    {
        DirectoryNode node = task._directory!;
        if (task._previousInDirectory is null)
        {
            node.FirstTask = task._nextInDirectory;
        }
        else
        {
            task._previousInDirectory._nextInDirectory = task._nextInDirectory;
        }

        if (task._nextInDirectory is not null)
        {
            task._nextInDirectory._previousInDirectory = task._previousInDirectory;
        }

        task._directory = null;
        task._nextInDirectory = null;
        task._previousInDirectory = null;
        if (node.IsEmpty && !node.IsSpare)
        {
            KeepForAWhile(node);
        }
    }

    /// <summary>Appends the tasks whose paths are below a directory, without one for the directory itself.</summary>
    public void CollectBelow(uint hash, ReadOnlySpan<byte> directory, List<TaskEntry> list)
    {
        DirectoryNode? root = _nodes.Find(hash, directory);
        if (root is null)
        {
            return;
        }

        _walk.Push(root);
        while (_walk.TryPop(out DirectoryNode? node))
        {
            for (TaskEntry? task = node.FirstTask; task is not null; task = task._nextInDirectory)
            {
                list.Add(task);
            }

            for (DirectoryNode? child = node.FirstChild; child is not null; child = child.Next)
            {
                _walk.Push(child);
            }
        }
    }

    /// <summary>Returns the directory part: <c>/</c> for <c>/a</c> and for <c>/</c> itself, nothing where there is no slash.</summary>
    private static ReadOnlySpan<byte> ParentOf(ReadOnlySpan<byte> path)
    {
        int slash = path.LastIndexOf((byte)'/');
        return slash < 0 ? default : path[..Math.Max(slash, 1)];
    }

    private DirectoryNode NodeOf(ReadOnlySpan<byte> directory)
    {
        if (_last is not null && directory.SequenceEqual(_last.Path))
        {
            return _last;
        }

        DirectoryNode? child = null;
        DirectoryNode? result = null;
        while (true)
        {
            uint hash = _hash.Of(directory);
            DirectoryNode? node = _nodes.Find(hash, directory);
            bool found = node is not null;
            if (node is null)
            {
                node = new DirectoryNode(directory.ToArray());
                _nodes.Insert(hash, node);
            }

            result ??= node;
            if (child is not null)
            {
                Link(node, child);
            }

            ReadOnlySpan<byte> parent = ParentOf(directory);
            if (found || parent.Length == directory.Length)
            {
                _last = result;
                return result;
            }

            child = node;
            directory = parent;
        }
    }

    private static void Link(DirectoryNode parent, DirectoryNode child)
    {
        child.Parent = parent;
        child.Next = parent.FirstChild;
        if (child.Next is not null)
        {
            child.Next.Previous = child;
        }

        parent.FirstChild = child;
    }

    private void KeepForAWhile(DirectoryNode node)
    {
        DirectoryNode? oldest = _spares[_nextSpare];
        _spares[_nextSpare] = node;
        _nextSpare = (_nextSpare + 1) % Spares;
        node.IsSpare = true;
        if (oldest is not null)
        {
            oldest.IsSpare = false;
            RemoveIfEmpty(oldest);
        }
    }

    private void RemoveIfEmpty(DirectoryNode? node)
    {
        while (node is not null && node.IsEmpty && !node.IsSpare)
        {
            DirectoryNode? parent = node.Parent;
            _nodes.Remove(_hash.Of(node.Path), node);
            if (ReferenceEquals(node, _last))
            {
                _last = null;
            }

            if (parent is not null)
            {
                Unlink(parent, node);
            }

            node = parent;
        }
    }

    private static void Unlink(DirectoryNode parent, DirectoryNode child)
    {
        if (child.Previous is null)
        {
            parent.FirstChild = child.Next;
        }
        else
        {
            child.Previous.Next = child.Next;
        }

        if (child.Next is not null)
        {
            child.Next.Previous = child.Previous;
        }

        child.Parent = null;
        child.Next = null;
        child.Previous = null;
    }
}
