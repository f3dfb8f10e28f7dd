using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Opens directories below a root without ever following a symbolic link there.</summary>
/// <remarks>
/// The root itself is the administrator's word: links in it are followed. Below it openat2(2) with RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH does it in one call; where the kernel
/// (before 5.6) or a container's filter has it not, each component is opened with O_NOFOLLOW. Paths beyond PATH_MAX take the second way too.
/// Results are a descriptor or minus errno: ENOENT, ENOTDIR, ELOOP mean that the directory is no longer what it was.
/// Threads: reactor only.   Source: openat2(2).
/// </remarks>
internal static class TreeOpener
{
    private const int PathMax = 4096;

    private static bool s_noOpenat2;

    /// <summary>Opens a directory for reading: a root's path (ends with NUL) and, below it, a relative path (ends with NUL; only the NUL: the root itself).</summary>
    public static int OpenDirectory(ReadOnlySpan<byte> terminatedRoot, ReadOnlySpan<byte> terminatedRelative)
    {
        int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC | Libc.O_NONBLOCK;
        if (terminatedRelative.Length <= 1)
        {
            return Libc.openat(Libc.AT_FDCWD, terminatedRoot, flags);
        }

        int root = Libc.openat(Libc.AT_FDCWD, terminatedRoot, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (root < 0)
        {
            return root;
        }

        int result = -Errno.ENOSYS;
        if (!s_noOpenat2 && terminatedRelative.Length <= PathMax)
        {
            open_how how = new() { flags = (ulong)(uint)flags, resolve = Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_BENEATH };
            result = Libc.openat2(root, terminatedRelative, in how);
            s_noOpenat2 = result is -Errno.ENOSYS or -Errno.EPERM;
        }

        if (result is -Errno.ENOSYS or -Errno.EPERM or -Errno.EAGAIN)
        {
            return Walk(root, terminatedRelative, flags);
        }

        _ = Libc.close(root);
        return result;
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
            if (end > 255)
            {
                _ = Libc.close(at);
                return -Errno.ENAMETOOLONG;
            }

            relative[..end].CopyTo(name);
            name[end] = 0;
            bool last = relative[end] == 0;
            int next = Libc.openat(at, name[..(end + 1)], (last ? flags : Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC) | Libc.O_NOFOLLOW);
            _ = Libc.close(at);
            if (next < 0 || last)
            {
                return next;
            }

            at = next;
            relative = relative[(end + 1)..];
        }
    }
}
