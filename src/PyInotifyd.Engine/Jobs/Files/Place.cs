using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>A name in an open directory: everything is done relative to it, so that nobody can put another directory in between.</summary>
/// <remarks>Owns: the descriptor.   Threads: one at a time.</remarks>
internal sealed class Place : IDisposable
{
    private Place(int directory, byte[] path, int anchorLength)
    {
        (Directory, Path, AnchorLength) = (directory, path, anchorLength);
        Name = [.. path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1), 0];
    }

    /// <summary>The directory, opened with O_PATH.</summary>
    public int Directory { get; private set; }

    /// <summary>The name in it, ended by NUL.</summary>
    public byte[] Name { get; }

    /// <summary>The whole path, without NUL, for messages.</summary>
    public byte[] Path { get; }

    /// <summary>How much of the path may contain links.</summary>
    public int AnchorLength { get; }

    /// <summary>Opens the directory of a path; a null place, and minus errno, where it is not there or a link is in the way below the anchor.</summary>
    /// <param name="path">An absolute path of at least one component.</param>
    /// <param name="anchorLength">So many of its bytes are a directory in whose path links are followed; 0: the root directory.</param>
    /// <param name="place">The place.</param>
    public static int TryOpen(byte[] path, int anchorLength, out Place? place)
    {
        place = null;
        int slash = path.AsSpan().LastIndexOf((byte)'/');
        if (anchorLength > slash)
        {
            // The watch's own root: its directory is the administrator's word.
            anchorLength = slash;
        }

        Span<byte> buffer = path.Length < 4096 ? stackalloc byte[path.Length + 2] : new byte[path.Length + 2];
        path.AsSpan(0, anchorLength).CopyTo(buffer);
        buffer[anchorLength] = 0;
        int root = Libc.openat(Libc.AT_FDCWD, anchorLength > 0 ? buffer : "/\0"u8, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (root < 0 || slash <= anchorLength)
        {
            place = root < 0 ? null : new Place(root, path, anchorLength);
            return root;
        }

        int length = slash - anchorLength - 1;
        path.AsSpan(anchorLength + 1, length).CopyTo(buffer);
        buffer[length] = 0;
        int fd = TreeOpener.OpenBelow(root, buffer[..(length + 1)], Libc.O_PATH | Libc.O_DIRECTORY);
        _ = Libc.close(root);
        place = fd < 0 ? null : new Place(fd, path, anchorLength);
        return fd;
    }

    /// <summary>Takes a directory that was opened elsewhere.</summary>
    public static Place Of(int directory, byte[] path, int anchorLength) => new(directory, path, anchorLength);

    /// <summary>Describes what has the name, not what a link leads to.</summary>
    public int TryStat(out statx found) => Stat(Directory, Name, out found);

    /// <summary>Describes a name in a directory, not what a link leads to.</summary>
    public static int Stat(int directory, ReadOnlySpan<byte> terminatedName, out statx found) =>
        Libc.statx(directory, terminatedName, Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_BASIC_STATS, out found);

    /// <summary>Waits until the directory's entries are on the device.</summary>
    public void Flush()
    {
        int fd = FileFailure.Check(Libc.openat(Directory, ".\0"u8, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC), "open the directory to flush it: ");
        int result = Libc.fsync(fd);
        _ = Libc.close(fd);
        if (result < 0 && result != -Errno.EINVAL)
        {
            throw FileFailure.Of(result, "flush the directory: ");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory >= 0)
        {
            _ = Libc.close(Directory);
            Directory = -1;
        }
    }
}
