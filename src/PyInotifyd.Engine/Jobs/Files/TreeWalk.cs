using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Goes through a tree from its top down, without recursion, and calls what derives from it at each entry.</summary>
/// <remarks>
/// A directory is listed to its end before the walk goes into its sub-directories, whose names are kept meanwhile: so nothing depends on what a half-read listing does when entries go.
/// Every step is relative to an open directory and follows no link, unless <see cref="FollowsLinks"/>.
/// Threads: one at a time.   Cost: memory for the names of the sub-directories on the way down.
/// </remarks>
internal abstract class TreeWalk(FileAction action) : IDisposable
{
    private readonly List<Level> _levels = [];
    private byte[] _current = [];

    /// <summary>The action that it is part of.</summary>
    protected FileAction Action { get; } = action;

    /// <summary>The directories down to where it stands.</summary>
    protected DirectoryStack Directories { get; } = new();

    /// <summary>The directory whose entries are called for, as it was when it was entered.</summary>
    protected ref readonly statx CurrentDirectory => ref _levels[^1].Directory;

    /// <summary>Whether links are gone through.</summary>
    protected virtual bool FollowsLinks => false;

    private sealed class Level(byte[] name, statx directory)
    {
        private readonly statx _directory = directory;
        private byte[] _names = [];
        private int _length;
        private int _next;

        public byte[] Name { get; } = name;

        public ref readonly statx Directory => ref _directory;

        // A name, its NUL, and whether it is a link.
        public void Add(ReadOnlySpan<byte> terminatedName, bool isLink)
        {
            int needed = _length + terminatedName.Length + 1;
            if (needed > _names.Length)
            {
                Array.Resize(ref _names, Math.Max(needed, _names.Length * 2));
            }

            terminatedName.CopyTo(_names.AsSpan(_length));
            _names[needed - 1] = isLink ? (byte)1 : (byte)0;
            _length = needed;
        }

        public bool TryNext(out byte[] terminatedName, out bool isLink)
        {
            terminatedName = [];
            isLink = false;
            if (_next == _length)
            {
                return false;
            }

            int end = _next + _names.AsSpan(_next).IndexOf((byte)0);
            terminatedName = _names.AsSpan(_next, end + 1 - _next).ToArray();
            isLink = _names[end + 1] != 0;
            _next = end + 2;
            return true;
        }
    }

    /// <summary>Walks the tree of a name in an open directory.</summary>
    protected void Walk(int parent, byte[] terminatedName)
    {
        try
        {
            Enter(parent, terminatedName, FollowsLinks);
            while (_levels.Count > 0)
            {
                Level level = _levels[^1];
                if (level.TryNext(out byte[] name, out bool isLink))
                {
                    Enter(Directories.Top, name, isLink);
                    continue;
                }

                statx directory = level.Directory;
                _current = [];
                OnLeaving(in directory);
                Directories.Pop();
                _levels.RemoveAt(_levels.Count - 1);
                OnLeft(_levels.Count > 0 ? Directories.Top : parent, level.Name);
            }
        }
        catch (FileFailure failure) when (!failure.IsStop && (_levels.Count > 1 || _current.Length != 0))
        {
            throw new FileFailure(FileFailure.Quote(RelativePath()) + ": " + failure.Message, failure.Errno);
        }
    }

    /// <summary>Called in a directory, before its content is listed.</summary>
    protected virtual void OnEntered(ReadOnlySpan<byte> terminatedName, in statx directory)
    {
    }

    /// <summary>Called for each entry that is no directory.</summary>
    protected abstract void OnEntry(int directory, ReadOnlySpan<byte> terminatedName, int type);

    /// <summary>Called in a directory, after everything in it.</summary>
    protected virtual void OnLeaving(in statx directory)
    {
    }

    /// <summary>Called above a directory that has been left.</summary>
    protected virtual void OnLeft(int parent, ReadOnlySpan<byte> terminatedName)
    {
    }

    /// <inheritdoc/>
    public virtual void Dispose() => Directories.Dispose();

    private void Enter(int parent, byte[] terminatedName, bool isLink)
    {
        Action.CheckStop();
        _current = terminatedName;
        int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | (isLink ? 0 : Libc.O_NOFOLLOW);
        int fd = FileFailure.Check(Libc.openat(parent, terminatedName, flags), "open: ");
        int result = Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx directory);
        if (result < 0 || (isLink && Directories.Contains(in directory)))
        {
            _ = Libc.close(fd);
            throw result < 0 ? FileFailure.Of(result, "") : new FileFailure("the link leads back to a directory above it");
        }

        Directories.Push(fd, in directory, isLink);
        Level level = new(terminatedName, directory);
        _levels.Add(level);
        _current = [];
        OnEntered(terminatedName, in directory);
        List(fd, level);
    }

    private void List(int fd, Level level)
    {
        byte[] records = Action.Worker.Records;
        byte[] name = Action.Worker.Name;
        int size;
        while ((size = FileFailure.Check(Libc.getdents64(fd, records), "list: ")) > 0)
        {
            DirectoryEntries entries = new(records.AsSpan(0, size));
            while (entries.MoveNext())
            {
                Action.CheckStop();
                entries.Name.CopyTo(name);
                name[entries.Name.Length] = 0;
                ReadOnlySpan<byte> terminated = name.AsSpan(0, entries.Name.Length + 1);
                int type = entries.Type == Libc.DT_UNKNOWN ? TypeOf(fd, terminated) : entries.Type;
                bool isLink = false;
                if (type == Libc.DT_LNK && FollowsLinks && Libc.statx(fd, terminated, 0, Libc.STATX_TYPE, out statx target) == 0 && target.Type == Libc.S_IFDIR)
                {
                    isLink = true;
                }

                if (type == Libc.DT_DIR || isLink)
                {
                    level.Add(terminated, isLink);
                    continue;
                }

                _current = name;
                OnEntry(fd, terminated, type);
                _current = [];
            }
        }
    }

    private static int TypeOf(int directory, ReadOnlySpan<byte> terminatedName) =>
        Place.Stat(directory, terminatedName, out statx found) < 0 ? Libc.DT_UNKNOWN : found.Type >> 12;

    /// <summary>Returns the path of the entry that is called for, from the top of the tree on, without NUL.</summary>
    protected ReadOnlySpan<byte> RelativePath()
    {
        PathBuilder path = new();
        for (int i = 1; i < _levels.Count; i++)
        {
            Append(path, _levels[i].Name);
        }

        if (_current.Length != 0)
        {
            Append(path, _current.AsSpan(0, _current.AsSpan().IndexOf((byte)0) + 1));
        }

        return path.Bytes;
    }

    private static void Append(PathBuilder path, ReadOnlySpan<byte> terminatedName)
    {
        if (path.Length != 0)
        {
            path.Append("/"u8);
        }

        path.Append(terminatedName[..^1]);
    }
}
