using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Highest descriptor plus one.</summary>
    public const int RLIMIT_NOFILE = 7;

    /// <summary>Processes and threads of a user.</summary>
    public const int RLIMIT_NPROC = 6;

    /// <summary>A process, for priorities.</summary>
    public const int PRIO_PROCESS = 0;

    [LibraryImport(C, EntryPoint = "getpriority", SetLastError = true)]
    private static partial int native_getpriority(int which, uint who);

    [LibraryImport(C, EntryPoint = "setpriority", SetLastError = true)]
    private static partial int native_setpriority(int which, uint who, int priority);

    [LibraryImport(C, EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int native_getrlimit(int resource, rlimit* limit);

    [LibraryImport(C, EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int native_setrlimit(int resource, rlimit* limit);

    /// <summary>Reads a limit of this process.</summary>
    public static int getrlimit(int resource, out rlimit limit)
    {
        fixed (rlimit* p = &limit)
        {
            return Result(native_getrlimit(resource, p));
        }
    }

    /// <summary>Tells a niceness, -20 to 19; 0 for <paramref name="who"/> is the caller.</summary>
    public static int getpriority(int which, uint who, out int priority)
    {
        // -1 is a niceness as well; the last error is cleared before the call.
        priority = native_getpriority(which, who);
        return priority == -1 ? -Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Sets a niceness; beyond -20 to 19 it is the nearest.</summary>
    /// <remarks>Errors: EACCES below what RLIMIT_NICE allows, without CAP_SYS_NICE.</remarks>
    public static int setpriority(int which, uint who, int priority) => Result(native_setpriority(which, who, priority));

    /// <summary>Sets a limit of this process.</summary>
    public static int setrlimit(int resource, in rlimit limit)
    {
        fixed (rlimit* p = &limit)
        {
            return Result(native_setrlimit(resource, p));
        }
    }
}

/// <summary>A soft and a hard limit.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct rlimit
{
    /// <summary>What is in force.</summary>
    public ulong rlim_cur;

    /// <summary>How far it may be raised.</summary>
    public ulong rlim_max;
}
