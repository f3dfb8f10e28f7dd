using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Set the process group.</summary>
    public const int POSIX_SPAWN_SETPGROUP = 0x02;

    /// <summary>Set signals back to their default.</summary>
    public const int POSIX_SPAWN_SETSIGDEF = 0x04;

    /// <summary>Set the signal mask.</summary>
    public const int POSIX_SPAWN_SETSIGMASK = 0x08;

    [LibraryImport(C, EntryPoint = "posix_spawn")]
    private static partial int native_posix_spawn(int* pid, byte* path, posix_spawn_file_actions_t* actions, posix_spawnattr_t* attr, byte** argv, byte** envp);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_init")]
    private static partial int native_posix_spawnattr_init(posix_spawnattr_t* attr);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setflags")]
    private static partial int native_posix_spawnattr_setflags(posix_spawnattr_t* attr, short flags);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setpgroup")]
    private static partial int native_posix_spawnattr_setpgroup(posix_spawnattr_t* attr, int pgroup);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int native_posix_spawnattr_setsigdefault(posix_spawnattr_t* attr, sigset_t* set);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int native_posix_spawnattr_setsigmask(posix_spawnattr_t* attr, sigset_t* set);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int native_posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int native_posix_spawn_file_actions_destroy(posix_spawn_file_actions_t* actions);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int native_posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t* actions, int from, int to);

    [LibraryImport(C, EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    private static partial int native_posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t* actions, byte* path);

    [LibraryImport(C, EntryPoint = "posix_spawnattr_destroy")]
    private static partial int native_posix_spawnattr_destroy(posix_spawnattr_t* attr);

    /// <summary>Starts a program; returns 0, or minus the errno of the step that failed (exec included).</summary>
    /// <remarks>Shape: argv and envp end with a null pointer.   Source: posix_spawn(3); glibc runs it like vfork(2).</remarks>
    internal static int posix_spawn(out int pid, byte* path, posix_spawn_file_actions_t* actions, posix_spawnattr_t* attr, byte** argv, byte** envp)
    {
        fixed (int* p = &pid)
        {
            return -native_posix_spawn(p, path, actions, attr, argv, envp);
        }
    }

    /// <summary>Prepares attributes.</summary>
    internal static int posix_spawnattr_init(posix_spawnattr_t* attr) => -native_posix_spawnattr_init(attr);

    /// <summary>Says which attributes count.</summary>
    internal static int posix_spawnattr_setflags(posix_spawnattr_t* attr, short flags) => -native_posix_spawnattr_setflags(attr, flags);

    /// <summary>Process group; 0 makes a new one.</summary>
    internal static int posix_spawnattr_setpgroup(posix_spawnattr_t* attr, int pgroup) => -native_posix_spawnattr_setpgroup(attr, pgroup);

    /// <summary>Signals to set back to their default.</summary>
    internal static int posix_spawnattr_setsigdefault(posix_spawnattr_t* attr, sigset_t* set) => -native_posix_spawnattr_setsigdefault(attr, set);

    /// <summary>Signal mask of the child.</summary>
    internal static int posix_spawnattr_setsigmask(posix_spawnattr_t* attr, sigset_t* set) => -native_posix_spawnattr_setsigmask(attr, set);

    /// <summary>Frees attributes.</summary>
    internal static int posix_spawnattr_destroy(posix_spawnattr_t* attr) => -native_posix_spawnattr_destroy(attr);

    /// <summary>Prepares a list of actions.</summary>
    internal static int posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions) => -native_posix_spawn_file_actions_init(actions);

    /// <summary>Frees a list of actions.</summary>
    internal static int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t* actions) => -native_posix_spawn_file_actions_destroy(actions);

    /// <summary>Has the child duplicate a descriptor; onto itself it only loses close-on-exec.</summary>
    internal static int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t* actions, int from, int to) => -native_posix_spawn_file_actions_adddup2(actions, from, to);

    /// <summary>Has the child change its directory.</summary>
    internal static int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t* actions, byte* path) => -native_posix_spawn_file_actions_addchdir_np(actions, path);
}

/// <summary>A set of signals.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct sigset_t
{
    private ulong _first;
}

/// <summary>Attributes of posix_spawn(3), opaque; the size is that of glibc.</summary>
[StructLayout(LayoutKind.Sequential, Size = 336)]
public struct posix_spawnattr_t
{
    private ulong _first;
}

/// <summary>File actions of posix_spawn(3), opaque; the size is that of glibc.</summary>
[StructLayout(LayoutKind.Sequential, Size = 80)]
public struct posix_spawn_file_actions_t
{
    private ulong _first;
}
