using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Makes directories and opens them in a way that somebody who swaps names meanwhile gains nothing from.</summary>
internal static class NewDirectory
{
    /// <summary>Makes a directory that only this user may enter, and opens it for reading.</summary>
    public static int Create(int parent, ReadOnlySpan<byte> terminatedName, out statx made)
    {
        int result = TryCreate(parent, terminatedName, out made);
        return result >= 0 ? result : throw FileFailure.Of(result, "make the directory: ");
    }

    /// <summary>The same; minus errno where it cannot be made.</summary>
    public static int TryCreate(int parent, ReadOnlySpan<byte> terminatedName, out statx made)
    {
        made = default;
        int result = Libc.mkdirat(parent, terminatedName, 0x1C0);
        if (result < 0)
        {
            return result;
        }

        int fd = Libc.openat(parent, terminatedName, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        if (fd < 0)
        {
            return fd;
        }

        result = Libc.statx(fd, Libc.STATX_BASIC_STATS, out made);
        if (result < 0 || made.stx_uid != Libc.geteuid() || (made.stx_mode & 0x1FF) != 0x1C0 || made.stx_nlink > 2)
        {
            // Another directory has its name already: nothing of it may be changed.
            _ = Libc.close(fd);
            return result < 0 ? result : -Errno.ESTALE;
        }

        return fd;
    }
}
