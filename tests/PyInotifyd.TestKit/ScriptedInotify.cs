using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit;

/// <summary>An inotify without a kernel: it hands out the records that a test gave it, and numbers the inodes that are watched in the order of the calls.</summary>
/// <remarks>Nothing is allocated by reading.</remarks>
public sealed class ScriptedInotify : IInotify
{
    private readonly List<byte> _records = [];
    private byte[] _queue = [];
    private int _at;
    private readonly Dictionary<(ulong Inode, uint Device), int> _watches = [];

    /// <inheritdoc/>
    public int Fd => -1;

    /// <inheritdoc/>
    public int QueueLimit { get; set; }

    /// <summary>Adds a record to the script, more than once if wanted.</summary>
    public void Add(int wd, uint mask, uint cookie, ReadOnlySpan<byte> name, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Add(wd, mask, cookie, name);
        }
    }

    /// <summary>Adds a record to the script.</summary>
    public void Add(int wd, uint mask, uint cookie, ReadOnlySpan<byte> name)
    {
        // As the kernel does it: a name ends with NUL and is filled up to the size of the header.
        int length = name.IsEmpty ? 0 : (name.Length + 16) / 16 * 16;
        _records.AddRange(BitConverter.GetBytes(wd));
        _records.AddRange(BitConverter.GetBytes(mask));
        _records.AddRange(BitConverter.GetBytes(cookie));
        _records.AddRange(BitConverter.GetBytes(length));
        _records.AddRange(name);
        _records.AddRange(new byte[length - name.Length]);
    }

    /// <summary>Begins another script.</summary>
    public void Clear()
    {
        _records.Clear();
        (_queue, _at) = ([], 0);
    }

    /// <summary>Puts the script into the queue, from its beginning.</summary>
    public void Rewind()
    {
        if (_queue.Length != _records.Count)
        {
            _queue = [.. _records];
        }

        _at = 0;
    }

    /// <inheritdoc/>
    public int AddDirectory(int dirfd, uint mask) => Watch(dirfd, "\0"u8);

    /// <inheritdoc/>
    public int AddChild(int dirfd, ReadOnlySpan<byte> terminatedName, uint mask, bool isSame) => Watch(dirfd, terminatedName);

    /// <inheritdoc/>
    public int AddPath(ReadOnlySpan<byte> terminatedPath, uint mask) => Watch(Libc.AT_FDCWD, terminatedPath);

    /// <inheritdoc/>
    public int Remove(int wd) => 0;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        // Whole records only.
        int size = 0;
        while (_at + size < _queue.Length)
        {
            int next = 16 + BitConverter.ToInt32(_queue, _at + size + 12);
            if (size + next > buffer.Length)
            {
                break;
            }

            size += next;
        }

        _queue.AsSpan(_at, size).CopyTo(buffer);
        _at += size;
        return size == 0 ? -Errno.EAGAIN : size;
    }

    /// <inheritdoc/>
    public int Pending() => _queue.Length - _at;

    private int Watch(int dirfd, ReadOnlySpan<byte> terminatedName)
    {
        // As the kernel does it: the same inode has the same descriptor.
        int result = Libc.statx(dirfd, terminatedName, Libc.AT_EMPTY_PATH, Libc.STATX_INO, out statx found);
        if (result < 0)
        {
            return result;
        }

        (ulong, uint) inode = (found.stx_ino, found.stx_dev_minor);
        if (!_watches.TryGetValue(inode, out int wd))
        {
            _watches.Add(inode, wd = _watches.Count + 1);
        }

        return wd;
    }
}
