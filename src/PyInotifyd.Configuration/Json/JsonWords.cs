using System;
using System.Text;

namespace PyInotifyd.Configuration.Json;

/// <summary>Tells what the words outside strings are: literals, numbers, or what to write instead of them.</summary>
internal static class JsonWords
{
    public static JsonKind KindOf(ReadOnlySpan<byte> word)
    {
        if (word.SequenceEqual("true"u8))
        {
            return JsonKind.True;
        }

        if (word.SequenceEqual("false"u8))
        {
            return JsonKind.False;
        }

        if (word.SequenceEqual("null"u8))
        {
            return JsonKind.Null;
        }

        return IsNumber(word) ? JsonKind.Number : JsonKind.Faulty;
    }

    public static string Complaint(ReadOnlySpan<byte> word)
    {
        string shown = Shown.Quote(Encoding.UTF8.GetString(word));
        if (word.SequenceEqual("True"u8) || word.SequenceEqual("False"u8) || word.SequenceEqual("TRUE"u8) || word.SequenceEqual("FALSE"u8))
        {
            return $"{shown} is not JSON: write {(word[0] == 'T' ? "true" : "false")}";
        }

        if (word.SequenceEqual("None"u8) || word.SequenceEqual("NULL"u8) || word.SequenceEqual("Null"u8))
        {
            return $"{shown} is not JSON: write null";
        }

        if (char.IsAsciiDigit((char)word[0]) && OctalDigits(word) is { } digits)
        {
            return $"{shown} is not a JSON number, which never begins with 0; a mode is a string: \"0{digits}\"";
        }

        return word[0] is (byte)'-' or (byte)'+' or (byte)'.' || char.IsAsciiDigit((char)word[0])
            ? $"{shown} is not a JSON number"
            : $"{shown} is not a JSON value; a text stands in double quotes";
    }

    private static string? OctalDigits(ReadOnlySpan<byte> word)
    {
        ReadOnlySpan<byte> digits = word.StartsWith("0o"u8) ? word[2..] : word;
        digits = digits.TrimStart((byte)'0');
        if (word[0] != '0' || digits.IsEmpty || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'7') >= 0)
        {
            return null;
        }

        return Encoding.ASCII.GetString(digits);
    }

    private static bool IsNumber(ReadOnlySpan<byte> word)
    {
        int at = !word.IsEmpty && word[0] == '-' ? 1 : 0;
        int start = at;
        at = Digits(word, at);
        if (at == start || (word[start] == '0' && at != start + 1))
        {
            return false;
        }

        if (at < word.Length && word[at] == '.')
        {
            start = at + 1;
            at = Digits(word, start);
            if (at == start)
            {
                return false;
            }
        }

        if (at < word.Length && word[at] is (byte)'e' or (byte)'E')
        {
            start = at + 1;
            start += start < word.Length && word[start] is (byte)'+' or (byte)'-' ? 1 : 0;
            at = Digits(word, start);
            if (at == start)
            {
                return false;
            }
        }

        return at == word.Length;
    }

    private static int Digits(ReadOnlySpan<byte> word, int at)
    {
        while (at < word.Length && char.IsAsciiDigit((char)word[at]))
        {
            at++;
        }

        return at;
    }
}
