using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Wait for a process id.</summary>
    public const int P_PID = 1;

    /// <summary>Wait for a pidfd (Linux 5.4).</summary>
    public const int P_PIDFD = 3;

    /// <summary>Do not wait.</summary>
    public const int WNOHANG = 1;

    /// <summary>Children that have ended.</summary>
    public const int WEXITED = 4;

    /// <summary>Ended by exit.</summary>
    public const int CLD_EXITED = 1;

    /// <summary>Ended by a signal.</summary>
    public const int CLD_KILLED = 2;

    /// <summary>Ended by a signal, with a core dump.</summary>
    public const int CLD_DUMPED = 3;

    /// <summary>Number of pidfd_open.</summary>
    public const int SYS_pidfd_open = 434;

    /// <summary>Number of pidfd_send_signal.</summary>
    public const int SYS_pidfd_send_signal = 424;

    [LibraryImport(C, EntryPoint = "waitid", SetLastError = true)]
    private static partial int native_waitid(int idtype, uint id, siginfo_t* info, int options);

    /// <summary>Returns a descriptor of a process that becomes readable when it ends (Linux 5.3); it is close-on-exec.</summary>
    public static int pidfd_open(int pid, uint flags) => (int)Result(native_syscall(SYS_pidfd_open, pid, flags, 0));

    /// <summary>Sends a signal to the process of a descriptor, never to another one that got its id.</summary>
    public static int pidfd_send_signal(int pidfd, int signal) => (int)Result(native_syscall4(SYS_pidfd_send_signal, pidfd, signal, 0, 0));

    /// <summary>Reaps a child and tells how it ended.</summary>
    public static int waitid(int idtype, uint id, out siginfo_t info, int options)
    {
        fixed (siginfo_t* p = &info)
        {
            return Result(native_waitid(idtype, id, p, options));
        }
    }
}

/// <summary>What waitid(2) tells of a child.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct siginfo_t
{
    /// <summary>SIGCHLD, or 0 where no child had changed.</summary>
    [FieldOffset(0)]
    public int si_signo;

    /// <summary>One of the CLD_ constants.</summary>
    [FieldOffset(8)]
    public int si_code;

    /// <summary>The child.</summary>
    [FieldOffset(16)]
    public int si_pid;

    /// <summary>Its exit status, or the signal that ended it.</summary>
    [FieldOffset(24)]
    public int si_status;
}
