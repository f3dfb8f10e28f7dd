using System;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Names of signals, the same numbers on x86-64 and arm64.</summary>
public static class SignalName
{
    private static readonly string[] s_names =
    [
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE",
        "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM",
        "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>Returns a name such as <c>SIGTERM</c>; the number itself where there is none, as for real-time signals.</summary>
    public static string Of(int signal) => (uint)signal < (uint)s_names.Length ? s_names[signal] : signal.ToString();
}
