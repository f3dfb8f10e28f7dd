using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    [LibraryImport(C, EntryPoint = "setgroups", SetLastError = true)]
    private static partial int native_setgroups(nuint count, uint* groups);

    /// <summary>Sets the supplementary groups of all threads.</summary>
    /// <remarks>Errors: EPERM without CAP_SETGID, or where a user namespace forbids it; EINVAL above 65,536 groups.</remarks>
    public static int setgroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* p = groups)
        {
            return Result(native_setgroups((nuint)groups.Length, p));
        }
    }
}
