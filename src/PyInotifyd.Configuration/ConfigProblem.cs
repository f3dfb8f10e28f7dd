using System.Text;

namespace PyInotifyd.Configuration;

/// <summary>One thing that is wrong, or doubtful, in a configuration.</summary>
public sealed record ConfigProblem
{
    /// <summary>The file, as text by surrogate escapes.</summary>
    public required string File { get; init; }

    /// <summary>Line, from 1; 0: the file as a whole.</summary>
    public int Line { get; init; }

    /// <summary>Column in code points, from 1; 0: the line as a whole.</summary>
    public int Column { get; init; }

    /// <summary>Which key or value, as <c>$.watches[0].path</c>; empty: the file as a whole.</summary>
    public string Path { get; init; } = "";

    /// <summary>What is wrong, and what to write instead where that is known.</summary>
    public required string Message { get; init; }

    /// <summary>Returns the problem as one line: <c>FILE:LINE:COLUMN: JSONPATH: message</c>, without what is not known.</summary>
    /// <remarks>Shape: control characters and bytes that are not UTF-8 are written <c>\xNN</c>, as in the log; the line can always be printed.</remarks>
    public override string ToString() => ToString("");

    /// <summary>Returns the same line with a word such as <c>warning: </c> before the message.</summary>
    public string ToString(string kind)
    {
        StringBuilder text = new();
        Append(File, text);
        if (Line != 0)
        {
            text.Append(':').Append(Line);
            if (Column != 0)
            {
                text.Append(':').Append(Column);
            }
        }

        text.Append(": ");
        if (Path.Length != 0)
        {
            Append(Path, text);
            text.Append(": ");
        }

        text.Append(kind);
        Append(Message, text);
        return text.ToString();
    }

    private static void Append(string value, StringBuilder text)
    {
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                text.Append(c).Append(value[++i]);
            }
            else if (c is < ' ' or (>= '\x7f' and < '\xa0'))
            {
                AppendHex("\\x", c, 2, text);
            }
            else if (c is >= '\udc80' and <= '\udcff')
            {
                AppendHex("\\x", (char)(c - 0xdc00), 2, text);
            }
            else if (char.IsSurrogate(c) || c is '\u2028' or '\u2029')
            {
                AppendHex("\\u", c, 4, text);
            }
            else
            {
                text.Append(c);
            }
        }
    }

    private static void AppendHex(string prefix, char value, int digits, StringBuilder text)
    {
        text.Append(prefix);
        for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
        {
            text.Append("0123456789abcdef"[(value >> shift) & 15]);
        }
    }
}
