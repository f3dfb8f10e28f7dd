using System;
using System.Buffers.Text;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Taking directories out.</content>
public sealed partial class WatchTree
{
    /// <summary>Takes a subtree out of the tree and out of the kernel, silently.</summary>
    private void Drop(int top)
    {
        _pathNode = -1;
        if (_limboPaths.Remove(top))
        {
            ForgetRenames(top);
            _nodes[top].Flags &= ~NodeFlags.Limbo;
        }

        if (_held.Count != 0)
        {
            _held.RemoveAll(e => e.Top == top);
            _heldBytes = _held.Count == 0 && (_heldBytes <= HeldLimit || _limboPaths.Count == 0) ? 0 : _heldBytes;
        }

        int node = top;
        while (true)
        {
            int child = _nodes[node].FirstChild;
            if (child >= 0)
            {
                node = child;
                continue;
            }

            int parent = node == top ? -1 : _nodes[node].Parent;
            Forget(node);
            if (parent < 0)
            {
                return;
            }

            node = parent;
        }
    }

    /// <summary>A directory that was deleted: its node leaves the tree, but stays for its last events, IN_DELETE_SELF and IN_IGNORED.</summary>
    private void Retire(int node)
    {
        if (IsFresh(node) || _nodes[node].Wd < 0)
        {
            // What the node is may be a younger directory of that name, whose own creation is still in the queue.
            Drop(node);
            return;
        }

        byte[] path = NodePath(node).ToArray();
        while (_nodes[node].FirstChild >= 0)
        {
            Drop(_nodes[node].FirstChild);
        }

        PutInLimbo(node, path);
        _nodes[node].Flags |= NodeFlags.Dead;
    }

    private void Forget(int node)
    {
        int wd = _nodes[node].Wd;
        if (_nodes.Detach(node))
        {
            // EINVAL: it has gone by itself, which is what we want.
            Unwatch(wd);
        }

        _pathNode = -1;
        _nodes.Free(node);
    }
}
