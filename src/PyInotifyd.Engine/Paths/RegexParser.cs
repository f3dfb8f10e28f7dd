using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Parses Python's syntax of regular expressions.</summary>
/// <remarks>
/// The order in which things are read, and so the error that is found first, is CPython's. Two of its rewrites are kept because they can be seen from outside:
/// a group that neither captures nor sets flags dissolves into its surroundings, and alternatives of single characters become a set (which folds case its own
/// way). Nesting is limited, so that no pattern overflows the stack; CPython gives up below five hundred levels itself.
/// Source: the Python 3.11 library reference, "re"; behaviour compared with CPython by the property tests.
/// </remarks>
internal sealed partial class RegexParser
{
    private const int MaxNesting = 250;

    private readonly PatternReader _reader;
    private readonly List<RegexSequence?> _groups = new() { null };
    private readonly List<NamedGroup> _names = new();
    private readonly List<(int Group, int Position)> _conditions = new();
    private RegexFlags _flags;
    private int _groupsBeforeLookBehind = -1;

    private RegexParser(string pattern)
    {
        _reader = new PatternReader(pattern);
    }

    /// <summary>The number of groups, group 0 not counted.</summary>
    internal int GroupCount => _groups.Count - 1;

    /// <summary>The groups that have names, in the order of their numbers.</summary>
    internal List<NamedGroup> Names => _names;

    /// <summary>The flags of the whole pattern.</summary>
    internal RegexFlags Flags => _flags;

    /// <summary>Parses a pattern; throws <see cref="PatternSyntaxException"/>.</summary>
    internal static RegexParser Parse(string pattern, out RegexSequence sequence)
    {
        RegexParser parser = new(pattern);
        sequence = parser.ParseAlternatives(false, 0);
        if ((parser._flags & RegexFlags.Types) == RegexFlags.Types)
        {
            throw new PatternSyntaxException("ASCII and UNICODE flags are incompatible", 0);
        }

        if ((parser._flags & RegexFlags.Ascii) == 0)
        {
            parser._flags |= RegexFlags.Unicode;
        }

        if (!parser._reader.AtEnd)
        {
            throw parser._reader.Error("unbalanced parenthesis");
        }

        foreach ((int group, int position) in parser._conditions)
        {
            if (group > parser.GroupCount)
            {
                throw new PatternSyntaxException("invalid group reference " + group.ToString(), position);
            }
        }

        return parser;
    }

    private RegexSequence NewSequence() => new(_groups);

    private RegexSequence ParseAlternatives(bool verbose, int nesting)
    {
        if (nesting > MaxNesting)
        {
            throw PatternSyntaxException.NotSupported("more than " + MaxNesting.ToString() + " levels of parentheses", _reader.Position);
        }

        List<RegexSequence> alternatives = new();
        while (true)
        {
            alternatives.Add(ParseSequence(verbose, nesting, nesting == 0 && alternatives.Count == 0));
            if (!_reader.Take('|'))
            {
                break;
            }

            if (nesting == 0)
            {
                verbose = (_flags & RegexFlags.Verbose) != 0;
            }
        }

        return alternatives.Count == 1 ? alternatives[0] : JoinAlternatives(alternatives);
    }

    private RegexSequence JoinAlternatives(List<RegexSequence> alternatives)
    {
        RegexSequence joined = NewSequence();
        while (HaveSameStart(alternatives))
        {
            joined.Nodes.Add(alternatives[0].Nodes[0]);
            foreach (RegexSequence alternative in alternatives)
            {
                alternative.Nodes.RemoveAt(0);
            }
        }

        List<SetItem>? items = new();
        foreach (RegexSequence alternative in alternatives)
        {
            RegexNode? only = alternative.Nodes.Count == 1 ? alternative.Nodes[0] : null;
            if (only is { Kind: RegexNodeKind.Literal })
            {
                SetItem.AddOnce(items, new SetItem(only.Value, only.Value, false));
            }
            else if (only is { Kind: RegexNodeKind.Set, Negated: false })
            {
                foreach (SetItem item in only.Items!)
                {
                    SetItem.AddOnce(items, item);
                }
            }
            else
            {
                items = null;
                break;
            }
        }

        joined.Nodes.Add(items is null
            ? new RegexNode(RegexNodeKind.Branch) { Alternatives = alternatives }
            : new RegexNode(RegexNodeKind.Set) { Items = items });
        return joined;
    }

    private static bool HaveSameStart(List<RegexSequence> alternatives)
    {
        foreach (RegexSequence alternative in alternatives)
        {
            if (alternative.Nodes.Count == 0 || !alternative.Nodes[0].SameLeaf(alternatives[0].Nodes[0]))
            {
                return false;
            }
        }

        return true;
    }

    private RegexSequence ParseSequence(bool verbose, int nesting, bool isFirst)
    {
        RegexSequence sequence = NewSequence();
        List<RegexNode> nodes = sequence.Nodes;
        while (!_reader.AtEnd && !_reader.Is('|') && !_reader.Is(')'))
        {
            bool isEscape = _reader.NextIsEscape;
            int start = _reader.Position;
            int character = _reader.Read();
            if (isEscape)
            {
                nodes.Add(ParseEscape(character, start));
                continue;
            }

            if (verbose && SkipVerbose(character))
            {
                continue;
            }

            switch (character)
            {
                case '[':
                    nodes.Add(ParseSet(start));
                    break;
                case '*' or '+' or '?' or '{':
                    ParseRepeat(nodes, character, start);
                    break;
                case '.':
                    nodes.Add(new RegexNode(RegexNodeKind.Any));
                    break;
                case '(':
                    if (ParseParenthesis(verbose, nesting, isFirst && nodes.Count == 0, start) is { } node)
                    {
                        nodes.Add(node);
                    }
                    else if (nesting == 0)
                    {
                        // A comment, or global flags, which hold from here on.
                        verbose = (_flags & RegexFlags.Verbose) != 0;
                    }

                    break;
                case '^':
                    nodes.Add(new RegexNode(RegexNodeKind.At, (int)RegexAt.Start));
                    break;
                case '$':
                    nodes.Add(new RegexNode(RegexNodeKind.At, (int)RegexAt.End));
                    break;
                default:
                    nodes.Add(new RegexNode(RegexNodeKind.Literal, character));
                    break;
            }
        }

        DissolvePlainGroups(nodes);
        return sequence;
    }

    private static void DissolvePlainGroups(List<RegexNode> nodes)
    {
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            if (nodes[i].IsPlainGroup)
            {
                List<RegexNode> content = nodes[i].Body!.Nodes;
                nodes.RemoveAt(i);
                nodes.InsertRange(i, content);
            }
        }
    }

    private bool SkipVerbose(int character)
    {
        if (character is ' ' or '\t' or '\n' or '\r' or '\v' or '\f')
        {
            return true;
        }

        if (character != '#')
        {
            return false;
        }

        while (!_reader.AtEnd)
        {
            bool ends = _reader.Is('\n');
            _reader.Read();
            if (ends)
            {
                break;
            }
        }

        return true;
    }

    private void ParseRepeat(List<RegexNode> nodes, int character, int start)
    {
        int min = character == '+' ? 1 : 0;
        int max = character == '?' ? 1 : RegexNode.Unbounded;
        if (character == '{' && !ParseBounds(start, out min, out max))
        {
            nodes.Add(new RegexNode(RegexNodeKind.Literal, character));
            return;
        }

        RegexNode? item = nodes.Count > 0 ? nodes[^1] : null;
        if (item is null || item.Kind == RegexNodeKind.At)
        {
            throw new PatternSyntaxException("nothing to repeat", start);
        }

        if (item.Kind == RegexNodeKind.Repeat)
        {
            throw new PatternSyntaxException("multiple repeat", start);
        }

        RegexSequence body = item.Body!;
        if (!item.IsPlainGroup)
        {
            body = NewSequence();
            body.Nodes.Add(item);
        }

        RegexGreed greed = _reader.Take('?') ? RegexGreed.Lazy : _reader.Take('+') ? RegexGreed.Possessive : RegexGreed.Greedy;
        nodes[^1] = new RegexNode(RegexNodeKind.Repeat) { Min = min, Max = max, Greed = greed, Body = body };
    }

    /// <summary>Reads what follows an opening brace; where it is no repeat, goes back and returns false: the brace is a literal.</summary>
    private bool ParseBounds(int start, out int min, out int max)
    {
        min = 0;
        max = RegexNode.Unbounded;
        if (_reader.Is('}'))
        {
            return false;
        }

        long low = ReadNumber();
        long high = low;
        if (_reader.Take(','))
        {
            high = ReadNumber();
        }

        if (!_reader.Take('}'))
        {
            _reader.Seek(start + 1);
            return false;
        }

        if (low >= uint.MaxValue || high >= uint.MaxValue)
        {
            throw new PatternSyntaxException("the repetition number is too large", start);
        }

        if (high >= 0 && low > high)
        {
            throw new PatternSyntaxException("min repeat greater than max repeat", start + 1);
        }

        // No path is longer than int.MaxValue, and no attempt has so many steps: a larger bound is the same as none.
        min = low < 0 ? 0 : (int)long.Min(low, int.MaxValue);
        max = high < 0 ? RegexNode.Unbounded : (int)long.Min(high, int.MaxValue);
        return true;
    }

    /// <summary>Reads digits; -1 when there are none, <see cref="uint.MaxValue"/> for what is as large or larger.</summary>
    private long ReadNumber()
    {
        long number = -1;
        while (_reader.IsDigit())
        {
            int digit = _reader.Read() - '0';
            number = number < 0 ? digit : long.Min((number * 10) + digit, uint.MaxValue);
        }

        return number;
    }
}
