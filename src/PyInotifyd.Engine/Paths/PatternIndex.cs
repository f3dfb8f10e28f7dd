using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Finds among many patterns those that begin and end with what a path begins and ends with, so that a thousand rules or filters cost little more than one.</summary>
/// <remarks>
/// A thousand patterns are a thousand directories (<c>^/srv/500/</c>) or a thousand kinds of files (<c>.*\.tmp$</c>): two tables, one by how every match starts and in each of its entries one by how
/// every match ends, leave one or two of them. One automaton for all would have to bring the groups of the first that matches, and what a pattern means is the matcher's business alone.
/// Threads: any; immutable.   Cost: two binary searches, then a step for each literal that fits; nothing for a handful of patterns, which are tried in turn.
/// </remarks>
internal sealed class PatternIndex
{
    /// <summary>Up to so many are tried in turn: a pattern refuses a path by the same compares.</summary>
    private const int Few = 6;

    private readonly int _count;
    private readonly LiteralTable _starts;
    private readonly Ends[] _ends;

    /// <summary>Makes the index of a list of patterns.</summary>
    public PatternIndex(ReadOnlySpan<PythonRegex> patterns)
    {
        _count = patterns.Length;
        List<byte[]> starts = [];
        foreach (PythonRegex pattern in patterns)
        {
            starts.Add(pattern.LiteralPrefix.ToArray());
        }

        _starts = new LiteralTable(starts, isForEnds: false);
        List<int>[] members = new List<int>[_starts.Count];
        for (int i = 0; i < _count; i++)
        {
            (members[_starts.PlaceOf(starts[i])] ??= []).Add(i);
        }

        _ends = new Ends[_starts.Count];
        for (int i = 0; i < _ends.Length; i++)
        {
            _ends[i] = new Ends(patterns, members[i]);
        }
    }

    /// <summary>The patterns that may match a path at its start, in their order; valid as long as the path.</summary>
    public Candidates Of(ReadOnlySpan<byte> path) => new(this, path);

    /// <summary>Whether a pattern may match a path or something below it; true where it cannot be told.</summary>
    public bool MayMatchAt(ReadOnlySpan<byte> path) => _starts.IsOnTheWay(path);

    /// <summary>Numbers of patterns, in their order.</summary>
    public ref struct Candidates
    {
        private readonly PatternIndex _index;
        private readonly ReadOnlySpan<byte> _path;
        private readonly int _longest;

        // Where all that fit are in one list, or all patterns are to be tried: no merging.
        private readonly int[]? _list;
        private readonly int _listCount;
        private int _after = -1;

        internal Candidates(PatternIndex index, ReadOnlySpan<byte> path)
        {
            _index = index;
            _path = path;

            // «$» matches before a last newline too: names that end with one are not worth an index.
            if (index._count <= Few || (path.Length > 0 && path[^1] == '\n'))
            {
                _listCount = index._count;
                return;
            }

            _longest = index._starts.Longest(path);
            if (_longest < 0)
            {
                return;
            }

            if (index._starts.Shorter(_longest) < 0)
            {
                Ends ends = index._ends[_longest];
                int end = ends.Literals.Longest(path);
                if (end < 0)
                {
                    return;
                }

                if (ends.Literals.Shorter(end) < 0)
                {
                    _list = ends.Patterns[end];
                    _listCount = _list.Length;
                    return;
                }
            }

            _listCount = -1;
        }

        /// <summary>Returns the next one; false where there is none.</summary>
        public bool TryNext(out int pattern)
        {
            if (_listCount >= 0)
            {
                bool isThere = ++_after < _listCount;
                pattern = isThere && _list is not null ? _list[_after] : _after;
                return isThere;
            }

            pattern = int.MaxValue;
            for (int start = _longest; start >= 0; start = _index._starts.Shorter(start))
            {
                Ends ends = _index._ends[start];
                for (int end = ends.Literals.Longest(_path); end >= 0; end = ends.Literals.Shorter(end))
                {
                    int[] list = ends.Patterns[end];
                    int place = FirstAfter(list, _after);
                    if (place < list.Length)
                    {
                        pattern = Math.Min(pattern, list[place]);
                    }
                }
            }

            _after = pattern;
            return pattern != int.MaxValue;
        }

        private static int FirstAfter(int[] list, int after)
        {
            int place = Array.BinarySearch(list, after + 1);
            return place < 0 ? ~place : place;
        }
    }

    /// <summary>The patterns of one start, by how they end.</summary>
    private sealed class Ends
    {
        public Ends(ReadOnlySpan<PythonRegex> patterns, List<int> members)
        {
            List<byte[]> literals = [];
            foreach (int member in members)
            {
                literals.Add(patterns[member].LiteralSuffix.ToArray());
            }

            Literals = new LiteralTable(literals, isForEnds: true);
            List<int>[] lists = new List<int>[Literals.Count];
            for (int i = 0; i < members.Count; i++)
            {
                (lists[Literals.PlaceOf(literals[i])] ??= []).Add(members[i]);
            }

            Patterns = Array.ConvertAll(lists, static list => list.ToArray());
        }

        public LiteralTable Literals { get; }

        public int[][] Patterns { get; }
    }
}
