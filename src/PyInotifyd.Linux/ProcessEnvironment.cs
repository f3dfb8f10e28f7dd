using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

/// <summary>The environment that this process was started with.</summary>
public static unsafe partial class ProcessEnvironment
{
    // A static binary cannot look up the C library's variable environ by name; the runtime's own native part hands it out.
    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_GetEnviron")]
    private static partial byte** native_environ();

    /// <summary>Returns all variables as <c>NAME=VALUE</c>, each ended by NUL, byte for byte.</summary>
    /// <remarks>System.Environment turns bytes that are not UTF-8 into U+FFFD.   Source: environ(7).</remarks>
    public static byte[] Copy()
    {
        byte** environ = native_environ();
        int length = 0;
        for (byte** entry = environ; entry != null && *entry != null; entry++)
        {
            length += MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*entry).Length + 1;
        }

        byte[] copy = new byte[length];
        Span<byte> rest = copy;
        for (byte** entry = environ; !rest.IsEmpty; entry++)
        {
            ReadOnlySpan<byte> variable = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*entry);
            variable.CopyTo(rest);
            rest = rest[(variable.Length + 1)..];
        }

        return copy;
    }
}
