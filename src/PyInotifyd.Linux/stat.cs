using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Mask of the type.</summary>
    public const int S_IFMT = 0xF000;

    /// <summary>Regular file.</summary>
    public const int S_IFREG = 0x8000;

    /// <summary>Directory.</summary>
    public const int S_IFDIR = 0x4000;

    /// <summary>Symbolic link.</summary>
    public const int S_IFLNK = 0xA000;

    /// <summary>FIFO.</summary>
    public const int S_IFIFO = 0x1000;

    /// <summary>Socket.</summary>
    public const int S_IFSOCK = 0xC000;

    /// <summary>Character device.</summary>
    public const int S_IFCHR = 0x2000;

    /// <summary>Block device.</summary>
    public const int S_IFBLK = 0x6000;

    /// <summary>Type is wanted or valid.</summary>
    public const uint STATX_TYPE = 0x1;

    /// <summary>Mode.</summary>
    public const uint STATX_MODE = 0x2;

    /// <summary>Number of links.</summary>
    public const uint STATX_NLINK = 0x4;

    /// <summary>Owner.</summary>
    public const uint STATX_UID = 0x8;

    /// <summary>Group.</summary>
    public const uint STATX_GID = 0x10;

    /// <summary>Access time.</summary>
    public const uint STATX_ATIME = 0x20;

    /// <summary>Modification time.</summary>
    public const uint STATX_MTIME = 0x40;

    /// <summary>Change time.</summary>
    public const uint STATX_CTIME = 0x80;

    /// <summary>Inode number.</summary>
    public const uint STATX_INO = 0x100;

    /// <summary>Size.</summary>
    public const uint STATX_SIZE = 0x200;

    /// <summary>All that stat(2) has.</summary>
    public const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary>Birth time.</summary>
    public const uint STATX_BTIME = 0x800;

    /// <summary>What is cached is good enough.</summary>
    public const int AT_STATX_DONT_SYNC = 0x4000;

    /// <summary>Trigger no automount.</summary>
    public const int AT_NO_AUTOMOUNT = 0x800;

    /// <summary>Set user id on execution.</summary>
    public const int S_ISUID = 0x800;

    /// <summary>Set group id on execution.</summary>
    public const int S_ISGID = 0x400;

    /// <summary>What is mounted here is the root of a mount (statx attribute, Linux 5.8).</summary>
    public const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;

    /// <summary>Attribute: it cannot be changed, nor removed (chattr +i).</summary>
    public const ulong STATX_ATTR_IMMUTABLE = 0x10;

    /// <summary>Attribute: it can only grow (chattr +a).</summary>
    public const ulong STATX_ATTR_APPEND = 0x20;

    /// <summary>Number of 512-byte blocks.</summary>
    public const uint STATX_BLOCKS = 0x400;

    [LibraryImport(C, EntryPoint = "statx", SetLastError = true)]
    private static partial int native_statx(int dirfd, byte* path, int flags, uint mask, statx* buffer);

    [LibraryImport(C, EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int native_mkdirat(int dirfd, byte* path, uint mode);

    [LibraryImport(C, EntryPoint = "fchmod", SetLastError = true)]
    private static partial int native_fchmod(int fd, uint mode);

    [LibraryImport(C, EntryPoint = "fchmodat", SetLastError = true)]
    private static partial int native_fchmodat(int dirfd, byte* path, uint mode, int flags);

    [LibraryImport(C, EntryPoint = "utimensat", SetLastError = true)]
    private static partial int native_utimensat(int dirfd, byte* path, timespec* times, int flags);

    [LibraryImport(C, EntryPoint = "futimens", SetLastError = true)]
    private static partial int native_futimens(int fd, timespec* times);

    [LibraryImport(C, EntryPoint = "umask")]
    private static partial uint native_umask(uint mask);

    /// <summary>Describes a path below a directory; with AT_EMPTY_PATH and an empty path the descriptor itself.</summary>
    public static int statx(int dirfd, ReadOnlySpan<byte> path, int flags, uint mask, out statx buffer)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        fixed (statx* b = &buffer)
        {
            return Result(native_statx(dirfd, p, flags, mask, b));
        }
    }

    /// <summary>Describes what a descriptor is open on.</summary>
    public static int statx(int fd, uint mask, out statx buffer) => statx(fd, "\0"u8, AT_EMPTY_PATH, mask, out buffer);

    /// <summary>Makes a directory; the umask takes permissions away.</summary>
    public static int mkdirat(int dirfd, ReadOnlySpan<byte> path, uint mode)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        {
            return Result(native_mkdirat(dirfd, p, mode));
        }
    }

    /// <summary>Sets the mode of what a descriptor is open on.</summary>
    public static int fchmod(int fd, uint mode) => Result(native_fchmod(fd, mode));

    /// <summary>Sets the mode of a path below a directory; a symbolic link in the last component is followed.</summary>
    public static int fchmodat(int dirfd, ReadOnlySpan<byte> path, uint mode)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        {
            return Result(native_fchmodat(dirfd, p, mode, 0));
        }
    }

    /// <summary>Sets access and modification time of a path below a directory.</summary>
    public static int utimensat(int dirfd, ReadOnlySpan<byte> path, timespec access, timespec modification, int flags)
    {
        AssertTerminated(path);
        timespec* times = stackalloc timespec[2] { access, modification };
        fixed (byte* p = path)
        {
            return Result(native_utimensat(dirfd, p, times, flags));
        }
    }

    /// <summary>Sets access and modification time of what a descriptor is open on.</summary>
    public static int futimens(int fd, timespec access, timespec modification)
    {
        timespec* times = stackalloc timespec[2] { access, modification };
        return Result(native_futimens(fd, times));
    }

    /// <summary>Sets the mask of permissions that new files do not get and returns the one before.</summary>
    public static uint umask(uint mask) => native_umask(mask);
}

/// <summary>A time stamp of statx(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct statx_timestamp
{
    /// <summary>Seconds since the epoch.</summary>
    public long tv_sec;

    /// <summary>Nanoseconds.</summary>
    public uint tv_nsec;

    private int _reserved;

    /// <summary>The sum in nanoseconds since the epoch.</summary>
    public readonly long Nanoseconds => (tv_sec * 1_000_000_000L) + tv_nsec;
}

/// <summary>What statx(2) tells of a file; the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct statx
{
    /// <summary>Which fields are valid.</summary>
    public uint stx_mask;

    /// <summary>Best block size.</summary>
    public uint stx_blksize;

    /// <summary>Attributes such as immutable.</summary>
    public ulong stx_attributes;

    /// <summary>Number of hard links.</summary>
    public uint stx_nlink;

    /// <summary>Owner.</summary>
    public uint stx_uid;

    /// <summary>Group.</summary>
    public uint stx_gid;

    /// <summary>Type and mode.</summary>
    public ushort stx_mode;

    private ushort _spare0;

    /// <summary>Inode number.</summary>
    public ulong stx_ino;

    /// <summary>Size in bytes.</summary>
    public ulong stx_size;

    /// <summary>Blocks of 512 bytes.</summary>
    public ulong stx_blocks;

    /// <summary>Which attributes the file system knows.</summary>
    public ulong stx_attributes_mask;

    /// <summary>Access time.</summary>
    public statx_timestamp stx_atime;

    /// <summary>Birth time.</summary>
    public statx_timestamp stx_btime;

    /// <summary>Change time.</summary>
    public statx_timestamp stx_ctime;

    /// <summary>Modification time.</summary>
    public statx_timestamp stx_mtime;

    /// <summary>Major number of the device that a device file stands for.</summary>
    public uint stx_rdev_major;

    /// <summary>Minor number of the same.</summary>
    public uint stx_rdev_minor;

    /// <summary>Major number of the file system's device.</summary>
    public uint stx_dev_major;

    /// <summary>Minor number of the same.</summary>
    public uint stx_dev_minor;

    /// <summary>Type bits of the mode.</summary>
    public readonly int Type => stx_mode & Libc.S_IFMT;
}
