using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Mark instead of closing (Linux 5.11).</summary>
    public const int CLOSE_RANGE_CLOEXEC = 4;

    /// <summary>Number of close_range.</summary>
    public const int SYS_close_range = 436;

    [LibraryImport(C, EntryPoint = "close", SetLastError = true)]
    private static partial int native_close(int fd);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    private static partial nint native_read(int fd, byte* buffer, nuint count);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    private static partial nint native_write(int fd, byte* buffer, nuint count);

    [LibraryImport(C, EntryPoint = "lseek", SetLastError = true)]
    private static partial long native_lseek(int fd, long offset, int whence);

    [LibraryImport(C, EntryPoint = "pipe2", SetLastError = true)]
    private static partial int native_pipe2(int* fds, int flags);

    [LibraryImport(C, EntryPoint = "dup3", SetLastError = true)]
    private static partial int native_dup3(int from, int to, int flags);

    [LibraryImport(C, EntryPoint = "getpid")]
    private static partial int native_getpid();

    [LibraryImport(C, EntryPoint = "geteuid")]
    private static partial uint native_geteuid();

    [LibraryImport(C, EntryPoint = "getegid")]
    private static partial uint native_getegid();

    [LibraryImport(C, EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint native_readlinkat(int dirfd, byte* path, byte* buffer, nuint size);

    [LibraryImport(C, EntryPoint = "getcwd", SetLastError = true)]
    private static partial byte* native_getcwd(byte* buffer, nuint size);

    [LibraryImport(C, EntryPoint = "chdir", SetLastError = true)]
    private static partial int native_chdir(byte* path);

    [LibraryImport(C, EntryPoint = "fchdir", SetLastError = true)]
    private static partial int native_fchdir(int fd);

    [LibraryImport(C, EntryPoint = "isatty", SetLastError = true)]
    private static partial int native_isatty(int fd);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    private static partial long native_syscall(long number, long a, long b, long c);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    private static partial long native_syscall4(long number, long a, long b, long c, long d);

    [LibraryImport(C, EntryPoint = "_exit")]
    private static partial void native_exit(int status);

    /// <summary>Closes a descriptor; it is closed whatever the result, EINTR included.</summary>
    public static int close(int fd) => Result(native_close(fd));

    /// <summary>Reads at most the span's length; 0 is the end.</summary>
    public static int read(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            return (int)Result((long)native_read(fd, p, (nuint)buffer.Length));
        }
    }

    /// <summary>Writes at most the span's length and returns how much was written.</summary>
    public static int write(int fd, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            return (int)Result((long)native_write(fd, p, (nuint)buffer.Length));
        }
    }

    /// <summary>Moves to a place in a file, counted from its start for SEEK_SET (0), and returns it.</summary>
    public static long lseek(int fd, long offset, int whence) => Result(native_lseek(fd, offset, whence));

    /// <summary>Makes a pipe.</summary>
    public static int pipe2(out int readEnd, out int writeEnd, int flags)
    {
        int* fds = stackalloc int[2];
        int result = Result(native_pipe2(fds, flags));
        readEnd = result < 0 ? -1 : fds[0];
        writeEnd = result < 0 ? -1 : fds[1];
        return result;
    }

    /// <summary>Makes <paramref name="to"/> refer to what <paramref name="from"/> refers to.</summary>
    public static int dup3(int from, int to, int flags) => Result(native_dup3(from, to, flags));

    /// <summary>Returns the process id.</summary>
    public static int getpid() => native_getpid();

    /// <summary>Returns the effective user id.</summary>
    public static uint geteuid() => native_geteuid();

    /// <summary>Returns the effective group id.</summary>
    public static uint getegid() => native_getegid();

    /// <summary>Reads what a symbolic link holds and returns its length; a full buffer may mean that it was cut.</summary>
    public static int readlinkat(int dirfd, ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        fixed (byte* b = buffer)
        {
            return (int)Result((long)native_readlinkat(dirfd, p, b, (nuint)buffer.Length));
        }
    }

    /// <summary>Writes the current directory and a NUL into the span and returns the length without the NUL.</summary>
    public static int getcwd(Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            return native_getcwd(p, (nuint)buffer.Length) == null ? -Marshal.GetLastPInvokeError() : buffer.IndexOf((byte)0);
        }
    }

    /// <summary>Changes the current directory of the whole process.</summary>
    public static int chdir(ReadOnlySpan<byte> path)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        {
            return Result(native_chdir(p));
        }
    }

    /// <summary>Changes the current directory of the whole process to the one that a descriptor is open on.</summary>
    public static int fchdir(int fd) => Result(native_fchdir(fd));

    /// <summary>Says whether a descriptor is a terminal.</summary>
    public static bool isatty(int fd) => native_isatty(fd) == 1;

    /// <summary>Closes or marks all descriptors from <paramref name="first"/> to <paramref name="last"/>; ENOSYS before Linux 5.9, EINVAL for the mark before 5.11.</summary>
    public static int close_range(uint first, uint last, int flags) => (int)Result(native_syscall(SYS_close_range, first, last, flags));

    /// <summary>Ends the process at once, without running anything of the runtime.</summary>
    public static void _exit(int status) => native_exit(status);
}
