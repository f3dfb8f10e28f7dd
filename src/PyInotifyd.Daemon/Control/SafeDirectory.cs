using System;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>Tells whether a directory is one in which nobody but root and the daemon's user can put something in the place of our file.</summary>
/// <remarks>
/// Each directory on the way must belong to one of the two, and others must not be able to write to it; a sticky one of root, as /tmp is, is fine, since nobody can rename there what is another's.
/// Both ways are looked at: that of the names, as a symbolic link is as safe as the directory that it stands in, and that of the directories that are really there, from the last one up to the root.
/// </remarks>
internal static class SafeDirectory
{
    private const int OthersMayWrite = 0x12; // 022
    private const int Sticky = 0x200; // 01000
    private const int MaxDepth = 4096;

    /// <summary>Returns why a directory is not safe, or null.</summary>
    /// <param name="fd">The directory, open.</param>
    /// <param name="path">Its absolute path.</param>
    public static string? Problem(int fd, ReadOnlySpan<byte> path)
    {
        for (int end = path.Length; end > 0; end = path[..end].LastIndexOf((byte)'/'))
        {
            int result = Libc.statx(Libc.AT_FDCWD, [.. path[..end], 0], 0, Libc.STATX_BASIC_STATS, out statx found);
            if (result < 0 || Problem(in found) is not null)
            {
                string name = "'" + SurrogateEscape.Decode(path[..end]) + "' ";
                return name + (result < 0 ? "cannot be looked at: " + Errno.Name(result) : Problem(in found));
            }
        }

        return ProblemAbove(fd);
    }

    private static string? ProblemAbove(int fd)
    {
        int at = Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, 3);
        statx below = default;
        string? problem = null;
        for (int depth = 0; at >= 0 && problem is null && depth < MaxDepth; depth++)
        {
            if (Libc.statx(at, Libc.STATX_BASIC_STATS, out statx found) < 0)
            {
                problem = "a directory above it cannot be looked at";
                break;
            }

            if (depth > 0 && found.stx_ino == below.stx_ino && found.stx_dev_major == below.stx_dev_major && found.stx_dev_minor == below.stx_dev_minor)
            {
                break;
            }

            problem = Problem(in found) is { } why ? "the directory that it leads to, or one above that, " + why : null;
            below = found;
            int parent = Libc.openat(at, "..\0"u8, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
            _ = Libc.close(at);
            at = parent;
        }

        if (at >= 0)
        {
            _ = Libc.close(at);
            return problem;
        }

        return problem ?? "a directory above it cannot be opened";
    }

    private static string? Problem(in statx directory)
    {
        if (directory.stx_uid != 0 && directory.stx_uid != Libc.geteuid())
        {
            return "belongs to user " + directory.stx_uid.ToString();
        }

        bool writable = (directory.stx_mode & OthersMayWrite) != 0;
        return writable && !((directory.stx_mode & Sticky) != 0 && directory.stx_uid == 0) ? "may be written by others; take that away with chmod go-w" : null;
    }
}
