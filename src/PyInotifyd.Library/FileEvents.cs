using System;

namespace PyInotifyd.Library;

/// <summary>What happens to files and directories; the values are the kernel's.</summary>
/// <remarks>Source: inotify(7).</remarks>
[Flags]
public enum FileEvents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>IN_ACCESS: a file was read.</summary>
    Access = 0x0001,

    /// <summary>IN_MODIFY: a file was written or truncated.</summary>
    Modify = 0x0002,

    /// <summary>IN_ATTRIB: metadata changed.</summary>
    Attrib = 0x0004,

    /// <summary>IN_CLOSE_WRITE: a file open for writing was closed.</summary>
    CloseWrite = 0x0008,

    /// <summary>IN_CLOSE_NOWRITE: something not open for writing was closed.</summary>
    CloseNoWrite = 0x0010,

    /// <summary>IN_OPEN: something was opened.</summary>
    Open = 0x0020,

    /// <summary>IN_MOVED_FROM: an entry left its directory.</summary>
    MovedFrom = 0x0040,

    /// <summary>IN_MOVED_TO: an entry came into a directory.</summary>
    MovedTo = 0x0080,

    /// <summary>IN_CREATE: an entry was created.</summary>
    Create = 0x0100,

    /// <summary>IN_DELETE: an entry was deleted.</summary>
    Delete = 0x0200,

    /// <summary>IN_DELETE_SELF: what is watched was itself deleted.</summary>
    DeleteSelf = 0x0400,

    /// <summary>IN_MOVE_SELF: what is watched was itself moved.</summary>
    MoveSelf = 0x0800,

    /// <summary>IN_UNMOUNT: the file system was unmounted.</summary>
    Unmount = 0x2000,

    /// <summary>IN_Q_OVERFLOW: the kernel's queue overflowed.</summary>
    QueueOverflow = 0x4000,

    /// <summary>IN_IGNORED: a watch was removed.</summary>
    Ignored = 0x8000,

    /// <summary>All fifteen.</summary>
    All = 0xEFFF,
}
