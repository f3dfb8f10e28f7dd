using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>What the kernel itself says is watched: the inodes in <c>/proc/self/fdinfo</c> of an inotify descriptor.</summary>
public static class WatchedInodes
{
    /// <summary>IN_DELETE_SELF and IN_MOVE_SELF: a directory above a root, watched for its own rename only.</summary>
    private const string OnlyAboveARoot = " mask:c00 ";
    private const string OnlyHoldsARoot = " mask:e00 ";

    /// <summary>Returns the inode numbers of all but the directories above roots.</summary>
    /// <remarks>Source: proc_pid_fdinfo(5): <c>inotify wd:1 ino:5 sdev:800001 mask:fff …</c>, all but the mask's flags hexadecimal.</remarks>
    public static HashSet<ulong> Of(int inotifyFd)
    {
        HashSet<ulong> inodes = [];
        foreach (string line in File.ReadAllLines($"/proc/self/fdinfo/{inotifyFd.ToString(CultureInfo.InvariantCulture)}"))
        {
            if (!line.StartsWith("inotify ", StringComparison.Ordinal))
            {
                continue;
            }

            if (line.Contains(OnlyAboveARoot, StringComparison.Ordinal) || line.Contains(OnlyHoldsARoot, StringComparison.Ordinal))
            {
                continue;
            }

            int at = line.IndexOf(" ino:", StringComparison.Ordinal) + 5;
            inodes.Add(ulong.Parse(line.AsSpan(at, line.IndexOf(' ', at) - at), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }

        return inodes;
    }

    /// <summary>Walks a tree, links not followed, and returns what is in it, the top with an empty name; directories before what is in them, names in the order of their bytes.</summary>
    public static List<TreeEntry> Walk(TempTree tree, string top)
    {
        List<TreeEntry> found = [];
        int fd = Libc.openat(Libc.AT_FDCWD, [.. tree.PathOf(Encoding.Latin1.GetBytes(top)), 0], Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (fd >= 0)
        {
            found.Add(new TreeEntry([], StatusOf(fd, "."u8)));
            Walk(fd, [], found);
        }

        return found;
    }

    private static void Walk(int fd, byte[] path, List<TreeEntry> found)
    {
        List<byte[]> names = [];
        byte[] buffer = new byte[32 * 1024];
        for (int size; (size = Libc.getdents64(fd, buffer)) > 0;)
        {
            DirectoryEntries entries = new(buffer.AsSpan(0, size));
            while (entries.MoveNext())
            {
                names.Add(entries.Name.ToArray());
            }
        }

        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        foreach (byte[] name in names)
        {
            statx status = StatusOf(fd, name);
            byte[] below = [.. path, (byte)'/', .. name];
            found.Add(new TreeEntry(below, status));
            if (status.Type == Libc.S_IFDIR)
            {
                int child = Libc.openat(fd, [.. name, 0], Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
                if (child >= 0)
                {
                    Walk(child, below, found);
                }
            }
        }

        _ = Libc.close(fd);
    }

    private static statx StatusOf(int dirfd, ReadOnlySpan<byte> name)
    {
        int result = Libc.statx(dirfd, [.. name, 0], Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out statx status);
        return result < 0 ? throw new IOException("statx: " + Errno.Name(result)) : status;
    }
}
