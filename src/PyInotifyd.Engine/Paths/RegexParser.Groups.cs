using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>What starts with a parenthesis.</summary>
internal sealed partial class RegexParser
{
    /// <summary>Parses from after the parenthesis to its partner; null for a comment and for global flags.</summary>
    private RegexNode? ParseParenthesis(bool verbose, int nesting, bool flagsMayStand, int start)
    {
        if (!_reader.Take('?'))
        {
            return ParseGroup(verbose, nesting, start, null);
        }

        if (_reader.AtEnd)
        {
            throw _reader.Error("unexpected end of pattern");
        }

        bool isEscape = _reader.NextIsEscape;
        int kind = _reader.Read();
        if (isEscape)
        {
            throw _reader.Error("unknown extension ?\\" + PatternReader.Show(kind), 3);
        }

        switch (kind)
        {
            case 'P':
                return ParseNamed(verbose, nesting, start);
            case ':':
                return new RegexNode(RegexNodeKind.Group) { Body = ParseBody(verbose, nesting, start) };
            case '>':
                return new RegexNode(RegexNodeKind.Atomic) { Body = ParseBody(verbose, nesting, start) };
            case '#':
                SkipComment(start);
                return null;
            case '=' or '!':
                return ParseLook(kind == '!', false, verbose, nesting, start);
            case '<':
                return ParseLookBehind(verbose, nesting, start);
            case '(':
                return ParseConditional(verbose, nesting, start);
            default:
                if (kind != '-' && ToFlag(kind) == RegexFlags.None && kind is not ('L' or 't'))
                {
                    throw _reader.Error("unknown extension ?" + PatternReader.Show(kind), 2);
                }

                return ParseFlags(kind, verbose, nesting, flagsMayStand, start);
        }
    }

    private RegexNode ParseGroup(bool verbose, int nesting, int start, string? name)
    {
        int group = _groups.Count;
        if (name is not null)
        {
            foreach (NamedGroup other in _names)
            {
                if (other.Name == name)
                {
                    throw _reader.Error(
                        "redefinition of group name " + PatternReader.Quote(name) + " as group " + group.ToString() + "; was group " + other.Index.ToString(),
                        PatternReader.CountCodePoints(name) + 1);
                }
            }

            _names.Add(new NamedGroup(name, group));
        }

        _groups.Add(null);
        RegexSequence body = ParseBody(verbose, nesting, start);
        _groups[group] = body;
        return new RegexNode(RegexNodeKind.Group, group) { Body = body };
    }

    private RegexSequence ParseBody(bool verbose, int nesting, int start)
    {
        RegexSequence body = ParseAlternatives(verbose, nesting + 1);
        ReadClosing(start);
        return body;
    }

    private void ReadClosing(int start)
    {
        if (!_reader.Take(')'))
        {
            throw new PatternSyntaxException("missing ), unterminated subpattern", start);
        }
    }

    private void SkipComment(int start)
    {
        while (true)
        {
            if (_reader.AtEnd)
            {
                throw new PatternSyntaxException("missing ), unterminated comment", start);
            }

            bool ends = _reader.Is(')');
            _reader.Read();
            if (ends)
            {
                return;
            }
        }
    }

    private RegexNode ParseNamed(bool verbose, int nesting, int start)
    {
        if (_reader.Take('<'))
        {
            string name = _reader.ReadUntil('>', "group name");
            CheckName(_reader, name);
            return ParseGroup(verbose, nesting, start, name);
        }

        if (_reader.Take('='))
        {
            string name = _reader.ReadUntil(')', "group name");
            CheckName(_reader, name);
            int back = PatternReader.CountCodePoints(name) + 1;
            int group = FindName(name);
            if (group < 0)
            {
                throw _reader.Error("unknown group name " + PatternReader.Quote(name), back);
            }

            if (_groups[group] is null)
            {
                throw _reader.Error("cannot refer to an open group", back);
            }

            CheckLookBehind(group);
            return new RegexNode(RegexNodeKind.BackReference, group);
        }

        if (_reader.AtEnd)
        {
            throw _reader.Error("unexpected end of pattern");
        }

        bool isEscape = _reader.NextIsEscape;
        string shown = PatternReader.Show(_reader.Read());
        throw _reader.Error("unknown extension ?P" + (isEscape ? "\\" : "") + shown, isEscape ? 4 : 3);
    }

    private RegexNode ParseLookBehind(bool verbose, int nesting, int start)
    {
        if (_reader.AtEnd)
        {
            throw _reader.Error("unexpected end of pattern");
        }

        bool isEscape = _reader.NextIsEscape;
        int kind = _reader.Read();
        if (isEscape || kind is not ('=' or '!'))
        {
            throw _reader.Error("unknown extension ?<" + (isEscape ? "\\" : "") + PatternReader.Show(kind), isEscape ? 4 : 3);
        }

        int outer = _groupsBeforeLookBehind;
        if (outer < 0)
        {
            _groupsBeforeLookBehind = _groups.Count;
        }

        RegexNode look = ParseLook(kind == '!', true, verbose, nesting, start);
        _groupsBeforeLookBehind = outer;
        return look;
    }

    private RegexNode ParseLook(bool negated, bool behind, bool verbose, int nesting, int start)
    {
        RegexSequence body = ParseAlternatives(verbose, nesting + 1);
        ReadClosing(start);
        return new RegexNode(RegexNodeKind.Look) { Body = body, Negated = negated, Behind = behind, Position = start };
    }

    private RegexNode ParseConditional(bool verbose, int nesting, int start)
    {
        string name = _reader.ReadUntil(')', "group name");
        int back = PatternReader.CountCodePoints(name) + 1;
        int group;
        if (IsIdentifier(name))
        {
            group = FindName(name);
            if (group < 0)
            {
                throw _reader.Error("unknown group name " + PatternReader.Quote(name), back);
            }
        }
        else
        {
            group = ParseGroupNumber(_reader, name);
            if (group == 0)
            {
                throw _reader.Error("bad group number", back);
            }

            _conditions.Add((group, _reader.Position - back));
        }

        CheckLookBehind(group);
        if (nesting + 1 > MaxNesting)
        {
            throw PatternSyntaxException.NotSupported("more than " + MaxNesting.ToString() + " levels of parentheses", start);
        }

        List<RegexSequence> alternatives = new() { ParseSequence(verbose, nesting + 1, false) };
        if (_reader.Take('|'))
        {
            alternatives.Add(ParseSequence(verbose, nesting + 1, false));
            if (_reader.Is('|'))
            {
                throw _reader.Error("conditional backref with more than two branches");
            }
        }

        ReadClosing(start);
        return new RegexNode(RegexNodeKind.Conditional, group) { Alternatives = alternatives };
    }

    private RegexNode? ParseFlags(int flag, bool verbose, int nesting, bool flagsMayStand, int start)
    {
        RegexFlags added = RegexFlags.None;
        RegexFlags removed = RegexFlags.None;
        int end = flag;
        if (flag != '-')
        {
            end = ReadFlags(flag, "missing -, : or )", ref added, true);
            if (end == ')')
            {
                if (!flagsMayStand)
                {
                    throw new PatternSyntaxException("global flags not at the start of the expression", start);
                }

                _flags |= added;
                return null;
            }
        }

        if (end == '-')
        {
            if (_reader.AtEnd)
            {
                throw _reader.Error("missing flag");
            }

            bool isEscape = _reader.NextIsEscape;
            int first = _reader.Read();
            if (isEscape || !IsFlag(first))
            {
                throw UnknownFlag(first, isEscape, "missing flag");
            }

            ReadFlags(first, "missing :", ref removed, false);
        }

        if ((added & removed) != 0)
        {
            throw _reader.Error("bad inline flags: flag turned on and off", 1);
        }

        bool inside = (verbose || (added & RegexFlags.Verbose) != 0) && (removed & RegexFlags.Verbose) == 0;
        return new RegexNode(RegexNodeKind.Group) { AddedFlags = added, RemovedFlags = removed, Body = ParseBody(inside, nesting, start) };
    }

    /// <summary>Reads flags up to what ends them, and returns that.</summary>
    private int ReadFlags(int flag, string missing, ref RegexFlags flags, bool adding)
    {
        while (true)
        {
            if (flag == 't')
            {
                throw PatternSyntaxException.NotSupported("the flag t", _reader.Position - 1);
            }

            if (flag == 'L' && adding)
            {
                throw _reader.Error("bad inline flags: cannot use 'L' flag with a str pattern");
            }

            RegexFlags one = ToFlag(flag);
            if (!adding && (flag == 'L' || (one & RegexFlags.Types) != 0))
            {
                throw _reader.Error("bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
            }

            flags |= one;
            if ((one & RegexFlags.Types) != 0 && (flags & RegexFlags.Types) != one)
            {
                throw _reader.Error("bad inline flags: flags 'a', 'u' and 'L' are incompatible");
            }

            if (_reader.AtEnd)
            {
                throw _reader.Error(missing);
            }

            bool isEscape = _reader.NextIsEscape;
            flag = _reader.Read();
            if (!isEscape && (flag == ':' || (adding && flag is ')' or '-')))
            {
                return flag;
            }

            if (isEscape || !IsFlag(flag))
            {
                throw UnknownFlag(flag, isEscape, missing);
            }
        }
    }

    private PatternSyntaxException UnknownFlag(int flag, bool isEscape, string missing)
    {
        bool isLetter = !isEscape && UnicodeCharacter.StartsIdentifier(flag) && flag != '_';
        return _reader.Error(isLetter ? "unknown flag" : missing, isEscape ? 2 : 1);
    }

    private static bool IsFlag(int character) => character is 'L' or 't' || ToFlag(character) != RegexFlags.None;

    private static RegexFlags ToFlag(int character) => character switch
    {
        'i' => RegexFlags.IgnoreCase,
        'm' => RegexFlags.Multiline,
        's' => RegexFlags.DotAll,
        'x' => RegexFlags.Verbose,
        'a' => RegexFlags.Ascii,
        'u' => RegexFlags.Unicode,
        _ => RegexFlags.None,
    };

    private int FindName(string name)
    {
        foreach (NamedGroup group in _names)
        {
            if (group.Name == name)
            {
                return group.Index;
            }
        }

        return -1;
    }

    private void CheckLookBehind(int group)
    {
        if (_groupsBeforeLookBehind < 0)
        {
            return;
        }

        if (group >= _groups.Count || _groups[group] is null)
        {
            throw _reader.Error("cannot refer to an open group");
        }

        if (group >= _groupsBeforeLookBehind)
        {
            throw _reader.Error("cannot refer to group defined in the same lookbehind subpattern");
        }
    }
}
