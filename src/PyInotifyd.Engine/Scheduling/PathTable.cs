using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Numerics;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>What has a path as its key, which may not change while the item is in a <see cref="PathTable{T}"/>.</summary>
internal interface IPathKeyed
{
    /// <summary>The key.</summary>
    byte[] Path { get; }
}

/// <summary>A hash table from path to item, with open addressing and linear probing.</summary>
/// <remarks>
/// Hashes are the caller's, who often has one for several tables. They stand in an array of their own, so that a probe looks at an item only where all 32 bits agree; 12 bytes a place.
/// Taking out shifts back what follows, so there are no marks of the dead that would slow a table down that lives for months.
/// Cost: O(1) expected, nothing allocated but when it grows or shrinks (by doubling, halving).
/// </remarks>
internal sealed class PathTable<T>
    where T : class, IPathKeyed
{
    private const int Smallest = 64;

    private uint[] _hashes = new uint[Smallest];
    private T?[] _items = new T?[Smallest];

    // Places go by the high bits: so the order of the places is that of the hashes, whatever the size, and a walk that is interrupted can go on after a resize.
    private int _shift = 32 - BitOperations.Log2(Smallest);

    public int Count { get; private set; }

    public T? Find(uint hash, ReadOnlySpan<byte> path)
    {
        uint[] hashes = _hashes;
        int mask = hashes.Length - 1;
        for (int i = (int)(hash >> _shift); hashes[i] != 0; i = (i + 1) & mask)
        {
            if (hashes[i] == hash && _items[i]!.Path.AsSpan().SequenceEqual(path))
            {
                return _items[i];
            }
        }

        return null;
    }

    /// <summary>Puts in an item whose path no other item has.</summary>
    public void Insert(uint hash, T item)
    {
        if ((Count + 1) * 4L > _hashes.Length * 3L)
        {
            Resize(_hashes.Length * 2);
        }

        Place(hash, item);
        Count++;
    }

    /// <summary>Puts <paramref name="by"/> into the place of an item of the same path.</summary>
    public void Replace(uint hash, T item, T by) => _items[IndexOf(hash, item)] = by;

    public void Remove(uint hash, T item)
    {
        int mask = _hashes.Length - 1;
        int hole = IndexOf(hash, item);
        for (int i = (hole + 1) & mask; _hashes[i] != 0; i = (i + 1) & mask)
        {
            // What stands as far from its home as the hole or farther may move into it without getting out of reach.
            int home = (int)(_hashes[i] >> _shift);
            if (((i - home) & mask) >= ((i - hole) & mask))
            {
                _hashes[hole] = _hashes[i];
                _items[hole] = _items[i];
                hole = i;
            }
        }

        _hashes[hole] = 0;
        _items[hole] = null;
        Count--;
        if (Count * 8L < _hashes.Length && _hashes.Length > Smallest)
        {
            Resize(_hashes.Length / 2);
        }
    }

    /// <summary>Appends all items to a list, in no order.</summary>
    public void CopyTo(List<T> list)
    {
        foreach (T? item in _items)
        {
            if (item is not null)
            {
                list.Add(item);
            }
        }
    }

    /// <summary>Appends the items from a hash on, in no strict order, and returns the hash at which to go on; 0: that was all.</summary>
    /// <remarks>
    /// Stops at the first empty place after <paramref name="limit"/> items. An item that is in the table from the first call to the last is found exactly once, whatever is put in and taken out in between.
    /// </remarks>
    public uint CollectFrom(uint from, int limit, List<T> list)
    {
        int size = _hashes.Length;
        int found = 0;
        int i;
        for (i = (int)(from >> _shift); i < size; i++)
        {
            uint hash = _hashes[i];
            if (hash == 0)
            {
                if (found >= limit)
                {
                    return (uint)i << _shift;
                }
            }
            else if (hash >= from && (int)(hash >> _shift) <= i)
            {
                list.Add(_items[i]!);
                found++;
            }
        }

        // What had no room at the end of the table stands at its start.
        for (i = 0; _hashes[i] != 0; i++)
        {
            if (_hashes[i] >= from && (int)(_hashes[i] >> _shift) > i)
            {
                list.Add(_items[i]!);
            }
        }

        return 0;
    }

    private int IndexOf(uint hash, T item)
    {
        int mask = _hashes.Length - 1;
        int i = (int)(hash >> _shift);
        while (!ReferenceEquals(_items[i], item))
        {
            Debug.Assert(_hashes[i] != 0, "the item is in the table");
            i = (i + 1) & mask;
        }

        return i;
    }

    private void Place(uint hash, T item)
    {
        int mask = _hashes.Length - 1;
        int i = (int)(hash >> _shift);
        while (_hashes[i] != 0)
        {
            i = (i + 1) & mask;
        }

        _hashes[i] = hash;
        _items[i] = item;
    }

    private void Resize(int size)
    {
        uint[] hashes = _hashes;
        T?[] items = _items;
        _hashes = new uint[size];
        _items = new T?[size];
        _shift = 32 - BitOperations.Log2((uint)size);
        for (int i = 0; i < hashes.Length; i++)
        {
            if (hashes[i] != 0)
            {
                Place(hashes[i], items[i]!);
            }
        }
    }
}
