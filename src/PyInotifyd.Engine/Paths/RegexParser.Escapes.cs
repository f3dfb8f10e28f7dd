using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Escapes and sets.</summary>
internal sealed partial class RegexParser
{
    private const int MaxCodePoint = 0x10FFFF;

    /// <summary>Returns the code point of <c>\a \b \f \n \r \t \v \\</c>, else -1.</summary>
    internal static int ToControl(int character) => character switch
    {
        'a' => '\a',
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\v',
        '\\' => '\\',
        _ => -1,
    };

    private static CharacterCategory ToCategory(int character) => character switch
    {
        'd' => CharacterCategory.Digit,
        'D' => CharacterCategory.NotDigit,
        's' => CharacterCategory.Space,
        'S' => CharacterCategory.NotSpace,
        'w' => CharacterCategory.Word,
        'W' => CharacterCategory.NotWord,
        _ => CharacterCategory.None,
    };

    private RegexNode ParseEscape(int character, int start)
    {
        CharacterCategory category = ToCategory(character);
        if (category != CharacterCategory.None)
        {
            return new RegexNode(RegexNodeKind.Set) { Items = new List<SetItem> { new(category) } };
        }

        RegexAt? at = character switch
        {
            'A' => RegexAt.StartOfText,
            'Z' => RegexAt.EndOfText,
            'b' => RegexAt.Boundary,
            'B' => RegexAt.NotBoundary,
            _ => null,
        };
        if (at is not null)
        {
            return new RegexNode(RegexNodeKind.At, (int)at.Value);
        }

        if (character is >= '1' and <= '9')
        {
            return ParseNumberEscape(character, start);
        }

        return new RegexNode(RegexNodeKind.Literal, ParseCharacterEscape(character, start));
    }

    /// <summary>Parses an escape that stands for one code point, in a set or outside.</summary>
    private int ParseCharacterEscape(int character, int start)
    {
        int control = ToControl(character);
        if (control >= 0)
        {
            return control;
        }

        switch (character)
        {
            case 'x':
                return ParseHexadecimal('x', 2, start);
            case 'u':
                return ParseHexadecimal('u', 4, start);
            case 'U':
                return ParseHexadecimal('U', 8, start);
            case 'N':
                if (!_reader.Take('{'))
                {
                    throw _reader.Error("missing {");
                }

                _reader.ReadUntil('}', "character name");
                throw PatternSyntaxException.NotSupported("a character by its name, \\N{…}", start);
            case >= '0' and <= '7':
                return ParseOctal(character, start);
        }

        if (UnicodeCharacter.IsAsciiLetter(character) || UnicodeCharacter.IsAsciiDigit(character))
        {
            throw BadEscape("\\" + PatternReader.Show(character), start);
        }

        return character;
    }

    private int ParseHexadecimal(char kind, int digits, int start)
    {
        string shown = "\\" + kind;
        long value = 0;
        int count = 0;
        for (; count < digits && !_reader.NextIsEscape && HexadecimalValue(_reader.Next) >= 0; count++)
        {
            value = (value * 16) + HexadecimalValue(_reader.Next);
            shown += (char)_reader.Read();
        }

        if (count < digits)
        {
            throw new PatternSyntaxException("incomplete escape " + shown, start);
        }

        return value <= MaxCodePoint ? (int)value : throw BadEscape(shown, start);
    }

    private static int HexadecimalValue(int character) => character switch
    {
        >= '0' and <= '9' => character - '0',
        >= 'a' and <= 'f' => character - 'a' + 10,
        >= 'A' and <= 'F' => character - 'A' + 10,
        _ => -1,
    };

    /// <summary>Parses an octal escape of up to three digits, the first of which has been read.</summary>
    private int ParseOctal(int first, int start)
    {
        string shown = "\\" + (char)first;
        int value = first - '0';
        for (int i = 0; i < 2 && _reader.IsOctal(); i++)
        {
            shown += (char)_reader.Next;
            value = (value * 8) + _reader.Read() - '0';
        }

        return CheckOctal(value, shown, start);
    }

    private static int CheckOctal(int value, string shown, int start) =>
        value <= 0xFF ? value : throw new PatternSyntaxException("octal escape value " + shown + " outside of range 0-0o377", start);

    /// <summary>Parses what starts with a digit that is not zero: three octal digits are a character, anything else is a group's number.</summary>
    private RegexNode ParseNumberEscape(int first, int start)
    {
        int group = first - '0';
        if (_reader.IsDigit())
        {
            int second = _reader.Read();
            if (first <= '7' && second <= '7' && _reader.IsOctal())
            {
                int third = _reader.Read();
                int value = ((first - '0') * 64) + ((second - '0') * 8) + third - '0';
                return new RegexNode(RegexNodeKind.Literal, CheckOctal(value, "\\" + (char)first + (char)second + (char)third, start));
            }

            group = (group * 10) + second - '0';
        }

        if (group > GroupCount)
        {
            throw new PatternSyntaxException("invalid group reference " + group.ToString(), start + 1);
        }

        if (_groups[group] is null)
        {
            throw new PatternSyntaxException("cannot refer to an open group", start);
        }

        CheckLookBehind(group);
        return new RegexNode(RegexNodeKind.BackReference, group);
    }

    private static PatternSyntaxException BadEscape(string shown, int start) => new("bad escape " + shown, start);

    private RegexNode ParseSet(int start)
    {
        List<SetItem> items = new();
        bool negated = _reader.Take('^');
        bool isFirst = true;
        while (true)
        {
            int itemStart = _reader.Position;
            if (_reader.Is(']') && !isFirst)
            {
                _reader.Read();
                break;
            }

            SetItem item = ParseSetItem(start);
            isFirst = false;
            if (!_reader.Take('-'))
            {
                SetItem.AddOnce(items, item);
                continue;
            }

            if (_reader.Take(']'))
            {
                SetItem.AddOnce(items, item);
                SetItem.AddOnce(items, new SetItem('-', '-', false));
                break;
            }

            int lastStart = _reader.Position;
            SetItem last = ParseSetItem(start);
            if (!item.IsLiteral || !last.IsLiteral || last.First < item.First)
            {
                // Python shows the tokens, which leaves out the digits of an escape, and counts back from here by their length.
                string shown = ShowToken(itemStart) + "-" + ShowToken(lastStart);
                throw _reader.Error("bad character range " + shown, PatternReader.CountCodePoints(shown));
            }

            SetItem.AddOnce(items, new SetItem(item.First, last.First, true));
        }

        if (items.Count == 1 && items[0].IsLiteral)
        {
            return new RegexNode(negated ? RegexNodeKind.NotLiteral : RegexNodeKind.Literal, items[0].First);
        }

        return new RegexNode(RegexNodeKind.Set) { Items = items, Negated = negated };
    }

    private SetItem ParseSetItem(int start)
    {
        if (_reader.AtEnd)
        {
            throw new PatternSyntaxException("unterminated character set", start);
        }

        bool isEscape = _reader.NextIsEscape;
        int itemStart = _reader.Position;
        int character = _reader.Read();
        if (isEscape)
        {
            CharacterCategory category = ToCategory(character);
            if (category != CharacterCategory.None)
            {
                return new SetItem(category);
            }

            character = ParseCharacterEscape(character, itemStart);
        }

        return new SetItem(character, character, false);
    }

    private string ShowToken(int position)
    {
        int here = _reader.Position;
        _reader.Seek(position);
        string shown = (_reader.NextIsEscape ? "\\" : "") + PatternReader.Show(_reader.Next);
        _reader.Seek(here);
        return shown;
    }
}
