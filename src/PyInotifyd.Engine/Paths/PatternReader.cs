using System.Text;

namespace PyInotifyd.Engine.Paths;

/// <summary>Cuts a pattern or a template into tokens: a code point, or a backslash with the code point after it.</summary>
/// <remarks>
/// One token is read ahead, as in Python, because its errors depend on it: a backslash at the very end is reported before anything that stands before it is
/// found wrong, and an escaped newline does not end a comment.
/// </remarks>
internal sealed class PatternReader
{
    private readonly int[] _text;
    private int _index;

    internal PatternReader(string text)
    {
        _text = PathCodePoints.FromString(text);
        Advance();
    }

    /// <summary>The code point of the next token (for an escape the one after the backslash); -1 at the end.</summary>
    internal int Next { get; private set; }

    /// <summary>Whether the next token is an escape.</summary>
    internal bool NextIsEscape { get; private set; }

    /// <summary>Where the next token starts.</summary>
    internal int Position => _index - NextLength;

    internal bool AtEnd => Next < 0;

    private int NextLength => Next < 0 ? 0 : NextIsEscape ? 2 : 1;

    /// <summary>Whether the next token is this character, unescaped.</summary>
    internal bool Is(char character) => Next == character && !NextIsEscape;

    /// <summary>Whether the next token is a decimal digit.</summary>
    internal bool IsDigit() => !NextIsEscape && UnicodeCharacter.IsAsciiDigit(Next);

    /// <summary>Whether the next token is an octal digit.</summary>
    internal bool IsOctal() => !NextIsEscape && (uint)(Next - '0') < 8;

    /// <summary>Takes the next token if it is this character.</summary>
    internal bool Take(char character)
    {
        if (!Is(character))
        {
            return false;
        }

        Advance();
        return true;
    }

    /// <summary>Takes the next token and returns its code point, -1 at the end.</summary>
    internal int Read()
    {
        int taken = Next;
        Advance();
        return taken;
    }

    /// <summary>Goes back to a position that was seen before.</summary>
    internal void Seek(int position)
    {
        _index = position;
        Advance();
    }

    /// <summary>Takes everything up to <paramref name="terminator"/>, and it; throws when there is nothing, or no end.</summary>
    internal string ReadUntil(char terminator, string what)
    {
        StringBuilder name = new();
        int length = 0;
        while (true)
        {
            bool ends = Is(terminator);
            bool escape = NextIsEscape;
            int codePoint = Read();
            if (codePoint < 0)
            {
                throw length == 0 ? Error("missing " + what) : Error("missing " + terminator + ", unterminated name", length);
            }

            if (ends)
            {
                return length > 0 ? name.ToString() : throw Error("missing " + what, 1);
            }

            if (escape)
            {
                name.Append('\\');
                length++;
            }

            AppendCodePoint(name, codePoint);
            length++;
        }
    }

    /// <summary>Makes an error that points <paramref name="back"/> code points before the next token.</summary>
    internal PatternSyntaxException Error(string message, int back = 0) => new(message, Position - back);

    /// <summary>Returns a code point as it may stand in a message.</summary>
    internal static string Show(int codePoint)
    {
        StringBuilder shown = new();
        AppendCodePoint(shown, codePoint);
        return shown.ToString();
    }

    /// <summary>Returns a name in quotes, as Python's <c>repr</c> would have it.</summary>
    internal static string Quote(string name)
    {
        char quote = name.Contains('\'') && !name.Contains('"') ? '"' : '\'';
        StringBuilder quoted = new();
        quoted.Append(quote);
        foreach (int point in PathCodePoints.FromString(name))
        {
            if (point == '\\' || point == quote)
            {
                quoted.Append('\\').Append((char)point);
            }
            else if (point is < 0x20 or 0x7F)
            {
                quoted.Append(point switch { '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => "\\x" + point.ToString("x2") });
            }
            else if (point is >= 0xD800 and <= 0xDFFF)
            {
                quoted.Append("\\u").Append(point.ToString("x4"));
            }
            else
            {
                AppendCodePoint(quoted, point);
            }
        }

        return quoted.Append(quote).ToString();
    }

    /// <summary>Returns the number of code points in a name.</summary>
    internal static int CountCodePoints(string name) => PathCodePoints.FromString(name).Length;

    private static void AppendCodePoint(StringBuilder output, int codePoint)
    {
        if (codePoint >= 0x10000)
        {
            output.Append(char.ConvertFromUtf32(codePoint));
        }
        else
        {
            output.Append((char)codePoint);
        }
    }

    private void Advance()
    {
        NextIsEscape = false;
        if (_index >= _text.Length)
        {
            Next = -1;
            return;
        }

        Next = _text[_index++];
        if (Next == '\\')
        {
            if (_index >= _text.Length)
            {
                throw new PatternSyntaxException("bad escape (end of pattern)", _text.Length - 1);
            }

            Next = _text[_index++];
            NextIsEscape = true;
        }
    }
}
