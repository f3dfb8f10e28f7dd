using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Reads the bytes of a path as the code points that Python's <c>os.fsdecode</c> makes of them.</summary>
/// <remarks>
/// Valid UTF-8 gives the code point it encodes; each byte outside it gives one of U+DC80 to U+DCFF (PEP 383). UTF-8 synchronises itself, so a valid sequence
/// found backwards is the one that reading forwards finds, and no position needs a scan from the start.
/// </remarks>
internal static class PathCodePoints
{
    private const int RawByte = 0xDC00;

    /// <summary>Returns the code point at <paramref name="index"/> and how many bytes it has.</summary>
    internal static int Decode(ReadOnlySpan<byte> text, int index, out int length)
    {
        int first = text[index];
        if (first < 0x80)
        {
            length = 1;
            return first;
        }

        return DecodeMultibyte(text, index, first, out length);
    }

    /// <summary>Returns the code point that ends before <paramref name="index"/> and how many bytes it has.</summary>
    internal static int DecodeBefore(ReadOnlySpan<byte> text, int index, out int length)
    {
        int last = text[index - 1];
        if (last is >= 0x80 and < 0xC0)
        {
            for (int back = 2; back <= 4 && back <= index; back++)
            {
                int lead = text[index - back];
                if (lead >= 0xC0)
                {
                    int codePoint = DecodeMultibyte(text, index - back, lead, out length);
                    if (length == back)
                    {
                        return codePoint;
                    }

                    break;
                }

                if (lead < 0x80)
                {
                    break;
                }
            }
        }

        length = 1;
        return last < 0x80 ? last : RawByte + last;
    }

    /// <summary>Whether a code point starts at <paramref name="index"/>, or the text ends there.</summary>
    internal static bool IsBoundary(ReadOnlySpan<byte> text, int index)
    {
        if (index >= text.Length || text[index] is < 0x80 or >= 0xC0)
        {
            return true;
        }

        for (int back = 1; back <= 3 && back <= index; back++)
        {
            int lead = text[index - back];
            if (lead >= 0xC0)
            {
                DecodeMultibyte(text, index - back, lead, out int length);
                return length <= back;
            }

            if (lead < 0x80)
            {
                break;
            }
        }

        return true;
    }

    /// <summary>Whether a path can hold the code point at all; a surrogate that stands for no byte cannot.</summary>
    internal static bool IsEncodable(int codePoint) => codePoint is < 0xD800 or > 0xDFFF || IsRawByte(codePoint);

    /// <summary>Whether the code point stands for a byte outside valid UTF-8.</summary>
    internal static bool IsRawByte(int codePoint) => codePoint is >= 0xDC80 and <= 0xDCFF;

    /// <summary>Appends the bytes of an encodable code point.</summary>
    internal static void Append(List<byte> output, int codePoint)
    {
        if (codePoint < 0x80)
        {
            output.Add((byte)codePoint);
        }
        else if (IsRawByte(codePoint))
        {
            output.Add((byte)(codePoint - RawByte));
        }
        else if (codePoint < 0x800)
        {
            output.Add((byte)(0xC0 | (codePoint >> 6)));
            output.Add((byte)(0x80 | (codePoint & 0x3F)));
        }
        else if (codePoint < 0x10000)
        {
            output.Add((byte)(0xE0 | (codePoint >> 12)));
            output.Add((byte)(0x80 | ((codePoint >> 6) & 0x3F)));
            output.Add((byte)(0x80 | (codePoint & 0x3F)));
        }
        else
        {
            output.Add((byte)(0xF0 | (codePoint >> 18)));
            output.Add((byte)(0x80 | ((codePoint >> 12) & 0x3F)));
            output.Add((byte)(0x80 | ((codePoint >> 6) & 0x3F)));
            output.Add((byte)(0x80 | (codePoint & 0x3F)));
        }
    }

    /// <summary>Returns the code points of a .NET string; a surrogate without its partner stays what it is.</summary>
    internal static int[] FromString(string text)
    {
        List<int> points = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                points.Add(char.ConvertToUtf32(text[i], text[i + 1]));
                i++;
            }
            else
            {
                points.Add(text[i]);
            }
        }

        return points.ToArray();
    }

    private static int DecodeMultibyte(ReadOnlySpan<byte> text, int index, int first, out int length)
    {
        int rest = text.Length - index - 1;
        if (first is >= 0xC2 and <= 0xDF)
        {
            if (rest >= 1 && IsContinuation(text[index + 1]))
            {
                length = 2;
                return ((first & 0x1F) << 6) | (text[index + 1] & 0x3F);
            }
        }
        else if (first is >= 0xE0 and <= 0xEF)
        {
            if (rest >= 2 && IsContinuation(text[index + 1]) && IsContinuation(text[index + 2]))
            {
                int codePoint = ((first & 0xF) << 12) | ((text[index + 1] & 0x3F) << 6) | (text[index + 2] & 0x3F);
                if (codePoint is >= 0x800 and not (>= 0xD800 and <= 0xDFFF))
                {
                    length = 3;
                    return codePoint;
                }
            }
        }
        else if (first is >= 0xF0 and <= 0xF4)
        {
            if (rest >= 3 && IsContinuation(text[index + 1]) && IsContinuation(text[index + 2]) && IsContinuation(text[index + 3]))
            {
                int codePoint = ((first & 7) << 18) | ((text[index + 1] & 0x3F) << 12) | ((text[index + 2] & 0x3F) << 6) | (text[index + 3] & 0x3F);
                if (codePoint is >= 0x10000 and <= 0x10FFFF)
                {
                    length = 4;
                    return codePoint;
                }
            }
        }

        length = 1;
        return RawByte + first;
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
