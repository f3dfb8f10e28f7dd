using System;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Keeps the names of a tree in large blocks, so that a name costs its bytes and no object.</summary>
/// <remarks>Freed names leave holes, which <see cref="NodeTable"/> closes by copying the live ones once the holes outweigh them.   Threads: reactor only.</remarks>
internal sealed class NameArena
{
    private const int BlockBits = 16;
    private const int BlockSize = 1 << BlockBits;

    private byte[][] _blocks = new byte[4][];
    private int _used;

    /// <summary>Bytes handed out since the arena was made, holes included.</summary>
    public long Used => _used;

    /// <summary>Bytes given back.</summary>
    public long Free { get; private set; }

    /// <summary>Copies a name in and returns where it is.</summary>
    public int Add(ReadOnlySpan<byte> name)
    {
        int block = _used >> BlockBits;
        if ((_used & (BlockSize - 1)) + name.Length > BlockSize)
        {
            Free += BlockSize - (_used & (BlockSize - 1));
            block++;
            _used = block << BlockBits;
        }

        if (block >= _blocks.Length)
        {
            Array.Resize(ref _blocks, _blocks.Length * 2);
        }

        byte[] bytes = _blocks[block] ??= GC.AllocateUninitializedArray<byte>(block == 0 ? 4096 : BlockSize);
        int offset = _used & (BlockSize - 1);
        if (offset + name.Length > bytes.Length)
        {
            // The first block starts small: most trees are.
            Array.Resize(ref bytes, Math.Min(BlockSize, Math.Max(bytes.Length * 2, offset + name.Length)));
            _blocks[block] = bytes;
        }

        name.CopyTo(bytes.AsSpan(offset));
        int place = _used;
        _used += name.Length;
        return place;
    }

    /// <summary>Returns a name.</summary>
    public ReadOnlySpan<byte> Get(int place, int length) => _blocks[place >> BlockBits].AsSpan(place & (BlockSize - 1), length);

    /// <summary>Forgets all names and keeps the first block.</summary>
    public void Clear()
    {
        _used = 0;
        Free = 0;
    }

    /// <summary>Notes that a name is no longer used.</summary>
    public void Release(int length) => Free += length;
}
