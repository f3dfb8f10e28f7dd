using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Mark instead of closing (Linux 5.11).</summary>
    public const int CLOSE_RANGE_CLOEXEC = 4;

    /// <summary>lseek: the next place that holds data.</summary>
    public const int SEEK_DATA = 3;

    /// <summary>lseek: the next hole; the end of the file counts as one.</summary>
    public const int SEEK_HOLE = 4;

    /// <summary>lseek: from the start.</summary>
    public const int SEEK_SET = 0;

    /// <summary>faccessat: may it be read?</summary>
    public const int R_OK = 4;

    /// <summary>faccessat: may it be written?</summary>
    public const int W_OK = 2;

    /// <summary>faccessat: may it be executed, or searched?</summary>
    public const int X_OK = 1;

    /// <summary>faccessat: ask for the effective user, not the real one.</summary>
    public const int AT_EACCESS = 0x200;

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

    [LibraryImport(C, EntryPoint = "faccessat", SetLastError = true)]
    private static partial int native_faccessat(int dirfd, byte* path, int mode, int flags);

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

    [LibraryImport(C, EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int native_unlinkat(int dirfd, byte* path, int flags);

    [LibraryImport(C, EntryPoint = "linkat", SetLastError = true)]
    private static partial int native_linkat(int fromdir, byte* from, int todir, byte* to, int flags);

    [LibraryImport(C, EntryPoint = "symlinkat", SetLastError = true)]
    private static partial int native_symlinkat(byte* target, int dirfd, byte* path);

    [LibraryImport(C, EntryPoint = "fchown", SetLastError = true)]
    private static partial int native_fchown(int fd, uint uid, uint gid);

    [LibraryImport(C, EntryPoint = "fchownat", SetLastError = true)]
    private static partial int native_fchownat(int dirfd, byte* path, uint uid, uint gid, int flags);

    [LibraryImport(C, EntryPoint = "fsync", SetLastError = true)]
    private static partial int native_fsync(int fd);

    [LibraryImport(C, EntryPoint = "syncfs", SetLastError = true)]
    private static partial int native_syncfs(int fd);

    [LibraryImport(C, EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int native_ftruncate(int fd, long length);

    [LibraryImport(C, EntryPoint = "pread", SetLastError = true)]
    private static partial nint native_pread(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(C, EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint native_pwrite(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport(C, EntryPoint = "copy_file_range", SetLastError = true)]
    private static partial nint native_copy_file_range(int from, long* fromOffset, int to, long* toOffset, nuint count, uint flags);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    private static partial long native_syscall(long number, long a, long b, long c);

    [LibraryImport(C, EntryPoint = "syscall", SetLastError = true)]
    private static partial long native_syscall4(long number, long a, long b, long c, long d);

    [LibraryImport(C, EntryPoint = "execve", SetLastError = true)]
    private static partial int native_execve(byte* path, byte** argv, byte** envp);

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

    /// <summary>Says whether a path in a directory may be used in a way; 0 where it may.</summary>
    public static int faccessat(int dirfd, ReadOnlySpan<byte> path, int mode, int flags)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        {
            return Result(native_faccessat(dirfd, p, mode, flags));
        }
    }

    /// <summary>Removes a name, or with AT_REMOVEDIR an empty directory.</summary>
    public static int unlinkat(int dirfd, ReadOnlySpan<byte> path, int flags)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        {
            return Result(native_unlinkat(dirfd, p, flags));
        }
    }

    /// <summary>Makes another name for a file; with AT_EMPTY_PATH and an empty path for what <paramref name="fromdir"/> is open on.</summary>
    public static int linkat(int fromdir, ReadOnlySpan<byte> from, int todir, ReadOnlySpan<byte> to, int flags)
    {
        AssertTerminated(from);
        AssertTerminated(to);
        fixed (byte* f = from)
        fixed (byte* t = to)
        {
            return Result(native_linkat(fromdir, f, todir, t, flags));
        }
    }

    /// <summary>Makes a symbolic link that holds <paramref name="target"/>.</summary>
    public static int symlinkat(ReadOnlySpan<byte> target, int dirfd, ReadOnlySpan<byte> path)
    {
        AssertTerminated(target);
        AssertTerminated(path);
        fixed (byte* t = target)
        fixed (byte* p = path)
        {
            return Result(native_symlinkat(t, dirfd, p));
        }
    }

    /// <summary>Sets owner and group of what a descriptor is open on; <see cref="uint.MaxValue"/> leaves one as it is.</summary>
    public static int fchown(int fd, uint uid, uint gid) => Result(native_fchown(fd, uid, gid));

    /// <summary>Sets owner and group of a path below a directory; <see cref="uint.MaxValue"/> leaves one as it is.</summary>
    public static int fchownat(int dirfd, ReadOnlySpan<byte> path, uint uid, uint gid, int flags)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        {
            return Result(native_fchownat(dirfd, p, uid, gid, flags));
        }
    }

    /// <summary>Waits until a file and what describes it are on the device.</summary>
    public static int fsync(int fd) => Result(native_fsync(fd));

    /// <summary>Waits until the whole file system that a descriptor lies on is on the device.</summary>
    public static int syncfs(int fd) => Result(native_syncfs(fd));

    /// <summary>Sets the size of a file.</summary>
    public static int ftruncate(int fd, long length) => Result(native_ftruncate(fd, length));

    /// <summary>Reads at most the span's length from a place in a file; 0 is the end.</summary>
    public static int pread(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
        {
            return (int)Result((long)native_pread(fd, p, (nuint)buffer.Length, offset));
        }
    }

    /// <summary>Writes at most the span's length to a place in a file and returns how much was written.</summary>
    public static int pwrite(int fd, ReadOnlySpan<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
        {
            return (int)Result((long)native_pwrite(fd, p, (nuint)buffer.Length, offset));
        }
    }

    /// <summary>Copies inside the kernel from one file's place to another's and returns how much; 0 is the end of the first.</summary>
    /// <remarks>Errors: EXDEV across file systems before Linux 5.3 and between some since; EINVAL, EOPNOTSUPP where a file system has it not.</remarks>
    public static long copy_file_range(int from, long fromOffset, int to, long toOffset, long count) =>
        Result((long)native_copy_file_range(from, &fromOffset, to, &toOffset, (nuint)count, 0));

    /// <summary>Becomes another program; comes back only with minus errno.</summary>
    /// <param name="path">The program, ended by NUL.</param>
    /// <param name="argv">Its arguments with its name, each ended by NUL.</param>
    /// <param name="envp">Its environment as <c>NAME=VALUE</c>, each ended by NUL.</param>
    public static int execve(ReadOnlySpan<byte> path, ReadOnlySpan<byte> argv, ReadOnlySpan<byte> envp)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        fixed (byte* a = argv)
        fixed (byte* e = envp)
        {
            byte** arguments = Pointers(a, argv);
            byte** variables = Pointers(e, envp);
            int result = Result(native_execve(p, arguments, variables));
            NativeMemory.Free(arguments);
            NativeMemory.Free(variables);
            return result;
        }
    }

    private static byte** Pointers(byte* first, ReadOnlySpan<byte> strings)
    {
        byte** pointers = (byte**)NativeMemory.Alloc((nuint)(strings.Count((byte)0) + 1), (nuint)sizeof(byte*));
        byte** next = pointers;
        for (int at = 0; at < strings.Length; at += strings[at..].IndexOf((byte)0) + 1)
        {
            *next++ = first + at;
        }

        *next = null;
        return pointers;
    }

    /// <summary>Ends the process at once, without running anything of the runtime.</summary>
    public static void _exit(int status) => native_exit(status);
}
