using System;
using System.Buffers;
using System.Text;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes byte strings into text log lines so that one message is always one line and every name can be told from every other.</summary>
/// <remarks>
/// Escaped, each byte as <c>\xNN</c> in lower case: control characters (C0, DEL, U+0080 to U+009F), U+2028, U+2029, and bytes that are not UTF-8.
/// A backslash stays a single backslash, so that names and commands look as they were written, except before <c>x</c> and two hexadecimal digits,
/// where it is written <c>\x5c</c>. So each <c>\xNN</c> in a log line is an escape, nothing else is, and replacing them gives the bytes back.
/// Threads: any; the class holds no state.
/// </remarks>
public static class LogText
{
    /// <summary>Appends <paramref name="value"/> to <paramref name="output"/> in escaped form.</summary>
    /// <remarks>Errors: none.   Cost: no allocation once the output has grown; one copy where nothing needs an escape.</remarks>
    public static void Append(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (!value.IsEmpty)
        {
            int plain = LengthOfPlainRun(value);
            output.Write(value[..plain]);
            value = value[plain..];
            if (value.IsEmpty)
            {
                return;
            }

            bool isUtf8 = Rune.DecodeFromUtf8(value, out Rune rune, out int consumed) == OperationStatus.Done;
            if (!isUtf8)
            {
                consumed = 1;
            }

            if (!isUtf8 || IsControl(rune.Value) || rune.Value == '\\')
            {
                AppendBytes(value[..consumed], output);
            }
            else
            {
                output.Write(value[..consumed]);
            }

            value = value[consumed..];
        }
    }

    /// <summary>Tells whether a character ends a line, moves a cursor or talks to a terminal: C0, DEL, C1, U+2028 and U+2029.</summary>
    internal static bool IsControl(int codePoint) => codePoint is < 0x20 or (>= 0x7f and < 0xa0) or 0x2028 or 0x2029;

    /// <summary>Returns the lower-case hexadecimal digit of the lowest four bits.</summary>
    internal static byte HexDigit(int value) => "0123456789abcdef"u8[value & 15];

    /// <summary>Counts leading printable ASCII; a backslash that would look like an escape ends the run.</summary>
    private static int LengthOfPlainRun(ReadOnlySpan<byte> value)
    {
        int i = 0;
        while (i < value.Length && value[i] is >= 0x20 and < 0x7f && !(value[i] == (byte)'\\' && LooksEscaped(value[i..])))
        {
            i++;
        }

        return i;
    }

    private static bool LooksEscaped(ReadOnlySpan<byte> value) =>
        value.Length >= 4 && value[1] == (byte)'x' && char.IsAsciiHexDigit((char)value[2]) && char.IsAsciiHexDigit((char)value[3]);

    private static void AppendBytes(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        foreach (byte b in value)
        {
            Span<byte> span = output.GetSpan(4);
            span[0] = (byte)'\\';
            span[1] = (byte)'x';
            span[2] = HexDigit(b >> 4);
            span[3] = HexDigit(b);
            output.Advance(4);
        }
    }
}
