using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    [LibraryImport(C, EntryPoint = "flistxattr", SetLastError = true)]
    private static partial nint native_flistxattr(int fd, byte* names, nuint size);

    [LibraryImport(C, EntryPoint = "fgetxattr", SetLastError = true)]
    private static partial nint native_fgetxattr(int fd, byte* name, byte* value, nuint size);

    [LibraryImport(C, EntryPoint = "fsetxattr", SetLastError = true)]
    private static partial int native_fsetxattr(int fd, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(C, EntryPoint = "llistxattr", SetLastError = true)]
    private static partial nint native_llistxattr(byte* path, byte* names, nuint size);

    [LibraryImport(C, EntryPoint = "lgetxattr", SetLastError = true)]
    private static partial nint native_lgetxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport(C, EntryPoint = "lsetxattr", SetLastError = true)]
    private static partial int native_lsetxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(C, EntryPoint = "fremovexattr", SetLastError = true)]
    private static partial int native_fremovexattr(int fd, byte* name);

    /// <summary>Writes the names of the extended attributes, each ended by NUL, and returns their length; an empty span asks for it only.</summary>
    public static int flistxattr(int fd, Span<byte> names)
    {
        fixed (byte* p = names)
        {
            return (int)Result((long)native_flistxattr(fd, p, (nuint)names.Length));
        }
    }

    /// <summary>Reads an extended attribute and returns its length; an empty span asks for it only.</summary>
    public static int fgetxattr(int fd, ReadOnlySpan<byte> name, Span<byte> value)
    {
        AssertTerminated(name);
        fixed (byte* n = name)
        fixed (byte* v = value)
        {
            return (int)Result((long)native_fgetxattr(fd, n, v, (nuint)value.Length));
        }
    }

    /// <summary>Sets an extended attribute.</summary>
    public static int fsetxattr(int fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        AssertTerminated(name);
        fixed (byte* n = name)
        fixed (byte* v = value)
        {
            return Result(native_fsetxattr(fd, n, v, (nuint)value.Length, 0));
        }
    }

    /// <summary>As <see cref="flistxattr"/>, of a path; of a link itself.</summary>
    public static int llistxattr(ReadOnlySpan<byte> path, Span<byte> names)
    {
        AssertTerminated(path);
        fixed (byte* f = path)
        fixed (byte* p = names)
        {
            return (int)Result((long)native_llistxattr(f, p, (nuint)names.Length));
        }
    }

    /// <summary>As <see cref="fgetxattr"/>, of a path; of a link itself.</summary>
    public static int lgetxattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, Span<byte> value)
    {
        AssertTerminated(path);
        AssertTerminated(name);
        fixed (byte* f = path)
        fixed (byte* n = name)
        fixed (byte* v = value)
        {
            return (int)Result((long)native_lgetxattr(f, n, v, (nuint)value.Length));
        }
    }

    /// <summary>As <see cref="fsetxattr"/>, of a path; of a link itself.</summary>
    public static int lsetxattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        AssertTerminated(path);
        AssertTerminated(name);
        fixed (byte* f = path)
        fixed (byte* n = name)
        fixed (byte* v = value)
        {
            return Result(native_lsetxattr(f, n, v, (nuint)value.Length, 0));
        }
    }

    /// <summary>Removes an extended attribute.</summary>
    public static int fremovexattr(int fd, ReadOnlySpan<byte> name)
    {
        AssertTerminated(name);
        fixed (byte* n = name)
        {
            return Result(native_fremovexattr(fd, n));
        }
    }
}
