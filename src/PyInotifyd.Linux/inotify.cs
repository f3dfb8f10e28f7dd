using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>File was accessed.</summary>
    public const uint IN_ACCESS = 0x00000001;

    /// <summary>File was modified.</summary>
    public const uint IN_MODIFY = 0x00000002;

    /// <summary>Metadata changed.</summary>
    public const uint IN_ATTRIB = 0x00000004;

    /// <summary>File opened for writing was closed.</summary>
    public const uint IN_CLOSE_WRITE = 0x00000008;

    /// <summary>File or directory not opened for writing was closed.</summary>
    public const uint IN_CLOSE_NOWRITE = 0x00000010;

    /// <summary>File or directory was opened.</summary>
    public const uint IN_OPEN = 0x00000020;

    /// <summary>Entry was moved out of the watched directory.</summary>
    public const uint IN_MOVED_FROM = 0x00000040;

    /// <summary>Entry was moved into the watched directory.</summary>
    public const uint IN_MOVED_TO = 0x00000080;

    /// <summary>Entry was created in the watched directory.</summary>
    public const uint IN_CREATE = 0x00000100;

    /// <summary>Entry was deleted from the watched directory.</summary>
    public const uint IN_DELETE = 0x00000200;

    /// <summary>The watched inode was deleted.</summary>
    public const uint IN_DELETE_SELF = 0x00000400;

    /// <summary>The watched inode was moved.</summary>
    public const uint IN_MOVE_SELF = 0x00000800;

    /// <summary>The file system was unmounted.</summary>
    public const uint IN_UNMOUNT = 0x00002000;

    /// <summary>The event queue overflowed (wd is -1).</summary>
    public const uint IN_Q_OVERFLOW = 0x00004000;

    /// <summary>The watch was removed.</summary>
    public const uint IN_IGNORED = 0x00008000;

    /// <summary>All events that can be asked for.</summary>
    public const uint IN_ALL_EVENTS = 0x00000fff;

    /// <summary>Watch only if it is a directory.</summary>
    public const uint IN_ONLYDIR = 0x01000000;

    /// <summary>Do not follow a symbolic link.</summary>
    public const uint IN_DONT_FOLLOW = 0x02000000;

    /// <summary>No events of children that were unlinked.</summary>
    public const uint IN_EXCL_UNLINK = 0x04000000;

    /// <summary>Fail with EEXIST if the inode is watched (Linux 4.18).</summary>
    public const uint IN_MASK_CREATE = 0x10000000;

    /// <summary>Add to the mask instead of replacing it.</summary>
    public const uint IN_MASK_ADD = 0x20000000;

    /// <summary>The subject is a directory.</summary>
    public const uint IN_ISDIR = 0x40000000;

    /// <summary>Remove the watch after one event.</summary>
    public const uint IN_ONESHOT = 0x80000000;

    /// <summary>Close on exec, for inotify_init1.</summary>
    public const int IN_CLOEXEC = 0x80000;

    /// <summary>Non-blocking, for inotify_init1.</summary>
    public const int IN_NONBLOCK = 0x800;

    [LibraryImport(C, EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int native_inotify_init1(int flags);

    [LibraryImport(C, EntryPoint = "inotify_add_watch", SetLastError = true)]
    private static partial int native_inotify_add_watch(int fd, byte* path, uint mask);

    [LibraryImport(C, EntryPoint = "inotify_rm_watch", SetLastError = true)]
    private static partial int native_inotify_rm_watch(int fd, int wd);

    /// <summary>Returns a new inotify descriptor.</summary>
    public static int inotify_init1(int flags) => Result(native_inotify_init1(flags));

    /// <summary>Returns the watch descriptor of a path; the same inode has the same one, and its mask is replaced unless IN_MASK_ADD is set.</summary>
    public static int inotify_add_watch(int fd, ReadOnlySpan<byte> path, uint mask)
    {
        AssertTerminated(path);
        fixed (byte* p = path)
        {
            return Result(native_inotify_add_watch(fd, p, mask));
        }
    }

    /// <summary>Removes a watch; EINVAL says that it had gone already.</summary>
    public static int inotify_rm_watch(int fd, int wd) => Result(native_inotify_rm_watch(fd, wd));
}

/// <summary>The fixed part of an event record of inotify(7); <c>len</c> bytes of name follow.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct inotify_event
{
    /// <summary>Watch descriptor, -1 for IN_Q_OVERFLOW.</summary>
    public int wd;

    /// <summary>What happened.</summary>
    public uint mask;

    /// <summary>Joins the two halves of a rename.</summary>
    public uint cookie;

    /// <summary>Bytes of the name that follows, padding included; 0 where there is none.</summary>
    public uint len;
}
