using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Finds out whether something is mounted inside a tree.</summary>
/// <remarks>Threads: any.   Source: statx(2) STATX_ATTR_MOUNT_ROOT (Linux 5.8); proc_pid_mountinfo(5).</remarks>
internal static class MountPoints
{
    /// <summary>Whether a directory is the root of another mount than the one that the tree lies on.</summary>
    public static bool IsRoot(in statx directory, in statx top) =>
        (directory.stx_attributes & Libc.STATX_ATTR_MOUNT_ROOT) != 0 || directory.stx_dev_major != top.stx_dev_major || directory.stx_dev_minor != top.stx_dev_minor;

    /// <summary>Returns a mount point inside the tree of an open directory; null where there is none, or where /proc does not tell.</summary>
    public static string? FindInside(int directory)
    {
        Span<byte> link = stackalloc byte[32];
        byte[] path = new byte[4096];
        int length = Libc.readlinkat(Libc.AT_FDCWD, DescriptorPath.Format(directory, link), path);
        if (length <= 0 || length == path.Length)
        {
            return null;
        }

        string prefix = Paths.SurrogateEscape.Decode(path.AsSpan(0, length)) + "/";
        foreach (string mount in MountTable.All())
        {
            if (mount.StartsWith(prefix, StringComparison.Ordinal))
            {
                return mount;
            }
        }

        return null;
    }
}
