using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

/// <summary>Walks the records that <see cref="Libc.getdents64"/> left in a buffer, without copying; <c>.</c> and <c>..</c> are passed over.</summary>
/// <remarks>Owns: the spans are valid until the buffer is filled again.</remarks>
public ref struct DirectoryEntries
{
    private const int NameOffset = 19;

    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts at the first of the records.</summary>
    public DirectoryEntries(ReadOnlySpan<byte> records)
    {
        _rest = records;
        Name = default;
        Inode = 0;
        Type = 0;
        Self = 0;
    }

    /// <summary>Name of the entry, without NUL.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Inode number.</summary>
    public ulong Inode { get; private set; }

    /// <summary>Inode number of the directory itself, once its own entry has been passed; else 0.</summary>
    public ulong Self { get; private set; }

    /// <summary>One of the DT_ constants.</summary>
    public int Type { get; private set; }

    /// <summary>Steps to the next entry; false at the end.</summary>
    public bool MoveNext()
    {
        while (_rest.Length > NameOffset)
        {
            int length = MemoryMarshal.Read<ushort>(_rest[16..]);
            if (length <= NameOffset || length > _rest.Length)
            {
                break;
            }

            ReadOnlySpan<byte> name = _rest[NameOffset..length];
            int end = name.IndexOf((byte)0);
            name = end < 0 ? name : name[..end];
            Inode = MemoryMarshal.Read<ulong>(_rest);
            Type = _rest[18];
            Name = name;
            _rest = _rest[length..];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                return true;
            }

            Self = name.Length == 1 ? Inode : Self;
        }

        _rest = default;
        return false;
    }
}
