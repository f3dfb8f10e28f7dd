using System;
using System.Text;

namespace PyInotifyd.Configuration.Json;

/// <summary>Reads JSON strings as UTF-16 in which lone surrogates survive, so that <c>\udc80</c> can stand for a byte of a file name.</summary>
internal sealed class JsonStringReader
{
    private readonly byte[] _text;
    private readonly int _end;
    private readonly StringBuilder _buffer = new();

    /// <summary>Reads from bytes that are UTF-8 up to <paramref name="end"/>.</summary>
    public JsonStringReader(byte[] text, int end)
    {
        _text = text;
        _end = end;
    }

    /// <summary>Returns the string whose opening quote stands at <paramref name="at"/>, and moves behind its closing quote.</summary>
    /// <remarks>Errors: null, with the message, and <paramref name="at"/> at the place that is wrong.</remarks>
    public string? Read(ref int at, out string? error)
    {
        int opening = at;
        _buffer.Clear();
        error = null;
        at++;
        while (true)
        {
            ReadOnlySpan<byte> rest = _text.AsSpan(at, _end - at);
            int plain = LengthOfPlainRun(rest);
            if (plain == rest.Length)
            {
                // The end of a string that was never closed says little; where it began is what needs a look.
                at = _end == _text.Length ? opening : _end;
                error = "a string that begins here has no closing quote";
                return null;
            }

            byte c = rest[plain];
            if (c == '"')
            {
                at += plain + 1;
                return _buffer.Length == 0 ? Encoding.UTF8.GetString(rest[..plain]) : _buffer.Append(Encoding.UTF8.GetString(rest[..plain])).ToString();
            }

            _buffer.Append(Encoding.UTF8.GetString(rest[..plain]));
            at += plain;
            if (c != '\\')
            {
                error = c == '\n' ? "a string ends at the end of its line: a closing quote is missing, or write \\n" : $"a control character in a string: write \\u{(int)c:x4}";
                return null;
            }

            if (!Escape(ref at, out error))
            {
                return null;
            }
        }
    }

    private static int LengthOfPlainRun(ReadOnlySpan<byte> rest)
    {
        int i = 0;
        while (i < rest.Length && rest[i] >= 0x20 && rest[i] != '"' && rest[i] != '\\')
        {
            i++;
        }

        return i;
    }

    private bool Escape(ref int at, out string? error)
    {
        byte c = at + 1 < _end ? _text[at + 1] : (byte)0;
        error = null;
        char plain = c switch
        {
            (byte)'"' or (byte)'\\' or (byte)'/' => (char)c,
            (byte)'b' => '\b',
            (byte)'f' => '\f',
            (byte)'n' => '\n',
            (byte)'r' => '\r',
            (byte)'t' => '\t',
            _ => '\0',
        };
        if (plain != '\0')
        {
            _buffer.Append(plain);
            at += 2;
            return true;
        }

        if (c != 'u')
        {
            error = c > ' ' && c < 0x7f
                ? $"\\{(char)c} is not an escape of JSON; a backslash itself is written twice: \\\\{(char)c}"
                : "a backslash in a string begins an escape; the backslash itself is written twice";
            return false;
        }

        int value = 0;
        for (int i = 2; i < 6; i++)
        {
            int digit = at + i < _end ? HexValue(_text[at + i]) : -1;
            if (digit < 0)
            {
                error = "\\u needs four hexadecimal digits";
                return false;
            }

            value = (value << 4) | digit;
        }

        _buffer.Append((char)value);
        at += 6;
        return true;
    }

    private static int HexValue(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };
}
