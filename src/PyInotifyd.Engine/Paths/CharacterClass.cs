using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>A set of code points, with the answers for ASCII worked out.</summary>
/// <remarks>
/// How case is ignored is CPython's, oddities included: the subject's character is lowered if anything in the set has case, and compared with lowered
/// members and their equals (<see cref="UnicodeTables.ExtraCases"/>); members beyond the BMP are not lowered, and ranges that reach there are asked for the
/// upper case too.   Threads: any; immutable.
/// </remarks>
internal sealed class CharacterClass
{
    private const int LastOfBmp = 0xFFFF;

    private readonly ulong _low;
    private readonly ulong _high;
    private readonly bool _negated;
    private readonly Folding _folding;

    /// <summary>First and last of each range, sorted, apart from each other.</summary>
    private readonly int[] _ranges;

    /// <summary>The same for ranges that are asked for the upper case too; may be empty.</summary>
    private readonly int[] _upperRanges;
    private readonly CharacterCategory[] _categories;
    private readonly bool _asciiCategories;

    private CharacterClass(
        int[] ranges, int[] upperRanges, CharacterCategory[] categories, bool asciiCategories, bool negated, Folding folding)
    {
        _ranges = ranges;
        _upperRanges = upperRanges;
        _categories = categories;
        _asciiCategories = asciiCategories;
        _negated = negated;
        _folding = folding;
        for (int i = 0; i < 64; i++)
        {
            _low |= Find(i) ? 1UL << i : 0;
            _high |= Find(i + 64) ? 1UL << i : 0;
        }
    }

    private enum Folding
    {
        None,
        Ascii,
        Unicode,
    }

    /// <summary>Makes the class of a set.</summary>
    internal static CharacterClass FromItems(List<SetItem> items, bool negated, RegexFlags flags)
    {
        Folding folding = ToFolding(flags);
        Builder builder = new(folding);
        List<CharacterCategory> categories = new();
        foreach (SetItem item in items)
        {
            if (item.Category != CharacterCategory.None)
            {
                categories.Add(item.Category);
            }
            else
            {
                builder.Add(item);
            }
        }

        return new CharacterClass(
            builder.Ranges(), builder.UpperRanges(), categories.ToArray(), (flags & RegexFlags.Unicode) == 0, negated,
            builder.HasCased ? folding : Folding.None);
    }

    /// <summary>Makes the class of one character, or of all others, whose case is ignored; null where its case makes no difference.</summary>
    internal static CharacterClass? FromCased(int codePoint, bool negated, RegexFlags flags)
    {
        Folding folding = ToFolding(flags);
        if (folding == Folding.None || !IsCased(codePoint, folding))
        {
            return null;
        }

        Builder builder = new(Folding.None);
        int lower = Lower(codePoint, folding);
        builder.AddOne(lower);
        if (folding == Folding.Unicode)
        {
            builder.AddExtraCases(lower);
        }

        return new CharacterClass(builder.Ranges(), [], [], false, negated, folding);
    }

    /// <summary>Whether the case of a member makes a difference, or may because it lies beyond the BMP.</summary>
    internal static bool DependsOnCase(List<SetItem> items, RegexFlags flags)
    {
        Builder builder = new(ToFolding(flags));
        foreach (SetItem item in items)
        {
            if (item.Category == CharacterCategory.None && (item.IsRange || item.First <= LastOfBmp || IsCased(item.First, ToFolding(flags))))
            {
                builder.Add(item);
            }
        }

        return builder.HasCased;
    }

    /// <summary>Whether an ASCII character is a member.</summary>
    internal bool ContainsAscii(int character) => (((character < 64 ? _low : _high) >> (character & 63)) & 1) != 0;

    /// <summary>Whether the code point is a member.</summary>
    internal bool Contains(int codePoint) => codePoint < 0x80 ? ContainsAscii(codePoint) : Find(codePoint);

    private static bool IsPositive(CharacterCategory category) => category is CharacterCategory.Digit or CharacterCategory.Space or CharacterCategory.Word;

    private static Folding ToFolding(RegexFlags flags)
    {
        if ((flags & RegexFlags.IgnoreCase) == 0)
        {
            return Folding.None;
        }

        return (flags & RegexFlags.Unicode) != 0 ? Folding.Unicode : Folding.Ascii;
    }

    private static int Lower(int codePoint, Folding folding) => folding switch
    {
        Folding.Unicode => UnicodeCharacter.ToLower(codePoint),
        Folding.Ascii => UnicodeCharacter.ToAsciiLower(codePoint),
        _ => codePoint,
    };

    private static bool IsCased(int codePoint, Folding folding) =>
        folding == Folding.Unicode ? UnicodeCharacter.IsCased(codePoint) : UnicodeCharacter.IsAsciiLetter(codePoint);

    private static bool InRanges(int[] ranges, int codePoint)
    {
        int low = 0;
        int high = (ranges.Length / 2) - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            if (codePoint < ranges[middle * 2])
            {
                high = middle - 1;
            }
            else if (codePoint > ranges[(middle * 2) + 1])
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private bool Find(int codePoint)
    {
        codePoint = Lower(codePoint, _folding);
        if (InRanges(_ranges, codePoint))
        {
            return !_negated;
        }

        if (_upperRanges.Length > 0 && (InRanges(_upperRanges, codePoint) || InRanges(_upperRanges, UnicodeCharacter.ToUpper(codePoint))))
        {
            return !_negated;
        }

        foreach (CharacterCategory category in _categories)
        {
            if (InCategory(category, codePoint))
            {
                return !_negated;
            }
        }

        return _negated;
    }

    private bool InCategory(CharacterCategory category, int codePoint)
    {
        bool isMember = category switch
        {
            CharacterCategory.Digit or CharacterCategory.NotDigit =>
                _asciiCategories ? UnicodeCharacter.IsAsciiDigit(codePoint) : UnicodeCharacter.IsDigit(codePoint),
            CharacterCategory.Space or CharacterCategory.NotSpace =>
                _asciiCategories ? UnicodeCharacter.IsAsciiSpace(codePoint) : UnicodeCharacter.IsSpace(codePoint),
            _ => _asciiCategories ? UnicodeCharacter.IsAsciiWord(codePoint) : UnicodeCharacter.IsWord(codePoint),
        };
        return isMember == IsPositive(category);
    }

    /// <summary>Collects the members, folded.</summary>
    private sealed class Builder
    {
        private readonly Folding _folding;
        private readonly List<(int First, int Last)> _ranges = new();
        private readonly List<(int First, int Last)> _upperRanges = new();

        internal Builder(Folding folding)
        {
            _folding = folding;
        }

        /// <summary>Whether the case of a member makes a difference.</summary>
        internal bool HasCased { get; private set; }

        internal void Add(SetItem item)
        {
            if (_folding == Folding.None)
            {
                _ranges.Add((item.First, item.Last));
                return;
            }

            for (int i = item.First; i <= item.Last && i <= LastOfBmp; i++)
            {
                int lower = Lower(i, _folding);
                AddOne(lower);
                if (_folding == Folding.Unicode)
                {
                    AddExtraCases(lower);
                }

                HasCased = HasCased || IsCased(i, _folding);
            }

            if (item.Last > LastOfBmp)
            {
                HasCased = true;
                (item.IsRange ? _upperRanges : _ranges).Add((item.First, item.Last));
            }
        }

        internal void AddOne(int codePoint)
        {
            // Characters come in order as a rule: lengthening the last range keeps the list short.
            if (_ranges.Count > 0 && codePoint == _ranges[^1].Last + 1)
            {
                _ranges[^1] = (_ranges[^1].First, codePoint);
            }
            else if (_ranges.Count == 0 || codePoint < _ranges[^1].First || codePoint > _ranges[^1].Last)
            {
                _ranges.Add((codePoint, codePoint));
            }
        }

        internal void AddExtraCases(int lower)
        {
            int[] pairs = UnicodeTables.ExtraCases;
            for (int i = 0; i < pairs.Length; i += 2)
            {
                if (pairs[i] == lower)
                {
                    _ranges.Insert(0, (pairs[i + 1], pairs[i + 1]));
                }
            }
        }

        internal int[] Ranges() => Merge(_ranges);

        internal int[] UpperRanges() => Merge(_upperRanges);

        private static int[] Merge(List<(int First, int Last)> ranges)
        {
            ranges.Sort(static (left, right) => left.First.CompareTo(right.First));
            List<int> merged = new();
            foreach ((int first, int last) in ranges)
            {
                if (merged.Count > 0 && first <= merged[^1] + 1)
                {
                    merged[^1] = last > merged[^1] ? last : merged[^1];
                }
                else
                {
                    merged.Add(first);
                    merged.Add(last);
                }
            }

            return merged.ToArray();
        }
    }
}
