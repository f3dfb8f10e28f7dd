using System;

namespace PyInotifyd.Engine.Paths;

/// <summary>A growing buffer in which a path is put together; it always ends with a NUL that does not count.</summary>
/// <remarks>Cost: allocates only when it grows.   Threads: one at a time.</remarks>
public sealed class PathBuilder
{
    private byte[] _buffer = new byte[512];
    private int _length;

    /// <summary>Number of bytes, without the NUL; may be set to less, to go back up.</summary>
    public int Length
    {
        get => _length;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)_length);
            _length = value;
            _buffer[value] = 0;
        }
    }

    /// <summary>The bytes, valid until the next change.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>The bytes with the NUL, for system calls; valid until the next change.</summary>
    public ReadOnlySpan<byte> Terminated => _buffer.AsSpan(0, _length + 1);

    /// <summary>Replaces the content.</summary>
    public void Set(ReadOnlySpan<byte> path)
    {
        _length = 0;
        Append(path);
    }

    /// <summary>Adds bytes as they are.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
        _buffer[_length] = 0;
    }

    /// <summary>Adds a name as a component; an empty name adds nothing, and there is one slash before it.</summary>
    public void AppendName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return;
        }

        Reserve(name.Length + 1);
        if (_length == 0 || _buffer[_length - 1] != (byte)'/')
        {
            _buffer[_length++] = (byte)'/';
        }

        name.CopyTo(_buffer.AsSpan(_length));
        _length += name.Length;
        _buffer[_length] = 0;
    }

    /// <summary>Goes back to the first <paramref name="length"/> bytes and adds a name as <see cref="AppendName"/> does.</summary>
    public void ReplaceName(int length, ReadOnlySpan<byte> name)
    {
        byte[] buffer = _buffer;
        if (length > 0 && length <= _length && length + name.Length + 2 <= buffer.Length && !name.IsEmpty && buffer[length - 1] != (byte)'/')
        {
            buffer[length] = (byte)'/';
            name.CopyTo(buffer.AsSpan(length + 1));
            _length = length + 1 + name.Length;
            buffer[_length] = 0;
            return;
        }

        Length = length;
        AppendName(name);
    }

    /// <summary>Makes room at the end, adds it to the length and returns it for the caller to fill.</summary>
    public Span<byte> Grow(int count)
    {
        Reserve(count);
        Span<byte> room = _buffer.AsSpan(_length, count);
        _length += count;
        _buffer[_length] = 0;
        return room;
    }

    private void Reserve(int count)
    {
        int needed = _length + count + 1;
        if (needed > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(needed, _buffer.Length * 2));
        }
    }
}
