using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Says why a program could not be started, and what to do about it.</summary>
internal static class StartFailure
{
    /// <summary>Returns whether the machine, not the program, stood in the way, so that a later try may succeed.</summary>
    public static bool IsTemporary(int errno) => Math.Abs(errno) is Errno.EAGAIN or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE;

    /// <summary>Returns the text for a limit of the machine: which one, its value, how to raise it.</summary>
    public static string LimitText(int errno) => Math.Abs(errno) switch
    {
        Errno.EMFILE => "EMFILE too many open files in this process" + KernelLimit.OpenFiles() + "; raise LimitNOFILE (ulimit -n) or lower max_concurrency",
        Errno.ENFILE => "ENFILE too many open files in the system" + KernelLimit.AllFiles() + "; raise the sysctl fs.file-max",
        Errno.ENOMEM => "ENOMEM out of memory; free memory or raise the memory limit of the service",
        _ => "EAGAIN too many processes" + KernelLimit.Processes() + "; raise TasksMax, LimitNPROC (ulimit -u) or the sysctl kernel.pid_max, or lower max_concurrency",
    };

    /// <summary>Returns the text for a program that cannot be started.</summary>
    /// <param name="errno">What the start ended with.</param>
    /// <param name="program">Name of the program as configured, without NUL.</param>
    /// <param name="directory">Current directory that the process should get, ended by NUL.</param>
    /// <param name="search">PATH that was searched; empty where the name has a slash.</param>
    public static string Text(int errno, ReadOnlySpan<byte> program, ReadOnlySpan<byte> directory, ReadOnlySpan<byte> search)
    {
        string start = "cannot start " + SurrogateEscape.Decode(program) + ": ";

        // The child's change of directory fails with the same numbers as its execve.
        int fd = Libc.openat(Libc.AT_FDCWD, directory, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (fd >= 0)
        {
            _ = Libc.close(fd);
        }
        else if (Math.Abs(fd) == Math.Abs(errno))
        {
            return start + Words(fd) + " for its directory " + SurrogateEscape.Decode(directory[..^1]) + "; check cwd";
        }

        return start + Words(errno) + "; " + Remedy(errno, program, search);
    }

    private static string Words(int errno) => Errno.Name(errno) + " " + Errno.Text(errno);

    /// <summary>Returns what to do about a program that cannot be executed.</summary>
    public static string Remedy(int errno, ReadOnlySpan<byte> program, ReadOnlySpan<byte> search)
    {
        switch (Math.Abs(errno))
        {
            case Errno.ENOENT when !search.IsEmpty:
                return "it is in no directory of PATH=" + SurrogateEscape.Decode(search) + ": check the name, or write the whole path";
            case Errno.ENOENT when Exists(program):
                return "the file is there, so check that the interpreter in its first line (#!) or its dynamic loader is there too";
            case Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.ENAMETOOLONG:
                return "check that the file is there";
            case Errno.EACCES:
                return "check that it is a file with permission to execute (chmod +x), on a file system that is not mounted noexec, in directories that the daemon's user may enter";
            case Errno.ENOEXEC:
                return "check that it is a program for this machine; a script needs a first line such as #!/bin/sh";
            case Errno.E2BIG:
                return "arguments and environment are too long: 131071 bytes at most for one, a quarter of the stack limit (ulimit -s) for all";
            case Errno.ETXTBSY:
                return "somebody has had it open for writing for seconds: let the copy end, and replace programs by rename";
            default:
                return "check the program and the permissions of the daemon's user";
        }
    }

    private static bool Exists(ReadOnlySpan<byte> program)
    {
        byte[] path = new byte[program.Length + 1];
        program.CopyTo(path);
        return Libc.statx(Libc.AT_FDCWD, path, 0, Libc.STATX_TYPE, out _) == 0;
    }
}
