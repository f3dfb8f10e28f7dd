using System;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Inotify;

/// <summary>One event as one watch sees it.</summary>
public ref struct WatchEvent
{
    /// <summary>The watch.</summary>
    public Watch Watch;

    /// <summary>What happened, one event flag and perhaps IN_ISDIR, as the kernel gave it.</summary>
    public EventMask Mask;

    /// <summary>Watch descriptor.</summary>
    public int Wd;

    /// <summary>Cookie of a rename, else 0.</summary>
    public uint Cookie;

    /// <summary>Path as configured plus the names below it.</summary>
    public ReadOnlySpan<byte> PathName;

    /// <summary>Where it was before a rename; empty where that is unknown.</summary>
    public ReadOnlySpan<byte> SrcPathName;

    /// <summary>The watched inode itself is a directory; the kernel leaves IN_ISDIR out of IN_DELETE_SELF, IN_MOVE_SELF and IN_IGNORED.</summary>
    public bool SelfIsDir;

    /// <summary>Whether the subject is a directory.</summary>
    public readonly bool IsDir => SelfIsDir || (Mask & EventMask.IsDir) != 0;
}
