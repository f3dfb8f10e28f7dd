using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Copies a tree under a temporary name.</summary>
/// <remarks>
/// The copy can be entered by nobody else while it is made (0700); a directory gets its own mode, owner, attributes and times when everything in it is there.
/// Links are copied as links unless the rule follows them, and names of one file become names of one file. What is no file, directory or link ends the copy.
/// </remarks>
internal sealed class TreeCopy : TreeWalk
{
    private readonly DirectoryStack _copies = new();
    private readonly int _parent;
    private readonly byte[] _top;
    private readonly HashSet<CopiedFile>? _copied;
    private readonly LinkedCopies _linked = new();
    private int _topFd = -1;
    private readonly bool _follow;

    private TreeCopy(FileAction action, int parent, byte[] top, HashSet<CopiedFile>? copied)
        : base(action)
    {
        (_parent, _top, _copied) = (parent, top, copied);
        _follow = action.FollowsLinks;
    }

    /// <inheritdoc/>
    protected override bool FollowsLinks => _follow;

    /// <summary>Copies the tree of a name in a directory to a new name in another.</summary>
    /// <param name="action">The action that it is part of.</param>
    /// <param name="from">Where the tree is.</param>
    /// <param name="to">The directory that the copy is made in.</param>
    /// <param name="top">The new name.</param>
    /// <param name="copied">Gets what was copied, as it was then; null: not wanted.</param>
    public static void Copy(FileAction action, Place from, int to, byte[] top, HashSet<CopiedFile>? copied)
    {
        using TreeCopy walk = new(action, to, top, copied);
        walk.Walk(from.Directory, from.Name);
    }

    /// <inheritdoc/>
    protected override void OnEntered(ReadOnlySpan<byte> terminatedName, in statx directory)
    {
        int parent = _copies.Count == 0 ? _parent : _copies.Top;
        ReadOnlySpan<byte> name = _copies.Count == 0 ? _top : terminatedName;
        int fd = NewDirectory.Create(parent, name, out statx made);
        _copies.Push(fd, in made);
        if (_copied is not null)
        {
            Removal.CheckDirectory(Directories.Top);
            Removal.CheckEntry(Action, in directory, in directory);
        }
    }

    /// <inheritdoc/>
    protected override void OnEntry(int directory, ReadOnlySpan<byte> terminatedName, int type)
    {
        if (type == Libc.DT_LNK && !_follow)
        {
            CopyLink(directory, terminatedName);
            return;
        }

        if (type is not (Libc.DT_REG or Libc.DT_LNK))
        {
            SourceFile.Refuse(type << 12);
        }

        int from = SourceFile.Open(directory, terminatedName, _follow, out statx source);
        int to = -1;
        try
        {
            FileAttributes.RefuseLinked(Action, in source);
            bool isLinked = source.stx_nlink > 1 && !_follow;
            if (_copied is not null)
            {
                Removal.CheckEntry(Action, CurrentDirectory, in source);
            }

            if (isLinked && TopOfCopy() is var top and >= 0 && _linked.TryLink(in source, top, _copies.Top, terminatedName))
            {
                Action.RecordEntry(_copies.Top, terminatedName);
                return;
            }

            to = FileFailure.Check(
                Libc.openat(_copies.Top, terminatedName, Libc.O_CREAT | Libc.O_EXCL | Libc.O_WRONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180), "write: ");
            FileFailure.Check(Libc.statx(to, Libc.STATX_BASIC_STATS, out statx made), "");
            FileContent.Copy(Action, from, to, in source);
            FileAttributes.Keep(Action, from, in source, to, in made);
            if (_copied is not null)
            {
                Action.CheckUnchanged(from, in source);
                _copied.Add(CopiedFile.Of(in source));
            }

            if (isLinked)
            {
                _linked.Note(in source, in made, RelativePath());
            }

            Action.RecordWrite(to);
        }
        finally
        {
            _ = Libc.close(from);
            if (to >= 0)
            {
                _ = Libc.close(to);
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnLeaving(in statx directory)
    {
        FileFailure.Check(Libc.statx(_copies.Top, Libc.STATX_BASIC_STATS, out statx made), "");
        FileAttributes.Keep(Action, Directories.Top, in directory, _copies.Top, in made);
        Action.RecordWrite(_copies.Top);
        _copies.Pop();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_topFd >= 0)
        {
            _ = Libc.close(_topFd);
        }

        _copies.Dispose();
        base.Dispose();
    }

    private int TopOfCopy()
    {
        if (_topFd < 0)
        {
            _topFd = Libc.openat(_parent, _top, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        }

        return _topFd;
    }

    private void CopyLink(int directory, ReadOnlySpan<byte> terminatedName)
    {
        statx source = LinkCopy.Make(Action, directory, terminatedName, _copies.Top, terminatedName);
        _copied?.Add(CopiedFile.Of(in source));
    }
}
