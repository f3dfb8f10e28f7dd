using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Different literals in the order of their bytes, to find those that a path begins with, or ends with.</summary>
/// <remarks>
/// Each is stored with the longest other one that it begins (ends) with itself. Those that a path begins with are then the greatest that is not greater than the path, or the first on
/// the way from there that fits, and the ones that this leads to. For ends everything is read from the last byte on.
/// Threads: any; immutable.   Cost: a binary search, then a step for each literal on the way.
/// </remarks>
internal sealed class LiteralTable
{
    private readonly byte[][] _literals;
    private readonly int[] _shorter;
    private readonly bool _isForEnds;

    /// <summary>Makes the table of literals, in which one may stand several times.</summary>
    public LiteralTable(IEnumerable<byte[]> literals, bool isForEnds)
    {
        _isForEnds = isForEnds;
        List<byte[]> order = [.. literals];
        order.Sort((a, b) => Compare(a, b));
        for (int i = order.Count - 1; i > 0; i--)
        {
            if (order[i].AsSpan().SequenceEqual(order[i - 1]))
            {
                order.RemoveAt(i);
            }
        }

        _literals = order.ToArray();
        _shorter = new int[_literals.Length];
        for (int i = 0; i < _literals.Length; i++)
        {
            int shorter = i - 1;
            while (shorter >= 0 && !Fits(_literals[i], shorter))
            {
                shorter = _shorter[shorter];
            }

            _shorter[i] = shorter;
        }
    }

    /// <summary>Number of different literals.</summary>
    public int Count => _literals.Length;

    /// <summary>The place of a literal that is in the table.</summary>
    public int PlaceOf(ReadOnlySpan<byte> literal) => LastNotAfter(literal);

    /// <summary>The place of the longest literal that fits a path; -1 where none does.</summary>
    public int Longest(ReadOnlySpan<byte> path)
    {
        int at = LastNotAfter(path);
        while (at >= 0 && !Fits(path, at))
        {
            at = _shorter[at];
        }

        return at;
    }

    /// <summary>The place of the next shorter one that fits what this one fits; -1 where there is none.</summary>
    public int Shorter(int place) => _shorter[place];

    /// <summary>Whether a literal fits a path, or the path fits a literal.</summary>
    public bool IsOnTheWay(ReadOnlySpan<byte> path)
    {
        int next = LastNotAfter(path) + 1;
        return (next < _literals.Length && (_isForEnds ? _literals[next].AsSpan().EndsWith(path) : _literals[next].AsSpan().StartsWith(path))) || Longest(path) >= 0;
    }

    private bool Fits(ReadOnlySpan<byte> path, int place) => _isForEnds ? path.EndsWith(_literals[place]) : path.StartsWith(_literals[place]);

    private int LastNotAfter(ReadOnlySpan<byte> path)
    {
        int low = 0;
        int high = _literals.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Compare(_literals[middle], path) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        if (!_isForEnds)
        {
            return a.SequenceCompareTo(b);
        }

        for (int i = 1; i <= a.Length && i <= b.Length; i++)
        {
            if (a[^i] != b[^i])
            {
                return a[^i] - b[^i];
            }
        }

        return a.Length - b.Length;
    }
}
