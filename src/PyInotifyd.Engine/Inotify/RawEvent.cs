using System;

namespace PyInotifyd.Engine.Inotify;

/// <summary>One record of the kernel.</summary>
/// <remarks>Owns: the name is a part of the reader's buffer, valid until that is filled again.</remarks>
public readonly ref struct RawEvent
{
    /// <summary>Makes a record of its parts.</summary>
    public RawEvent(int wd, uint mask, uint cookie, ReadOnlySpan<byte> name)
    {
        Wd = wd;
        Mask = mask;
        Cookie = cookie;
        Name = name;
    }

    /// <summary>Watch descriptor, -1 for IN_Q_OVERFLOW.</summary>
    public int Wd { get; }

    /// <summary>Event and flags, as in inotify(7).</summary>
    public uint Mask { get; }

    /// <summary>Joins the halves of a rename.</summary>
    public uint Cookie { get; }

    /// <summary>Name inside the watched directory, without NUL; empty for the watched inode itself.</summary>
    public ReadOnlySpan<byte> Name { get; }
}
