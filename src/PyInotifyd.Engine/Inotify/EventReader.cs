using System;
using System.Runtime.InteropServices;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Walks the records of a buffer that read(2) of an inotify descriptor filled; nothing is copied, nothing allocated.</summary>
/// <remarks>
/// A record that does not fit (the kernel writes none) ends the walk and sets <see cref="IsTorn"/>; a name without NUL is taken whole.
/// Source: inotify(7), «Reading events from an inotify file descriptor».
/// </remarks>
public ref struct EventReader
{
    private const int HeaderSize = 16;

    private readonly ReadOnlySpan<byte> _buffer;
    private int _position;

    /// <summary>Starts at the first record.</summary>
    public EventReader(ReadOnlySpan<byte> buffer)
    {
        _buffer = buffer;
        _position = 0;
        IsTorn = false;
    }

    /// <summary>Bytes of the records read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Whether the buffer ended in the middle of a record.</summary>
    public bool IsTorn { get; private set; }

    /// <summary>Reads the next record; false at the end.</summary>
    public bool TryRead(out RawEvent record)
    {
        ReadOnlySpan<byte> rest = _buffer[_position..];
        if (rest.Length < HeaderSize)
        {
            IsTorn = rest.Length != 0;
            record = default;
            return false;
        }

        inotify_event header = MemoryMarshal.Read<inotify_event>(rest);
        if (header.len > (uint)(rest.Length - HeaderSize))
        {
            IsTorn = true;
            record = default;
            return false;
        }

        ReadOnlySpan<byte> name = rest.Slice(HeaderSize, (int)header.len);
        int end = name.IndexOf((byte)0);
        record = new RawEvent(header.wd, header.mask, header.cookie, end < 0 ? name : name[..end]);
        _position += HeaderSize + (int)header.len;
        return true;
    }
}
