using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>The classes that <c>\d \s \w</c> and their opposites stand for.</summary>
internal enum CharacterCategory
{
    None,
    Digit,
    NotDigit,
    Space,
    NotSpace,
    Word,
    NotWord,
}

/// <summary>One member of a set: a code point, a range of them, or a category.</summary>
internal readonly struct SetItem
{
    internal SetItem(int first, int last, bool isRange)
    {
        First = first;
        Last = last;
        IsRange = isRange;
    }

    internal SetItem(CharacterCategory category)
    {
        Category = category;
    }

    internal int First { get; }

    internal int Last { get; }

    /// <summary>Whether it was written as a range; under IGNORECASE CPython treats <c>a</c> and <c>a-a</c> differently beyond the BMP.</summary>
    internal bool IsRange { get; }

    internal CharacterCategory Category { get; }

    internal bool IsLiteral => Category == CharacterCategory.None && !IsRange;

    internal static bool SameItems(List<SetItem> left, List<SetItem> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Count; i++)
        {
            if (!left[i].Same(right[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Appends an item unless the list has it.</summary>
    internal static void AddOnce(List<SetItem> items, SetItem added)
    {
        foreach (SetItem item in items)
        {
            if (item.Same(added))
            {
                return;
            }
        }

        items.Add(added);
    }

    private bool Same(SetItem other) => First == other.First && Last == other.Last && IsRange == other.IsRange && Category == other.Category;
}
