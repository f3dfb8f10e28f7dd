using System;
using System.Buffers;
using System.Text;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>Walks over one JSON text, byte by byte, and decodes its strings.</summary>
/// <remarks>
/// <para>
/// Written for the lines of workers: Utf8JsonReader cannot read lone surrogates, which names that are not UTF-8 travel as, and would make the program a quarter larger.
/// </para>
/// Shape: RFC 8259, except that bytes of a string need not be UTF-8: they are taken as they are.
/// Errors: what is not JSON → false; the scanner is of no use afterwards.   Cost: no allocation.
/// </remarks>
internal ref struct JsonScanner
{
    private const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    public JsonScanner(ReadOnlySpan<byte> text)
    {
        _text = text;
    }

    /// <summary>Gets whether only blanks are left.</summary>
    public bool IsAtEnd
    {
        get
        {
            SkipBlanks();
            return _at == _text.Length;
        }
    }

    /// <summary>Takes the next character if it is this one.</summary>
    public bool TryTake(byte expected)
    {
        SkipBlanks();
        if (_at == _text.Length || _text[_at] != expected)
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>Takes a word such as null.</summary>
    public bool TryWord(ReadOnlySpan<byte> word)
    {
        SkipBlanks();
        if (!_text[_at..].StartsWith(word))
        {
            return false;
        }

        _at += word.Length;
        return true;
    }

    /// <summary>Takes a string and tells where its content lies, escapes not decoded but known to be right.</summary>
    public bool TryText(out int start, out int length)
    {
        (start, length) = (0, 0);
        if (!TryTake((byte)'"'))
        {
            return false;
        }

        int from = _at;
        while (_at < _text.Length)
        {
            byte b = _text[_at++];
            if (b == '"')
            {
                (start, length) = (from, _at - 1 - from);
                return true;
            }

            if (b < 0x20 || (b == '\\' && !TryEscape()))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Takes any value.</summary>
    public bool TrySkipValue() => TrySkip(MaxDepth);

    /// <summary>Decodes the content of a string in its own place and returns how long it is then, which is never more.</summary>
    /// <remarks>Shape: UTF-8; <c>\udc80</c> to <c>\udcff</c> become the byte that they stand for, any other lone surrogate U+FFFD.</remarks>
    public static int Decode(Span<byte> content)
    {
        int to = content.IndexOf((byte)'\\');
        if (to < 0)
        {
            return content.Length;
        }

        for (int from = to; from < content.Length;)
        {
            byte b = content[from++];
            if (b != '\\')
            {
                content[to++] = b;
                continue;
            }

            byte escape = content[from++];
            if (escape == 'u')
            {
                to += DecodeUnit(content, ref from, content[to..]);
            }
            else
            {
                content[to++] = escape switch
                {
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    _ => escape,
                };
            }
        }

        return to;
    }

    private static int DecodeUnit(ReadOnlySpan<byte> content, ref int from, Span<byte> output)
    {
        char unit = Unit(content.Slice(from, 4));
        from += 4;
        if (!char.IsSurrogate(unit))
        {
            return new Rune(unit).EncodeToUtf8(output);
        }

        ReadOnlySpan<byte> next = content[from..];
        if (char.IsHighSurrogate(unit) && next.Length >= 6 && next[0] == '\\' && next[1] == 'u' && Rune.TryCreate(unit, Unit(next.Slice(2, 4)), out Rune pair))
        {
            from += 6;
            return pair.EncodeToUtf8(output);
        }

        if (unit is >= '\udc80' and <= '\udcff')
        {
            output[0] = (byte)(unit - 0xdc00);
            return 1;
        }

        return Rune.ReplacementChar.EncodeToUtf8(output);
    }

    private static char Unit(ReadOnlySpan<byte> digits)
    {
        int unit = 0;
        foreach (byte digit in digits)
        {
            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return (char)unit;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _at++;
        }
    }

    private bool TryEscape()
    {
        if (_at == _text.Length)
        {
            return false;
        }

        byte escape = _text[_at++];
        if (escape != 'u')
        {
            return "\"\\/bfnrt"u8.Contains(escape);
        }

        for (int i = 0; i < 4; i++)
        {
            if (_at == _text.Length || !char.IsAsciiHexDigit((char)_text[_at++]))
            {
                return false;
            }
        }

        return true;
    }

    private bool TrySkip(int depth)
    {
        SkipBlanks();
        if (_at == _text.Length || depth == 0)
        {
            return false;
        }

        switch (_text[_at])
        {
            case (byte)'"':
                return TryText(out _, out _);
            case (byte)'{':
                return TrySkipMembers(depth - 1, (byte)'{', (byte)'}', isObject: true);
            case (byte)'[':
                return TrySkipMembers(depth - 1, (byte)'[', (byte)']', isObject: false);
            case (byte)'t':
                return TryWord("true"u8);
            case (byte)'f':
                return TryWord("false"u8);
            case (byte)'n':
                return TryWord("null"u8);
            default:
                return TryNumber();
        }
    }

    private bool TrySkipMembers(int depth, byte open, byte close, bool isObject)
    {
        _ = TryTake(open);
        for (bool first = true; !TryTake(close); first = false)
        {
            if ((!first && !TryTake((byte)',')) || (isObject && !(TryText(out _, out _) && TryTake((byte)':'))) || !TrySkip(depth))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryNumber()
    {
        _ = TryByte((byte)'-');
        int start = _at;
        if (!TryDigits() || (_text[start] == '0' && _at > start + 1))
        {
            return false;
        }

        if (TryByte((byte)'.') && !TryDigits())
        {
            return false;
        }

        if (TryByte((byte)'e') || TryByte((byte)'E'))
        {
            _ = TryByte((byte)'+') || TryByte((byte)'-');
            return TryDigits();
        }

        return true;
    }

    private bool TryByte(byte expected)
    {
        bool found = _at < _text.Length && _text[_at] == expected;
        _at += found ? 1 : 0;
        return found;
    }

    private bool TryDigits()
    {
        int start = _at;
        while (_at < _text.Length && char.IsAsciiDigit((char)_text[_at]))
        {
            _at++;
        }

        return _at > start;
    }
}
