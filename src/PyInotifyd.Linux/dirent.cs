using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>The file system does not tell.</summary>
    public const int DT_UNKNOWN = 0;

    /// <summary>FIFO.</summary>
    public const int DT_FIFO = 1;

    /// <summary>Character device.</summary>
    public const int DT_CHR = 2;

    /// <summary>Directory.</summary>
    public const int DT_DIR = 4;

    /// <summary>Block device.</summary>
    public const int DT_BLK = 6;

    /// <summary>Regular file.</summary>
    public const int DT_REG = 8;

    /// <summary>Symbolic link.</summary>
    public const int DT_LNK = 10;

    /// <summary>Socket.</summary>
    public const int DT_SOCK = 12;

    [LibraryImport(C, EntryPoint = "getdents64", SetLastError = true)]
    private static partial nint native_getdents64(int fd, byte* buffer, nuint size);

    /// <summary>Fills the span with directory entries and returns the bytes used; 0 is the end.</summary>
    /// <remarks>
    /// Shape: records of u64 inode, i64 offset, u16 record length, u8 type, name, NUL; see <see cref="DirectoryEntries"/>.
    /// Source: getdents(2); the wrapper is in glibc since 2.30.
    /// </remarks>
    public static int getdents64(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            return (int)Result((long)native_getdents64(fd, p, (nuint)buffer.Length));
        }
    }
}
