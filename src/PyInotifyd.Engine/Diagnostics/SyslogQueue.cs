using System;
using System.Buffers.Binary;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Keeps messages that could not be sent, in order and in bounded memory; the oldest go first when it is full.</summary>
/// <remarks>
/// The newest are kept, because old ones tell little when a server is back after days: it stamps messages with the time at which it gets them.
/// Threads: the reactor's.
/// </remarks>
internal sealed class SyslogQueue
{
    /// <summary>Bytes kept at most.</summary>
    public const int Capacity = 64 * 1024;

    private const int HeaderLength = sizeof(int);

    private byte[] _buffer = new byte[1024];
    private int _start;
    private int _end;

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => _start == _end;

    /// <summary>The oldest message; valid until the queue changes.</summary>
    public ReadOnlySpan<byte> First => _buffer.AsSpan(_start + HeaderLength, BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start)));

    /// <summary>Appends a message and returns how many old ones had to go for it.</summary>
    public int Append(ReadOnlySpan<byte> message)
    {
        int needed = HeaderLength + message.Length;
        int dropped = 0;
        while (!IsEmpty && _end - _start + needed > Capacity)
        {
            RemoveFirst();
            dropped++;
        }

        if (_buffer.Length - _end < needed)
        {
            int used = _end - _start;
            byte[] buffer = used + needed > _buffer.Length ? new byte[Math.Max(used + needed, _buffer.Length * 2)] : _buffer;
            _buffer.AsSpan(_start, used).CopyTo(buffer);
            _buffer = buffer;
            _start = 0;
            _end = used;
        }

        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_end), message.Length);
        message.CopyTo(_buffer.AsSpan(_end + HeaderLength));
        _end += needed;
        return dropped;
    }

    /// <summary>Removes the oldest message.</summary>
    public void RemoveFirst()
    {
        _start += HeaderLength + First.Length;
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }
    }
}
