using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>The directories from the top of a tree down to where a walk stands, of which only the lowest few are open.</summary>
/// <remarks>
/// A tree of any depth is walked with a bounded number of descriptors: what is further up is closed, and opened again through <c>..</c> when the walk comes back. Somebody who moves a directory
/// meanwhile would have <c>..</c> lead elsewhere, so the directory found must be the one that was left: same device and inode.
/// Owns: the descriptors.   Threads: one at a time.   Source: the way of fts(3) and of rm.
/// </remarks>
internal sealed class DirectoryStack : IDisposable
{
    private const int OpenLevels = 16;

    private readonly List<Level> _levels = [];

    private struct Level
    {
        public int Fd;
        public FileIdentity Identity;

        // Entered through a link: «..» leads elsewhere, so the one above stays open.
        public bool IsLink;
    }

    /// <summary>Number of directories.</summary>
    public int Count => _levels.Count;

    /// <summary>The lowest one.</summary>
    public int Top => _levels[^1].Fd;

    /// <summary>Goes down into a directory; takes over its descriptor.</summary>
    public void Push(int fd, in statx directory, bool isLink = false)
    {
        _levels.Add(new Level { Fd = fd, Identity = FileIdentity.Of(in directory), IsLink = isLink });
        int far = _levels.Count - 1 - OpenLevels;
        if (far >= 0 && !_levels[far + 1].IsLink)
        {
            Level level = _levels[far];
            Close(ref level);
            _levels[far] = level;
        }
    }

    /// <summary>Goes up and closes the lowest one.</summary>
    public void Pop()
    {
        Level last = _levels[^1];
        _levels.RemoveAt(_levels.Count - 1);
        try
        {
            if (_levels.Count > 0 && _levels[^1].Fd < 0)
            {
                Level above = _levels[^1];
                above.Fd = FileFailure.Check(Libc.openat(last.Fd, "..\0"u8, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC), "go back up in the tree: ");
                _levels[^1] = above;
                FileFailure.Check(Libc.statx(above.Fd, Libc.STATX_BASIC_STATS, out statx found), "go back up in the tree: ");
                if (!FileIdentity.Of(in found).Equals(above.Identity))
                {
                    throw new FileFailure("a directory of the tree was moved away meanwhile; what is done so far stays within the tree");
                }
            }
        }
        finally
        {
            _ = Libc.close(last.Fd);
        }
    }

    /// <summary>Whether a directory is among them.</summary>
    public bool Contains(in statx directory)
    {
        FileIdentity identity = FileIdentity.Of(in directory);
        foreach (Level level in _levels)
        {
            if (level.Identity.Equals(identity))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < _levels.Count; i++)
        {
            Level level = _levels[i];
            Close(ref level);
        }

        _levels.Clear();
    }

    private static void Close(ref Level level)
    {
        if (level.Fd >= 0)
        {
            _ = Libc.close(level.Fd);
            level.Fd = -1;
        }
    }
}
