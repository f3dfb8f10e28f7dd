using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Hang-up: reload.</summary>
    public const int SIGHUP = 1;

    /// <summary>Interrupt.</summary>
    public const int SIGINT = 2;

    /// <summary>Quit.</summary>
    public const int SIGQUIT = 3;

    /// <summary>Kill.</summary>
    public const int SIGKILL = 9;

    /// <summary>First signal of the user.</summary>
    public const int SIGUSR1 = 10;

    /// <summary>Broken pipe.</summary>
    public const int SIGPIPE = 13;

    /// <summary>Alarm.</summary>
    public const int SIGALRM = 14;

    /// <summary>Terminate.</summary>
    public const int SIGTERM = 15;

    /// <summary>A child has changed.</summary>
    public const int SIGCHLD = 17;

    /// <summary>Go on.</summary>
    public const int SIGCONT = 18;

    /// <summary>Stop.</summary>
    public const int SIGSTOP = 19;

    /// <summary>A descriptor is ready, a lease is broken.</summary>
    public const int SIGIO = 29;

    /// <summary>Replaces the mask of signals.</summary>
    public const int SIG_SETMASK = 2;

    [LibraryImport(C, EntryPoint = "pthread_sigmask")]
    private static partial int native_pthread_sigmask(int how, sigset_t* set, sigset_t* old);

    [LibraryImport(C, EntryPoint = "signal", SetLastError = true)]
    private static partial nint native_signal(int signum, nint handler);

    [LibraryImport(C, EntryPoint = "kill", SetLastError = true)]
    private static partial int native_kill(int pid, int signal);

    [LibraryImport(C, EntryPoint = "sigaction", SetLastError = true)]
    private static partial int native_sigaction(int signum, sigaction_t* action, sigaction_t* old);

    /// <summary>Says whether a signal is ignored: 1, 0, or minus errno.</summary>
    public static int is_ignored_signal(int signum)
    {
        sigaction_t old;
        int result = Result(native_sigaction(signum, null, &old));
        return result < 0 ? result : old.sa_handler == 1 ? 1 : 0;
    }

    /// <summary>Has a signal do what it does by default from now on.</summary>
    public static int default_signal(int signum) => native_signal(signum, 0) == -1 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Has a signal ignored from now on.</summary>
    public static int ignore_signal(int signum) => native_signal(signum, 1) == -1 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Has the calling thread, and those that it makes from now on, block no signal.</summary>
    public static int unblock_signals()
    {
        sigset_t none = default;
        return -native_pthread_sigmask(SIG_SETMASK, &none, null);
    }

    /// <summary>Sends a signal to a process, or with a negative id to a process group.</summary>
    public static int kill(int pid, int signal) => Result(native_kill(pid, signal));
}

/// <summary>What a signal does, as the C library has it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 152)]
public struct sigaction_t
{
    /// <summary>0: the default; 1: ignored; else the address of the handler.</summary>
    [FieldOffset(0)]
    public nint sa_handler;
}
