using System;
using System.Runtime.InteropServices;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Launch;

/// <summary>This program in its second role: it becomes the user, group and priority that a task runs with, and then the task's program.</summary>
/// <remarks>
/// <para>
/// posix_spawn can set none of these, and between fork and exec no managed code can run. So the daemon starts its own binary (kept open from the start, so that an upgrade does not matter), with a
/// <see cref="LaunchRecord"/> as descriptor 3. A start costs the runtime's own start once more, about 3 ms.
/// </para>
/// <para>
/// Order: niceness (lowering it may need root), groups, gid, uid, capabilities, no_new_privs, directory (entered as the user), program. After the identity has been set it is read back; any difference, and any
/// failure, ends the process before the program, with the step and errno in the record.
/// </para>
/// <para>
/// Tried and rejected: a thread of the daemon with credentials of its own, which needs no second program; such a thread may be signalled by the user it is, and a signal kills the whole daemon.
/// </para>
/// Threads: the first one, before anything else.   Source: credentials(7), setresuid(2), capabilities(7), execveat(2); "Setuid Demystified" (Chen, Wagner, Dean 2002) for verifying.
/// </remarks>
public static class Launcher
{
    private const string Request = "--launch-task";
    private const int RecordFd = 3;
    private const int FailureStatus = 126;
    private const int FirstSignal = 1;
    private const int LastSignal = 64;
    private const int TextBusyTries = 200;
    private const int TextBusyWaitMs = 10;

    private static byte[] s_path = [];

    /// <summary>Gets the path that executes this program again, ended by NUL; empty where it has not been found.</summary>
    internal static ReadOnlySpan<byte> Path => s_path;

    /// <summary>Launches a task if that is what this process was started for; otherwise remembers where the program is, so that it can be started for that.</summary>
    /// <param name="args">The arguments of Main.</param>
    /// <param name="exitStatus">What Main must return at once where the result is true.</param>
    /// <remarks>To be called first in Main. A program that does not call it cannot run tasks with user, group, nice or no_new_privs.</remarks>
    public static bool TryRun(string[] args, out int exitStatus)
    {
        ArgumentNullException.ThrowIfNull(args);
        exitStatus = FailureStatus;
        if (args.Length != 1 || args[0] != Request || Libc.fcntl(RecordFd, Libc.F_SETFD, Libc.FD_CLOEXEC) < 0)
        {
            FindProgram();
            return false;
        }

        (LaunchStep step, int result) = Launch();
        LaunchRecord.Report(RecordFd, step, -result);
        return true;
    }

    /// <summary>Returns the arguments of this program as a launcher, each ended by NUL.</summary>
    internal static ReadOnlySpan<byte> Arguments => "pyinotifyd\0--launch-task\0"u8;

    private static void FindProgram()
    {
        int fd = Libc.openat(Libc.AT_FDCWD, "/proc/self/exe\0"u8, Libc.O_PATH | Libc.O_CLOEXEC);
        if (fd >= 0)
        {
            // Kept open for good, and not at the number at which a launcher has its record.
            int kept = Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, RecordFd + 1);
            _ = Libc.close(fd);
            s_path = kept < 0 ? [] : DescriptorPath(kept);
            return;
        }

        // Without /proc, as in a bare chroot, by its name.
        byte[] path = ProgramImage.ExecutedPath();
        if (path.Length == 0 || path[0] == '/')
        {
            s_path = path.Length == 0 ? [] : [.. path, 0];
            return;
        }

        byte[] directory = new byte[4096];
        int length = Libc.getcwd(directory);
        s_path = length <= 0 ? [] : [.. directory.AsSpan(0, length), (byte)'/', .. path, 0];
    }

    private static byte[] DescriptorPath(int fd)
    {
        byte[] digits = new byte[11];
        System.Buffers.Text.Utf8Formatter.TryFormat(fd, digits, out int length);
        return [.. "/proc/self/fd/"u8, .. digits.AsSpan(0, length), 0];
    }

    private static (LaunchStep Step, int Result) Launch()
    {
        if (LaunchRecord.Read(RecordFd) is not { } record)
        {
            return (LaunchStep.Record, -Errno.EINVAL);
        }

        ReadOnlySpan<int> header = MemoryMarshal.Cast<byte, int>(record.AsSpan(0, LaunchRecord.HeaderBytes));
        ReadOnlySpan<uint> groups = MemoryMarshal.Cast<byte, uint>(record.AsSpan(LaunchRecord.HeaderBytes, header[8] * sizeof(uint)));
        ReadOnlySpan<byte> texts = record.AsSpan(LaunchRecord.HeaderBytes + (groups.Length * sizeof(uint)));
        ReadOnlySpan<byte> directory = texts[..header[9]];
        ReadOnlySpan<byte> path = texts.Slice(header[9], header[10]);
        ReadOnlySpan<byte> argv = texts[(header[9] + header[10])..];
        (int flags, uint uid, uint gid, int nice) = (header[4], (uint)header[5], (uint)header[6], header[7]);

        int result = nice == 0 ? 0 : AddNice(nice);
        if (result < 0)
        {
            return (LaunchStep.Nice, result);
        }

        if ((flags & LaunchRecord.SetsIdentity) != 0)
        {
            (LaunchStep step, result) = Become(uid, gid, groups);
            if (result < 0)
            {
                return (step, result);
            }
        }

        result = (flags & LaunchRecord.DropsCapabilities) == 0 ? 0 : DropCapabilities();
        if (result < 0)
        {
            return (LaunchStep.Capabilities, result);
        }

        if ((flags & LaunchRecord.SetsIdentity) != 0 && !Is(uid, gid, groups))
        {
            return (LaunchStep.Verification, -Errno.EPERM);
        }

        result = (flags & LaunchRecord.SetsNoNewPrivs) == 0 ? 0 : Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1);
        if (result < 0 || ((flags & LaunchRecord.SetsNoNewPrivs) != 0 && Libc.prctl(Libc.PR_GET_NO_NEW_PRIVS, 0) != 1))
        {
            return (LaunchStep.NoNewPrivs, result < 0 ? result : -Errno.EPERM);
        }

        result = Libc.chdir(directory);
        if (result < 0)
        {
            return (LaunchStep.Directory, result);
        }

        ResetSignals();
        LaunchRecord.Report(RecordFd, LaunchStep.Done, 0);
        return (LaunchStep.Program, Execute(argv, path, directory));
    }

    private static int AddNice(int nice)
    {
        int result = Libc.getpriority(Libc.PRIO_PROCESS, 0, out int now);
        return result < 0 ? result : Libc.setpriority(Libc.PRIO_PROCESS, 0, Math.Clamp(now + nice, -20, 19));
    }

    private static (LaunchStep Step, int Result) Become(uint uid, uint gid, ReadOnlySpan<uint> groups)
    {
        int result = Libc.setgroups(groups);
        if (result < 0)
        {
            return (LaunchStep.Groups, result);
        }

        result = Libc.setresgid(gid, gid, gid);
        return result < 0 ? (LaunchStep.Gid, result) : (LaunchStep.Uid, Libc.setresuid(uid, uid, uid));
    }

    private static bool Is(uint uid, uint gid, ReadOnlySpan<uint> groups)
    {
        if (Libc.getresuid(out uint real, out uint effective, out uint saved) < 0 || real != uid || effective != uid || saved != uid
            || Libc.getresgid(out real, out effective, out saved) < 0 || real != gid || effective != gid || saved != gid)
        {
            return false;
        }

        // The kernel sorts them.
        uint[] wanted = groups.ToArray();
        uint[] found = new uint[groups.Length + 1];
        int count = Libc.getgroups(found);
        Array.Sort(wanted);
        Array.Sort(found, 0, Math.Max(count, 0));
        return count == wanted.Length && found.AsSpan(0, count).SequenceEqual(wanted);
    }

    // From root to a user the kernel drops them, unless securebits say otherwise; those that a service manager made ambient stay.
    private static int DropCapabilities()
    {
        int result = Libc.prctl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL);
        if (result < 0 && result != -Errno.EINVAL)
        {
            return result;
        }

        Span<uint> sets = stackalloc uint[6];
        sets.Clear();
        result = Libc.capset(sets);
        if (result < 0)
        {
            return result;
        }

        result = Libc.capget(sets);
        return result < 0 ? result : sets.IndexOfAnyExcept(0u) >= 0 ? -Errno.EPERM : 0;
    }

    // The runtime has set some since the process was started with the default for all.
    private static void ResetSignals()
    {
        for (int signal = FirstSignal; signal <= LastSignal; signal++)
        {
            _ = Libc.default_signal(signal);
        }

        _ = Libc.unblock_signals();
    }

    private static int Execute(ReadOnlySpan<byte> argv, ReadOnlySpan<byte> path, ReadOnlySpan<byte> directory)
    {
        int length = argv.IndexOf((byte)0);
        if (argv[..length].Contains((byte)'/'))
        {
            return Execute(argv[..(length + 1)], argv);
        }

        ProgramPlaces places = new(path, directory, argv[..length]);
        int result = -Errno.ENOENT;
        while (places.Next(out ReadOnlySpan<byte> file))
        {
            int tried = Execute(file, argv);
            if (!ProgramPlaces.GoesOn(tried))
            {
                return tried;
            }

            result = tried == -Errno.EACCES ? tried : result;
        }

        return result;
    }

    // A program that is being copied into place is executable in a moment.
    private static int Execute(ReadOnlySpan<byte> file, ReadOnlySpan<byte> argv)
    {
        byte[] environment = ProcessEnvironment.Copy();
        int result = Libc.execve(file, argv, environment);
        for (int i = 0; i < TextBusyTries && result == -Errno.ETXTBSY; i++)
        {
            _ = Libc.poll([], TextBusyWaitMs);
            result = Libc.execve(file, argv, environment);
        }

        return result;
    }
}
