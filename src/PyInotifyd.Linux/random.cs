using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Fail with EAGAIN instead of waiting until the kernel has gathered enough.</summary>
    public const int GRND_NONBLOCK = 1;

    [LibraryImport(C, EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint native_getrandom(byte* buffer, nuint size, uint flags);

    /// <summary>Fills a buffer with random bytes and returns how many; needs no /dev/urandom.</summary>
    public static int getrandom(Span<byte> buffer, int flags)
    {
        fixed (byte* p = buffer)
        {
            return (int)Result(native_getrandom(p, (nuint)buffer.Length, (uint)flags));
        }
    }
}
