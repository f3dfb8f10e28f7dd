using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

/// <summary>The C library as this program uses it: one method a function, its name and its order of arguments as in C.</summary>
/// <remarks>
/// Every method returns the function's value, or minus errno where the function fails; it decides nothing, retries nothing and logs nothing.
/// Paths are spans of bytes that end with a NUL; a span without one is a bug of the caller and asserts.
/// Files are named after the C header. Constants that differ between x86-64 and arm64 are properties; tests/PyInotifyd.UnitTests/Linux has the C compiler check all of them.
/// Source: the man pages, sections 2, 3 and 7, as of man-pages 6.
/// </remarks>
public static unsafe partial class Libc
{
    private const string C = "libc";

    private static readonly bool s_arm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>The directory descriptor that stands for the current directory.</summary>
    public const int AT_FDCWD = -100;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Result(int value) => value != -1 ? value : -Marshal.GetLastPInvokeError();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Result(long value) => value != -1 ? value : -Marshal.GetLastPInvokeError();

    [System.Diagnostics.Conditional("DEBUG")]
    private static void AssertTerminated(ReadOnlySpan<byte> path)
    {
        System.Diagnostics.Debug.Assert(path.IndexOf((byte)0) >= 0, "a path must end with NUL");
    }
}
