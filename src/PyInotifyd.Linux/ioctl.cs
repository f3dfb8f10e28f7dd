using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Bytes that can be read now.</summary>
    public const int FIONREAD = 0x541B;

    /// <summary>Have a file share the blocks of another.</summary>
    public const int FICLONE = 0x40049409;

    [LibraryImport(C, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int native_ioctl_value(int fd, nuint request, nint value);

    [LibraryImport(C, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int native_ioctl(int fd, nuint request, int* value);

    /// <summary>Reads an int by an ioctl, such as FIONREAD.</summary>
    public static int ioctl(int fd, int request, out int value)
    {
        int local = 0;
        int result = Result(native_ioctl(fd, (nuint)(uint)request, &local));
        value = local;
        return result;
    }

    /// <summary>Does an ioctl whose argument is a number, such as FICLONE.</summary>
    public static int ioctl(int fd, int request, int value) => Result(native_ioctl_value(fd, (nuint)(uint)request, value));
}
