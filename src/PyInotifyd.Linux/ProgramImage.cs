using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

/// <summary>The program that this process runs: where it came from.</summary>
public static unsafe partial class ProgramImage
{
    private const nuint AT_EXECFN = 31;

    [LibraryImport("libc", EntryPoint = "getauxval")]
    private static partial byte* native_getauxval(nuint type);

    /// <summary>Returns the path that this program was executed by, without NUL; empty where the kernel does not tell.</summary>
    /// <remarks>Relative to the directory of that moment, unless it is absolute.   Source: getauxval(3), AT_EXECFN.</remarks>
    public static byte[] ExecutedPath()
    {
        byte* path = native_getauxval(AT_EXECFN);
        return path == null ? [] : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path).ToArray();
    }
}
