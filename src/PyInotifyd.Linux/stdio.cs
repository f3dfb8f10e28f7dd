using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>renameat2: fail with EEXIST rather than replace.</summary>
    public const int RENAME_NOREPLACE = 1;

    /// <summary>renameat2: exchange the two.</summary>
    public const int RENAME_EXCHANGE = 2;

    [LibraryImport(C, EntryPoint = "renameat2", SetLastError = true)]
    private static partial int native_renameat2(int fromdir, byte* from, int todir, byte* to, uint flags);

    /// <summary>Renames; without flags it replaces what has the new name.</summary>
    /// <remarks>Errors: EINVAL where the file system has not the flag; EXDEV across file systems.</remarks>
    public static int renameat2(int fromdir, ReadOnlySpan<byte> from, int todir, ReadOnlySpan<byte> to, int flags)
    {
        AssertTerminated(from);
        AssertTerminated(to);
        fixed (byte* f = from)
        fixed (byte* t = to)
        {
            return Result(native_renameat2(fromdir, f, todir, t, (uint)flags));
        }
    }
}
