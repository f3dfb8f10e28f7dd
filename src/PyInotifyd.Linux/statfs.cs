using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>ext2, ext3 and ext4.</summary>
    public const long EXT4_SUPER_MAGIC = 0xEF53;

    /// <summary>XFS.</summary>
    public const long XFS_SUPER_MAGIC = 0x58465342;

    /// <summary>tmpfs.</summary>
    public const long TMPFS_MAGIC = 0x01021994;

    [LibraryImport(C, EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int native_fstatfs(int fd, statfs* buffer);

    /// <summary>Describes the file system that a descriptor lies on.</summary>
    public static int fstatfs(int fd, out statfs buffer)
    {
        fixed (statfs* p = &buffer)
        {
            return Result(native_fstatfs(fd, p));
        }
    }
}

/// <summary>What statfs(2) tells of a file system, as far as it is of use here.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
public struct statfs
{
    /// <summary>Kind of file system, one of the _MAGIC constants.</summary>
    public long f_type;
}
