using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Looks at files that others take: what the kernel reports of them is not news.</content>
public sealed partial class WatchTree
{
    /// <summary>Returns whether a file in a watched directory lies on the file system of its root, and nobody but this kernel changes that.</summary>
    internal bool IsLocal(int wd, in statx found)
    {
        int node = wd < 0 ? -1 : _nodes.FirstOf(wd);
        return node >= 0 && _watches[_nodes[node].Watch] is { RemoteKind: null } watch && watch.RootDevice == (((ulong)found.stx_dev_major << 32) | found.stx_dev_minor);
    }

    /// <summary>Says that the daemon is about to open a file, whose newest event came with a descriptor; <see cref="EndLook"/> follows.</summary>
    /// <remarks>Cost: nothing worth mentioning unless one of the descriptor's watches has mapped IN_OPEN, IN_ACCESS or IN_CLOSE_NOWRITE.</remarks>
    internal void BeginLook(int wd, ReadOnlySpan<byte> path)
    {
        for (int node = wd < 0 ? -1 : _nodes.FirstOf(wd); node >= 0; node = _nodes.NextOf(node))
        {
            bool isMapped = (_nodes[node].Flags & NodeFlags.Guard) == 0
                && (_watches[_nodes[node].Watch]!.Mapped & (EventMask.Open | EventMask.Access | EventMask.CloseNoWrite)) != 0;
            if (isMapped)
            {
                bool isFile = (_nodes[node].Flags & NodeFlags.File) != 0;
                _memory.AddLook(wd, isFile ? default : path[(path.LastIndexOf((byte)'/') + 1)..]);
                _looking = true;
            }
        }
    }

    /// <summary>Says that the file has been closed again: opens that come to the queue from now on are somebody else's.</summary>
    internal void EndLook()
    {
        if (_looking)
        {
            _looking = false;
            _memory.Close(ReadBytes + _inotify.Pending());
        }
    }
}
