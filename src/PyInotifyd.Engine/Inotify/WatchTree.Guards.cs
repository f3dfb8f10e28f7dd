using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>The waiting for a root that is absent.</content>
public sealed partial class WatchTree
{
    private const uint GuardMask = Libc.IN_CREATE | Libc.IN_MOVED_TO | Libc.IN_DELETE_SELF | Libc.IN_MOVE_SELF | Libc.IN_ATTRIB;

    /// <summary>Watches for the coming (back) of a root that is absent, and always for the replacing of a file.</summary>
    /// <remarks>The guard is the nearest directory on the way that exists, links followed; each time something happens there the root is looked for again, so it comes nearer step by step.</remarks>
    private void PlaceGuard(Watch watch, int startError)
    {
        bool isFile = watch.RootNode >= 0 && (_nodes[watch.RootNode].Flags & NodeFlags.File) != 0;
        if (watch.RootNode >= 0 && !isFile)
        {
            RemoveGuard(watch);
            return;
        }

        if (startError is not (0 or -Errno.ENOENT or -Errno.ENOTDIR or -Errno.EACCES or -Errno.ELOOP))
        {
            // Too many open files, no memory: it passes, and no event says when.
            MarkBlind(watch);
            return;
        }

        List<PathSteps.Step> steps = PathSteps.Of(watch.Root);
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            PathSteps.Step step = steps[i];
            if (watch.GuardNode >= 0 && watch.GuardPath.AsSpan().SequenceEqual(step.Directory) && watch.GuardName.AsSpan().SequenceEqual(step.Name))
            {
                return;
            }

            int wd = _inotify.AddPath(step.Directory, GuardMask | Libc.IN_ONLYDIR | Libc.IN_MASK_ADD);
            if (wd >= 0)
            {
                RemoveGuard(watch);
                int guard = _nodes.Add(-1, default, (ushort)watch.Index);
                _nodes[guard].Flags |= NodeFlags.Guard;
                _nodes.Attach(guard, wd);
                watch.GuardNode = guard;
                watch.GuardPath = step.Directory;
                watch.GuardName = step.Name;

                // It may have come between the look and the guard.
                watch.RetryRoot = true;
                _rootsToRetry = true;
                return;
            }
        }

        // Not a single watch is to be had.
        MarkBlind(watch);
    }

    private void RemoveGuard(Watch watch)
    {
        if (watch.GuardNode >= 0)
        {
            Forget(watch.GuardNode);
            watch.GuardNode = -1;
            watch.GuardPath = [];
            watch.GuardName = [];
        }
    }

    private void OnGuard(int node, in RawEvent record)
    {
        Watch watch = _watches[_nodes[node].Watch]!;
        if ((record.Mask & Libc.IN_IGNORED) != 0)
        {
            RemoveGuard(watch);
        }

        // Only the name that the root's path leads through is of interest.
        if (!record.Name.IsEmpty && !record.Name.SequenceEqual(watch.GuardName))
        {
            return;
        }

        watch.RetryRoot = true;
        _rootsToRetry = true;
    }
}
