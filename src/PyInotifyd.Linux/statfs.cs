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

    /// <summary>NFS.</summary>
    public const long NFS_SUPER_MAGIC = 0x6969;

    /// <summary>SMB, the old client.</summary>
    public const long SMB_SUPER_MAGIC = 0x517B;

    /// <summary>CIFS.</summary>
    public const long CIFS_SUPER_MAGIC = 0xFF534D42;

    /// <summary>SMB 2 and later.</summary>
    public const long SMB2_SUPER_MAGIC = 0xFE534D42;

    /// <summary>FUSE: sshfs, s3fs, glusterfs, bindfs and so on.</summary>
    public const long FUSE_SUPER_MAGIC = 0x65735546;

    /// <summary>9p: folders that a virtual machine shares with its host.</summary>
    public const long V9FS_MAGIC = 0x01021997;

    /// <summary>Ceph.</summary>
    public const long CEPH_SUPER_MAGIC = 0x00c36400;

    /// <summary>OpenAFS.</summary>
    public const long AFS_SUPER_MAGIC = 0x5346414F;

    /// <summary>The kernel's own AFS.</summary>
    public const long AFS_FS_MAGIC = 0x6B414653;

    /// <summary>Coda.</summary>
    public const long CODA_SUPER_MAGIC = 0x73757245;

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
