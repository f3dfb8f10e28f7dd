using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Close on exec, for memfd_create.</summary>
    public const int MFD_CLOEXEC = 1;

    [LibraryImport(C, EntryPoint = "memfd_create", SetLastError = true)]
    private static partial int native_memfd_create(byte* name, uint flags);

    /// <summary>Makes a file that lies in memory and in no directory (Linux 3.17); the name is for /proc only.</summary>
    public static int memfd_create(ReadOnlySpan<byte> name, uint flags)
    {
        AssertTerminated(name);
        fixed (byte* p = name)
        {
            return Result(native_memfd_create(p, flags));
        }
    }
}
