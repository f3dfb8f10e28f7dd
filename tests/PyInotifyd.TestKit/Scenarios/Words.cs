using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>Splits a line of a script into words.</summary>
/// <remarks>
/// Words are separated by blanks; double quotes keep blanks together. <c>\xNN</c> is a byte, <c>\n</c>, <c>\"</c> and <c>\\</c> are what they are in C, everything else is
/// itself, in UTF-8. A word is a Latin-1 text: a character a byte.
/// </remarks>
public static class Words
{
    /// <summary>Returns the words of a line.</summary>
    public static List<string> Split(string line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool quoted = false;
        bool any = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '"')
            {
                quoted = !quoted;
                any = true;
            }
            else if (c == '\\' && i + 1 < line.Length)
            {
                any = true;
                i += Escape(line, i + 1, word);
            }
            else if (char.IsWhiteSpace(c) && !quoted)
            {
                Take();
            }
            else
            {
                any = true;
                int length = char.IsHighSurrogate(c) ? 2 : 1;
                word.Append(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(line.Substring(i, length))));
                i += length - 1;
            }
        }

        if (quoted)
        {
            throw new ScenarioException("a quote that is not closed");
        }

        Take();
        return words;

        void Take()
        {
            if (any)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            any = false;
        }
    }

    /// <summary>Returns the bytes of a word.</summary>
    public static byte[] Bytes(string word) => Encoding.Latin1.GetBytes(word);

    private static int Escape(string line, int at, StringBuilder word)
    {
        if (line[at] == 'x' && at + 2 < line.Length
            && byte.TryParse(line.AsSpan(at + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte value))
        {
            word.Append((char)value);
            return 3;
        }

        word.Append(line[at] == 'n' ? '\n' : line[at]);
        return 1;
    }
}
