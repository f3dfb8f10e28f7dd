using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Opens what lies below a root without ever following a symbolic link there.</summary>
/// <remarks>
/// The root itself is the administrator's word: links in it are followed. Below it openat2(2) with RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH does it in one call; where the kernel
/// (before 5.6) or a container's filter has it not, each component is opened with O_NOFOLLOW. Paths beyond PATH_MAX take the second way too.
/// Results are a descriptor or minus errno: ENOENT, ENOTDIR, ELOOP mean that the directory is no longer what it was.
/// Threads: any.   Source: openat2(2).
/// </remarks>
internal static class TreeOpener
{
    private const int PathMax = 4096;

    /// <summary>Whether the kernel has no openat2, or forbids it; tests say so too.</summary>
    internal static bool WithoutOpenat2 { get; set; }

    /// <summary>Opens a directory for reading: a root's path (ends with NUL) and, below it, a relative path (ends with NUL; only the NUL: the root itself).</summary>
    public static int OpenDirectory(ReadOnlySpan<byte> terminatedRoot, ReadOnlySpan<byte> terminatedRelative)
    {
        int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC | Libc.O_NONBLOCK;
        if (terminatedRelative.Length <= 1)
        {
            return Libc.openat(Libc.AT_FDCWD, terminatedRoot, flags);
        }

        int root = OpenPath(terminatedRoot);
        if (root < 0)
        {
            return root;
        }

        int result = OpenBelow(root, terminatedRelative, flags);
        _ = Libc.close(root);
        return result;
    }

    /// <summary>Opens a root, for nothing but what lies below it; nobody is told of that.</summary>
    public static int OpenPath(ReadOnlySpan<byte> terminatedRoot) => Libc.openat(Libc.AT_FDCWD, terminatedRoot, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);

    /// <summary>Opens what a relative path (ends with NUL) leads to below an open directory, which stays open; the flags say how.</summary>
    public static int OpenBelow(int root, ReadOnlySpan<byte> terminatedRelative, int flags)
    {
        if (!WithoutOpenat2 && terminatedRelative.Length <= PathMax)
        {
            open_how how = new()
            {
                flags = (ulong)(uint)(flags | Libc.O_CLOEXEC),
                resolve = Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_MAGICLINKS | Libc.RESOLVE_BENEATH,
            };
            int result = Libc.openat2(root, terminatedRelative, in how);
            if (result is not (-Errno.ENOSYS or -Errno.EPERM or -Errno.EAGAIN))
            {
                return result;
            }

            WithoutOpenat2 |= result != -Errno.EAGAIN;
        }

        return Walk(root, terminatedRelative, flags);
    }

    /// <summary>Opens a sub-directory (a name that ends with NUL) of an open directory.</summary>
    public static int OpenChild(int dirfd, ReadOnlySpan<byte> terminatedName) =>
        Libc.openat(dirfd, terminatedName, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NONBLOCK);

    private static int Walk(int root, ReadOnlySpan<byte> relative, int flags)
    {
        Span<byte> name = stackalloc byte[256];
        int at = root;
        while (true)
        {
            int end = relative.IndexOfAny((byte)'/', (byte)0);
            bool last = relative[end] == 0;
            int next = -Errno.ENAMETOOLONG;
            if (end <= 255)
            {
                relative[..end].CopyTo(name);
                name[end] = 0;
                next = OpenStep(at, name[..(end + 1)], last ? flags : Libc.O_PATH | Libc.O_DIRECTORY);
            }

            if (at != root)
            {
                _ = Libc.close(at);
            }

            if (next < 0 || last)
            {
                return next;
            }

            at = next;
            relative = relative[(end + 1)..];
        }
    }

    private static int OpenStep(int at, ReadOnlySpan<byte> name, int flags)
    {
        int fd = Libc.openat(at, name, flags | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);

        // A link where a directory should be is ENOTDIR to openat and ELOOP to openat2.
        return fd == -Errno.ENOTDIR && Libc.statx(at, name, Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_TYPE, out statx found) == 0 && found.Type == Libc.S_IFLNK
            ? -Errno.ELOOP
            : fd;
    }
}
