using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Close on exec.</summary>
    public const int EFD_CLOEXEC = 0x80000;

    /// <summary>Non-blocking.</summary>
    public const int EFD_NONBLOCK = 0x800;

    [LibraryImport(C, EntryPoint = "eventfd", SetLastError = true)]
    private static partial int native_eventfd(uint initval, int flags);

    /// <summary>Returns a descriptor that holds a counter: written to add, read to take.</summary>
    public static int eventfd(uint initval, int flags) => Result(native_eventfd(initval, flags));
}
