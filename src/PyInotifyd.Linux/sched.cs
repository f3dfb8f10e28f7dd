using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Current directory, root and umask.</summary>
    public const int CLONE_FS = 0x00000200;

    [LibraryImport(C, EntryPoint = "unshare", SetLastError = true)]
    private static partial int native_unshare(int flags);

    /// <summary>Gives the calling thread something of its own that it shared with the others.</summary>
    public static int unshare(int flags) => Result(native_unshare(flags));
}
