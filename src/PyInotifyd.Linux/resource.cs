using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Highest descriptor plus one.</summary>
    public const int RLIMIT_NOFILE = 7;

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
