using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Finds the rules whose pattern begins with what a path begins with, so that a thousand rules for a thousand directories cost little more than one.</summary>
/// <remarks>
/// The different literal starts of the patterns stand in the order of their bytes, each with the longest other one that it begins with itself. Those that a path begins with are then among the greatest
/// one that is not greater than the path, and the ones that this leads to.
/// Threads: any; immutable.   Cost: a binary search, then a step for each start that fits.
/// </remarks>
internal sealed class RuleIndex
{
    private readonly Start[] _starts;

    /// <summary>Makes the index of a list of rules.</summary>
    public RuleIndex(ReadOnlySpan<FileRule> rules)
    {
        List<FileRule> order = [.. rules];
        order.Sort(static (a, b) =>
        {
            int compared = a.Source.LiteralPrefix.SequenceCompareTo(b.Source.LiteralPrefix);
            return compared != 0 ? compared : a.Index.CompareTo(b.Index);
        });

        List<Start> starts = [];
        foreach (FileRule rule in order)
        {
            ReadOnlySpan<byte> prefix = rule.Source.LiteralPrefix;
            if (starts.Count == 0 || !prefix.SequenceEqual(starts[^1].Prefix))
            {
                int shorter = starts.Count - 1;
                while (shorter >= 0 && !prefix.StartsWith(starts[shorter].Prefix))
                {
                    shorter = starts[shorter].Shorter;
                }

                starts.Add(new Start(prefix.ToArray(), shorter));
            }

            starts[^1].Rules.Add(rule);
        }

        _starts = starts.ToArray();
    }

    internal sealed record Start(byte[] Prefix, int Shorter)
    {
        public List<FileRule> Rules { get; } = [];
    }

    /// <summary>The rules that may match a path, in their order; valid until the path changes.</summary>
    public Candidates Of(ReadOnlySpan<byte> path)
    {
        int at = LastNotAfter(path);
        while (at >= 0 && !path.StartsWith(_starts[at].Prefix))
        {
            at = _starts[at].Shorter;
        }

        return new Candidates(_starts, at);
    }

    /// <summary>Whether a rule may match a path or something below it; true where it cannot be told.</summary>
    public bool MayMatchAt(ReadOnlySpan<byte> path)
    {
        int before = LastNotAfter(path);
        bool isNextBelow = before + 1 < _starts.Length && _starts[before + 1].Prefix.AsSpan().StartsWith(path);
        return isNextBelow || Of(path).Any;
    }

    private int LastNotAfter(ReadOnlySpan<byte> path)
    {
        int low = 0;
        int high = _starts.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_starts[middle].Prefix.AsSpan().SequenceCompareTo(path) <= 0)
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

    /// <summary>Rules of several starts, merged by their order.</summary>
    /// <remarks>The starts of one path are few: each is the beginning of the next.</remarks>
    public struct Candidates
    {
        private readonly Start[] _starts;
        private readonly int _longest;

        // Number of the last rule; where there is one start only, its place in it.
        private int _after;

        internal Candidates(Start[] starts, int longest)
        {
            (_starts, _longest, _after) = (starts, longest, -1);
        }

        /// <summary>Whether there is one.</summary>
        public readonly bool Any => _longest >= 0;

        /// <summary>Returns the next one; false where there is none.</summary>
        public bool TryNext(out FileRule rule)
        {
            rule = null!;
            if (_longest >= 0 && _starts[_longest].Shorter < 0)
            {
                List<FileRule> all = _starts[_longest].Rules;
                bool isThere = ++_after < all.Count;
                rule = isThere ? all[_after] : rule;
                return isThere;
            }

            int best = int.MaxValue;
            for (int at = _longest; at >= 0; at = _starts[at].Shorter)
            {
                List<FileRule> rules = _starts[at].Rules;
                int next = FirstAfter(rules, _after);
                if (next < rules.Count && rules[next].Index < best)
                {
                    rule = rules[next];
                    best = rule.Index;
                }
            }

            _after = best;
            return rule is not null;
        }

        private static int FirstAfter(List<FileRule> rules, int index)
        {
            int low = 0;
            int high = rules.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (rules[middle].Index <= index)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }
    }
}
