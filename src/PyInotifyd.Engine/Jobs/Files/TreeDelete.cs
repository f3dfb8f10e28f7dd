using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Removes a tree.</summary>
/// <remarks>
/// What is mounted inside is refused before anything is removed where /proc tells of it, else when the walk comes to it.
/// After a copy to another file system only what was copied goes: an entry that was changed or added since stays, and the directories above it.
/// </remarks>
internal sealed class TreeDelete : TreeWalk
{
    private readonly HashSet<CopiedFile>? _only;
    private statx _top;
    private bool _isInside;
    private string? _kept;

    private TreeDelete(FileAction action, HashSet<CopiedFile>? only)
        : base(action)
    {
        _only = only;
    }

    /// <summary>Removes the tree of a name in an open directory.</summary>
    /// <param name="action">The action that it is part of.</param>
    /// <param name="parent">The directory.</param>
    /// <param name="terminatedName">The name.</param>
    /// <param name="only">The files and links that may go; null: all.</param>
    public static void Delete(FileAction action, int parent, byte[] terminatedName, HashSet<CopiedFile>? only = null)
    {
        RefuseMounts(parent, terminatedName);
        using TreeDelete walk = new(action, only);
        walk.Walk(parent, terminatedName);
        if (walk._kept is not null)
        {
            throw new FileFailure("the source was not removed wholly: " + walk._kept + " was changed while it was copied");
        }
    }

    /// <summary>Throws where a tree is, or holds, a mount point.</summary>
    public static void RefuseMounts(int parent, byte[] terminatedName)
    {
        int fd = FileFailure.Check(Libc.openat(parent, terminatedName, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC), "open: ");
        int result = Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx found);
        bool isRoot = result == 0 && (found.stx_attributes & Libc.STATX_ATTR_MOUNT_ROOT) != 0;
        string? inside = MountPoints.FindInside(fd);
        _ = Libc.close(fd);
        if (isRoot || inside is not null)
        {
            throw new FileFailure("a file system is mounted there" + (isRoot ? "" : ", at '" + inside + "'") + "; unmount it first");
        }
    }

    /// <inheritdoc/>
    protected override void OnEntered(ReadOnlySpan<byte> terminatedName, in statx directory)
    {
        if (_isInside && MountPoints.IsRoot(in directory, in _top))
        {
            throw new FileFailure("a file system is mounted there; unmount it first");
        }

        if (!_isInside)
        {
            _top = directory;
            _isInside = true;
        }
    }

    /// <inheritdoc/>
    protected override void OnEntry(int directory, ReadOnlySpan<byte> terminatedName, int type)
    {
        if (_only is not null)
        {
            RemoveCopied(directory, terminatedName, _only);
            return;
        }

        int result = Libc.unlinkat(directory, terminatedName, 0);
        if (result < 0 && result != -Errno.ENOENT)
        {
            throw FileFailure.Of(result, "");
        }
    }

    private void RemoveCopied(int directory, ReadOnlySpan<byte> terminatedName, HashSet<CopiedFile> only)
    {
        int fd = Libc.openat(directory, terminatedName, Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        if (fd == -Errno.ENOENT)
        {
            return;
        }

        FileFailure.Check(fd, "");
        try
        {
            FileFailure.Check(Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx before), "");
            if (!only.Contains(CopiedFile.Of(in before)))
            {
                _kept ??= FileFailure.Quote(terminatedName[..^1]);
                return;
            }

            int result = Libc.unlinkat(directory, terminatedName, 0);
            if (result < 0 && result != -Errno.ENOENT)
            {
                throw FileFailure.Of(result, "");
            }

            // The going of one name changes the file's change time, by which its other names are known.
            if (before.stx_nlink > 1 && Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx after) == 0
                && after.stx_size == before.stx_size && after.stx_mtime.Nanoseconds == before.stx_mtime.Nanoseconds)
            {
                only.Add(CopiedFile.Of(in after));
            }
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    /// <inheritdoc/>
    protected override void OnLeft(int parent, ReadOnlySpan<byte> terminatedName)
    {
        int result = Libc.unlinkat(parent, terminatedName, Libc.AT_REMOVEDIR);
        if (result == -Errno.ENOTEMPTY && _only is not null)
        {
            _kept ??= FileFailure.Quote(terminatedName[..^1]);
            return;
        }

        if (result < 0 && result != -Errno.ENOENT)
        {
            throw FileFailure.Of(result, "remove directory " + FileFailure.Quote(terminatedName[..^1]) + ": ");
        }
    }
}
