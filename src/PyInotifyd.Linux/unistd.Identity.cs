using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    [LibraryImport(C, EntryPoint = "setresuid", SetLastError = true)]
    private static partial int native_setresuid(uint real, uint effective, uint saved);

    [LibraryImport(C, EntryPoint = "setresgid", SetLastError = true)]
    private static partial int native_setresgid(uint real, uint effective, uint saved);

    [LibraryImport(C, EntryPoint = "getresuid", SetLastError = true)]
    private static partial int native_getresuid(uint* real, uint* effective, uint* saved);

    [LibraryImport(C, EntryPoint = "getresgid", SetLastError = true)]
    private static partial int native_getresgid(uint* real, uint* effective, uint* saved);

    [LibraryImport(C, EntryPoint = "getgroups", SetLastError = true)]
    private static partial int native_getgroups(int count, uint* groups);

    /// <summary>Sets real, effective and saved user id of all threads.</summary>
    public static int setresuid(uint real, uint effective, uint saved) => Result(native_setresuid(real, effective, saved));

    /// <summary>Sets real, effective and saved group id of all threads.</summary>
    public static int setresgid(uint real, uint effective, uint saved) => Result(native_setresgid(real, effective, saved));

    /// <summary>Tells real, effective and saved user id.</summary>
    public static int getresuid(out uint real, out uint effective, out uint saved)
    {
        fixed (uint* r = &real, e = &effective, s = &saved)
        {
            return Result(native_getresuid(r, e, s));
        }
    }

    /// <summary>Tells real, effective and saved group id.</summary>
    public static int getresgid(out uint real, out uint effective, out uint saved)
    {
        fixed (uint* r = &real, e = &effective, s = &saved)
        {
            return Result(native_getresgid(r, e, s));
        }
    }

    /// <summary>Writes the supplementary groups and returns how many there are; an empty span only asks for the number.</summary>
    public static int getgroups(Span<uint> groups)
    {
        fixed (uint* p = groups)
        {
            return Result(native_getgroups(groups.Length, p));
        }
    }
}
