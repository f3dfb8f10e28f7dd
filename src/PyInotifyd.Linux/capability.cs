using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Layout of capability sets: two blocks of effective, permitted and inheritable bits.</summary>
    public const uint _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    private const int CapabilityWords = 6;

    [LibraryImport(C, EntryPoint = "capget", SetLastError = true)]
    private static partial int native_capget(uint* header, uint* data);

    [LibraryImport(C, EntryPoint = "capset", SetLastError = true)]
    private static partial int native_capset(uint* header, uint* data);

    /// <summary>Reads the capabilities of the calling thread into six words: effective, permitted, inheritable, twice.</summary>
    public static int capget(Span<uint> sets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sets.Length, CapabilityWords);
        uint* header = stackalloc uint[2] { _LINUX_CAPABILITY_VERSION_3, 0 };
        fixed (uint* p = sets)
        {
            return Result(native_capget(header, p));
        }
    }

    /// <summary>Sets the capabilities of the calling thread; six words as for <see cref="capget"/>.</summary>
    public static int capset(ReadOnlySpan<uint> sets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sets.Length, CapabilityWords);
        uint* header = stackalloc uint[2] { _LINUX_CAPABILITY_VERSION_3, 0 };
        fixed (uint* p = sets)
        {
            return Result(native_capset(header, p));
        }
    }
}
