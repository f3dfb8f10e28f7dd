using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Keeps a list on disk of the temporary names that are in use, so that those of a killed run can be removed by the next.</summary>
/// <remarks>
/// <para>
/// A file of fixed slots, one for each name, in a directory that the caller gives; it is locked (flock) as long as this process lives, so that another daemon leaves it and what it names alone.
/// A slot is written before the name is made, and emptied when it is gone. At the next start every such file that nobody has locked is read, what it names is removed, then the file itself.
/// </para>
/// <para>
/// Besides temporary names it knows directories that were exchanged for a new one and are to be deleted under the old name of the new one: these only if they are still the same inode.
/// </para>
/// Threads: any.
/// </remarks>
internal sealed class TemporaryJournal : IDisposable
{
    private const int SlotSize = 8192;
    private const int HeaderSize = 28;
    private const uint Magic = 0x314A_5950;

    private readonly Lock _lock = new();
    private readonly byte[]? _directory;
    private readonly List<bool> _used = [];
    private byte[]? _name;
    private int _directoryFd = -1;
    private int _fd = -1;

    /// <summary>Makes a journal in a directory, which is made when it is needed; null: none is kept.</summary>
    public TemporaryJournal(byte[]? directory)
    {
        _directory = directory;
    }

    private static ReadOnlySpan<byte> FilePrefix => "temporaries-"u8;

    /// <summary>Writes down a temporary name in the directory of a place and returns its slot; -1 where no journal can be kept.</summary>
    public int Add(Place place, ReadOnlySpan<byte> terminatedName)
    {
        int slash = place.Path.AsSpan().LastIndexOf((byte)'/');
        return Add([.. place.Path.AsSpan(0, slash + 1), .. terminatedName[..^1]], place.AnchorLength, default);
    }

    /// <summary>Writes down that what has a device and inode is to be deleted if it is found at a place.</summary>
    public int AddReplaced(Place place, in statx replaced) => Add(place.Path, place.AnchorLength, FileIdentity.Of(in replaced));

    /// <summary>Empties a slot.</summary>
    public void Remove(int slot)
    {
        if (slot < 0)
        {
            return;
        }

        lock (_lock)
        {
            Span<byte> empty = stackalloc byte[4];
            empty.Clear();
            _ = Libc.pwrite(_fd, empty, (long)slot * SlotSize);
            _used[slot] = false;
        }
    }

    /// <summary>Whether journals of runs that have ended wait for <see cref="Recover"/>.</summary>
    public bool HasLeftovers()
    {
        foreach (byte[] name in Leftovers(out int directory))
        {
            _ = Libc.close(directory);
            return name.Length > 0;
        }

        return false;
    }

    /// <summary>Removes what killed runs left, and says what.</summary>
    /// <param name="action">The action that it is done in.</param>
    public void Recover(FileAction action)
    {
        List<byte[]> names = Leftovers(out int directory);
        foreach (byte[] name in names)
        {
            int fd = Libc.openat(directory, name, Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
            if (fd < 0)
            {
                continue;
            }

            if (IsTrusted(fd) && Libc.flock(fd, Libc.LOCK_EX | Libc.LOCK_NB) == 0 && RemoveAll(action, fd))
            {
                _ = Libc.unlinkat(directory, name, 0);
            }

            _ = Libc.close(fd);
        }

        if (names.Count > 0)
        {
            _ = Libc.close(directory);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_fd < 0)
            {
                return;
            }

            // What is still in use belongs to an action that could not end; the next run looks after it.
            if (!_used.Contains(true))
            {
                _ = Libc.unlinkat(_directoryFd, _name, 0);
            }

            _ = Libc.close(_fd);
            _ = Libc.close(_directoryFd);
            _fd = -1;
        }
    }

    private int Add(byte[] path, int anchorLength, FileIdentity identity)
    {
        lock (_lock)
        {
            if (_fd < 0 && !TryCreate())
            {
                return -1;
            }

            int slot = _used.IndexOf(false);
            if (slot < 0)
            {
                slot = _used.Count;
                _used.Add(false);
            }

            // Magic, length, anchor, device, inode, sum; then the path.
            byte[] record = new byte[HeaderSize + path.Length + 4];
            BinaryPrimitives.WriteUInt32LittleEndian(record, Magic);
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), path.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(8), anchorLength);
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(12), identity.Device);
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(20), identity.Inode);
            path.CopyTo(record.AsSpan(HeaderSize));
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(HeaderSize + path.Length), Sum(record.AsSpan(0, HeaderSize + path.Length)));
            if (record.Length > SlotSize || Libc.pwrite(_fd, record, (long)slot * SlotSize) != record.Length)
            {
                return -1;
            }

            _used[slot] = true;
            return slot;
        }
    }

    private bool TryCreate()
    {
        if (_directory is null)
        {
            return false;
        }

        byte[] path = [.. _directory, 0];
        if (_directoryFd < 0)
        {
            int made = Libc.mkdirat(Libc.AT_FDCWD, path, 0x1ED);
            _directoryFd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
            if (_directoryFd < 0)
            {
                return false;
            }

            // Whatever the umask: the control socket beside may be for a group.
            _ = made == 0 ? Libc.fchmod(_directoryFd, 0x1ED) : 0;
        }

        for (int tries = 0; tries < 3; tries++)
        {
            _name = [.. FilePrefix, .. TemporaryNames.Create().AsSpan(12, 16), 0];
            _fd = Libc.openat(_directoryFd, _name, Libc.O_CREAT | Libc.O_EXCL | Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
            if (_fd < 0)
            {
                return false;
            }

            // Another daemon that starts in this moment may have found it before the lock, and removed it.
            if (Libc.flock(_fd, Libc.LOCK_EX | Libc.LOCK_NB) == 0 && Libc.statx(_fd, Libc.STATX_BASIC_STATS, out statx found) == 0 && found.stx_nlink == 1)
            {
                return true;
            }

            _ = Libc.close(_fd);
            _fd = -1;
        }

        return false;
    }

    private List<byte[]> Leftovers(out int directory)
    {
        List<byte[]> names = [];
        directory = -1;
        if (_directory is null)
        {
            return names;
        }

        int fd = Libc.openat(Libc.AT_FDCWD, [.. _directory, 0], Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (fd < 0)
        {
            return names;
        }

        byte[] records = new byte[16384];
        int size;
        while ((size = Libc.getdents64(fd, records)) > 0)
        {
            DirectoryEntries entries = new(records.AsSpan(0, size));
            while (entries.MoveNext())
            {
                if (entries.Name.StartsWith(FilePrefix) && !(_name is not null && entries.Name.SequenceEqual(_name.AsSpan(0, _name.Length - 1))))
                {
                    names.Add([.. entries.Name, 0]);
                }
            }
        }

        if (names.Count == 0)
        {
            _ = Libc.close(fd);
        }
        else
        {
            directory = fd;
        }

        return names;
    }

    private static bool IsTrusted(int fd) =>
        Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx found) == 0 && found.Type == Libc.S_IFREG && found.stx_uid == Libc.geteuid() && (found.stx_mode & 0x12) == 0;

    private static bool RemoveAll(FileAction action, int fd)
    {
        byte[] record = new byte[SlotSize];
        bool complete = true;
        for (long at = 0; ; at += SlotSize)
        {
            int size = Libc.pread(fd, record, at);
            if (size <= 0)
            {
                return complete;
            }

            int length = size < HeaderSize + 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(4));
            if (length < 0 || BinaryPrimitives.ReadUInt32LittleEndian(record) != Magic || HeaderSize + length + 4 > size
                || BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(HeaderSize + length)) != Sum(record.AsSpan(0, HeaderSize + length)))
            {
                continue;
            }

            FileIdentity identity = new(BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(12)), BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(20)));
            complete &= RemoveOne(action, record.AsSpan(HeaderSize, length).ToArray(), BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(8)), identity);
        }
    }

    private static bool RemoveOne(FileAction action, byte[] path, int anchorLength, FileIdentity identity)
    {
        bool isTemporary = identity.Inode == 0;
        if (isTemporary && !TemporaryNames.Is(path))
        {
            return true;
        }

        if (Place.TryOpen(path, anchorLength, out Place? place) < 0)
        {
            return true;
        }

        using (place!)
        {
            if (place!.TryStat(out statx found) < 0 || (!isTemporary && !FileIdentity.Of(in found).Equals(identity)))
            {
                return true;
            }

            try
            {
                action.RemoveWhatever(place, place.Name, in found);
                action.Say("removed what an earlier run left unfinished: " + FileFailure.Quote(path));
                return true;
            }
            catch (FileFailure failure)
            {
                action.Say("cannot remove what an earlier run left unfinished: " + FileFailure.Quote(path) + ": " + failure.Message, isWarning: true);
                return false;
            }
        }
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 2166136261;
        foreach (byte b in bytes)
        {
            sum = (sum ^ b) * 16777619;
        }

        return sum;
    }
}
