using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Open for reading.</summary>
    public const int O_RDONLY = 0;

    /// <summary>Open for writing.</summary>
    public const int O_WRONLY = 1;

    /// <summary>Open for both.</summary>
    public const int O_RDWR = 2;

    /// <summary>Create what is absent.</summary>
    public const int O_CREAT = 0x40;

    /// <summary>Fail if it exists.</summary>
    public const int O_EXCL = 0x80;

    /// <summary>Never become the controlling terminal.</summary>
    public const int O_NOCTTY = 0x100;

    /// <summary>Empty it.</summary>
    public const int O_TRUNC = 0x200;

    /// <summary>Write at the end.</summary>
    public const int O_APPEND = 0x400;

    /// <summary>Never block.</summary>
    public const int O_NONBLOCK = 0x800;

    /// <summary>Close on exec.</summary>
    public const int O_CLOEXEC = 0x80000;

    /// <summary>Only a handle of the place: no access, no event.</summary>
    public const int O_PATH = 0x200000;

    /// <summary>Leave the access time alone.</summary>
    public const int O_NOATIME = 0x40000;

    /// <summary>Read the descriptor flags.</summary>
    public const int F_GETFD = 1;

    /// <summary>Set the descriptor flags.</summary>
    public const int F_SETFD = 2;

    /// <summary>Read the status flags.</summary>
    public const int F_GETFL = 3;

    /// <summary>Set the status flags.</summary>
    public const int F_SETFL = 4;

    /// <summary>Duplicate to the lowest descriptor not below the argument.</summary>
    public const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>Close on exec, as a descriptor flag.</summary>
    public const int FD_CLOEXEC = 1;

    /// <summary>Take or give back a lease.</summary>
    public const int F_SETLEASE = 1024;

    /// <summary>A read lease or lock.</summary>
    public const int F_RDLCK = 0;

    /// <summary>None.</summary>
    public const int F_UNLCK = 2;

    /// <summary>A write lease or lock.</summary>
    public const int F_WRLCK = 1;

    /// <summary>Do not follow a link in the last component.</summary>
    public const int AT_SYMLINK_NOFOLLOW = 0x100;

    /// <summary>unlinkat removes a directory.</summary>
    public const int AT_REMOVEDIR = 0x200;

    /// <summary>linkat follows a link.</summary>
    public const int AT_SYMLINK_FOLLOW = 0x400;

    /// <summary>An empty path names the descriptor itself.</summary>
    public const int AT_EMPTY_PATH = 0x1000;

    /// <summary>Shared flock.</summary>
    public const int LOCK_SH = 1;

    /// <summary>Exclusive flock.</summary>
    public const int LOCK_EX = 2;

    /// <summary>Do not wait for the flock.</summary>
    public const int LOCK_NB = 4;

    /// <summary>Release the flock.</summary>
    public const int LOCK_UN = 8;

    /// <summary>Number of openat2 (Linux 5.6).</summary>
    public const int SYS_openat2 = 437;

    /// <summary>openat2: no symbolic link in any component.</summary>
    public const ulong RESOLVE_NO_SYMLINKS = 0x04;

    /// <summary>openat2: no magic link of /proc.</summary>
    public const ulong RESOLVE_NO_MAGICLINKS = 0x02;

    /// <summary>openat2: never above the directory given.</summary>
    public const ulong RESOLVE_BENEATH = 0x08;

    /// <summary>openat2: never across a mount point.</summary>
    public const ulong RESOLVE_NO_XDEV = 0x01;

    /// <summary>Fail unless it is a directory.</summary>
    public static int O_DIRECTORY => s_arm64 ? 0x4000 : 0x10000;

    /// <summary>Fail with ELOOP where the last component is a symbolic link.</summary>
    public static int O_NOFOLLOW => s_arm64 ? 0x8000 : 0x20000;

    /// <summary>An unnamed file in the directory given.</summary>
    public static int O_TMPFILE => s_arm64 ? 0x404000 : 0x410000;

    [LibraryImport(C, EntryPoint = "openat", SetLastError = true)]
    private static partial int native_openat(int dirfd, byte* path, int flags, uint mode);

    [LibraryImport(C, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int native_fcntl(int fd, int cmd, long arg);

    [LibraryImport(C, EntryPoint = "flock", SetLastError = true)]
    private static partial int native_flock(int fd, int operation);

    /// <summary>Opens a path below a directory and returns the descriptor.</summary>
    public static int openat(int dirfd, ReadOnlySpan<byte> path, int flags, uint mode = 0)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        {
            return Result(native_openat(dirfd, p, flags, mode));
        }
    }

    /// <summary>Opens a path below a directory under the rules of <c>how.resolve</c>; ENOSYS before Linux 5.6, EPERM where a container forbids it.</summary>
    public static int openat2(int dirfd, ReadOnlySpan<byte> path, in open_how how)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        fixed (open_how* h = &how)
        {
            return (int)Result(native_syscall4(SYS_openat2, dirfd, (long)p, (long)h, sizeof(open_how)));
        }
    }

    /// <summary>Does what <paramref name="cmd"/> says with a descriptor.</summary>
    public static int fcntl(int fd, int cmd, long arg = 0) => Result(native_fcntl(fd, cmd, arg));

    /// <summary>Takes or releases the lock of an open file description.</summary>
    public static int flock(int fd, int operation) => Result(native_flock(fd, operation));
}

/// <summary>How openat2(2) opens.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct open_how
{
    /// <summary>The O_ flags.</summary>
    public ulong flags;

    /// <summary>Mode of what is created, else 0.</summary>
    public ulong mode;

    /// <summary>The RESOLVE_ flags.</summary>
    public ulong resolve;
}
