using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>From now on no program that is executed gains privileges.</summary>
    public const int PR_SET_NO_NEW_PRIVS = 38;

    /// <summary>Tells whether that is so.</summary>
    public const int PR_GET_NO_NEW_PRIVS = 39;

    /// <summary>Ambient capabilities.</summary>
    public const int PR_CAP_AMBIENT = 47;

    /// <summary>Drop all of them.</summary>
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    [LibraryImport(C, EntryPoint = "prctl", SetLastError = true)]
    private static partial int native_prctl(int option, nuint a, nuint b, nuint c, nuint d);

    /// <summary>Reads or sets an attribute of the calling thread.</summary>
    public static int prctl(int option, nuint a) => Result(native_prctl(option, a, 0, 0, 0));
}
