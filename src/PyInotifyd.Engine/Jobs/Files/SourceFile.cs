using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Opens files for reading without side effects: what is no regular file is never opened.</summary>
/// <remarks>
/// First a handle of the place (O_PATH), which no FIFO, device or lease notices; what it stands for is looked at, and only a regular file is opened, through the handle, so that nothing can be put in its
/// place. Without /proc it is opened by name, never blocking, and must be the file that was looked at.
/// </remarks>
internal static class SourceFile
{
    /// <summary>Opens a regular file of a directory for reading and describes it.</summary>
    public static int Open(int directory, ReadOnlySpan<byte> terminatedName, bool follow, out statx found)
    {
        int noFollow = follow ? 0 : Libc.O_NOFOLLOW;
        int handle = FileFailure.Check(Libc.openat(directory, terminatedName, Libc.O_PATH | Libc.O_CLOEXEC | noFollow), "open: ");
        try
        {
            FileFailure.Check(Libc.statx(handle, Libc.STATX_BASIC_STATS, out found), "");
            Refuse(found.Type);
            if (found.Type != Libc.S_IFREG)
            {
                throw new FileFailure("it was replaced meanwhile");
            }

            const int flags = Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC;
            Span<byte> path = stackalloc byte[32];
            int fd = Libc.openat(Libc.AT_FDCWD, DescriptorPath.Format(handle, path), flags);
            if (fd == -Errno.ENOENT)
            {
                fd = OpenAgain(directory, terminatedName, flags | noFollow, in found);
            }

            return FileFailure.Check(fd, "open: ");
        }
        finally
        {
            _ = Libc.close(handle);
        }
    }

    /// <summary>Throws for what the file manager does not touch.</summary>
    public static void Refuse(int type)
    {
        string? kind = type switch
        {
            Libc.S_IFIFO => "a FIFO",
            Libc.S_IFSOCK => "a socket",
            Libc.S_IFCHR or Libc.S_IFBLK => "a device",
            _ => null,
        };
        if (kind is not null)
        {
            throw new FileFailure("it is " + kind + "; only files, directories and links are moved, copied and deleted");
        }
    }

    private static int OpenAgain(int directory, ReadOnlySpan<byte> terminatedName, int flags, in statx expected)
    {
        int fd = Libc.openat(directory, terminatedName, flags);
        if (fd >= 0 && (Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx now) < 0 || !FileIdentity.Of(in now).Equals(FileIdentity.Of(in expected))))
        {
            _ = Libc.close(fd);
            return -Errno.ESTALE;
        }

        return fd;
    }
}
