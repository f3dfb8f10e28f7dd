using System;
using System.Numerics;
using System.Runtime.CompilerServices;
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
        record = new RawEvent(header.wd, header.mask, header.cookie, name[..LengthOf(name)]);
        _position += HeaderSize + (int)header.len;
        return true;
    }

    /// <summary>Returns how many bytes come before the first NUL.</summary>
    /// <remarks>Eight at a time, since most names are short. Source: Mycroft's test for a zero byte, whose lowest hit is exact.</remarks>
    private static int LengthOf(ReadOnlySpan<byte> name)
    {
        int at = 0;
        for (; at <= name.Length - 8; at += 8)
        {
            ulong bytes = MemoryMarshal.Read<ulong>(name[at..]);
            ulong zeros = (bytes - 0x0101010101010101) & ~bytes & 0x8080808080808080;
            if (zeros != 0)
            {
                return at + (BitOperations.TrailingZeroCount(zeros) >> 3);
            }
        }

        while (at < name.Length && name[at] != 0)
        {
            at++;
        }

        return at;
    }
}
