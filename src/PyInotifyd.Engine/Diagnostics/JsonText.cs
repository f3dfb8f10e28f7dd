using System;
using System.Buffers;
using System.Text;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes byte strings as JSON string literals from which the very same bytes can be read again.</summary>
/// <remarks>
/// Utf8JsonWriter refuses bytes that are not UTF-8 and lone surrogates, so paths need this.
/// Threads: any; the class holds no state.
/// </remarks>
public static class JsonText
{
    /// <summary>Appends <paramref name="value"/> to <paramref name="output"/> as a JSON string, quotes included.</summary>
    /// <remarks>
    /// Shape: UTF-8 stays as it is; <c>"</c>, <c>\</c> and control characters (C0, DEL, C1, U+2028, U+2029) are escaped, so the literal is one line;
    /// a byte that is not UTF-8 becomes <c>\udc80</c> to <c>\udcff</c>, which <c>SurrogateEscape</c> and Python's <c>os.fsencode</c> turn back.
    /// Errors: none.   Cost: no allocation once the output has grown.
    /// </remarks>
    public static void AppendString(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("\""u8);
        while (!value.IsEmpty)
        {
            int plain = LengthOfPlainRun(value);
            output.Write(value[..plain]);
            value = value[plain..];
            if (value.IsEmpty)
            {
                break;
            }

            value = value[AppendEscaped(value, output)..];
        }

        output.Write("\""u8);
    }

    private static int LengthOfPlainRun(ReadOnlySpan<byte> value)
    {
        int i = 0;
        while (i < value.Length && value[i] is >= 0x20 and < 0x7f and not (byte)'"' and not (byte)'\\')
        {
            i++;
        }

        return i;
    }

    /// <summary>Appends the character at the start of <paramref name="value"/> and returns how many bytes it took.</summary>
    private static int AppendEscaped(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        switch (value[0])
        {
            case (byte)'"':
                output.Write("\\\""u8);
                return 1;
            case (byte)'\\':
                output.Write("\\\\"u8);
                return 1;
            case (byte)'\n':
                output.Write("\\n"u8);
                return 1;
            case (byte)'\r':
                output.Write("\\r"u8);
                return 1;
            case (byte)'\t':
                output.Write("\\t"u8);
                return 1;
            default:
                break;
        }

        if (Rune.DecodeFromUtf8(value, out Rune rune, out int consumed) != OperationStatus.Done)
        {
            AppendUnit(0xdc00 + value[0], output);
            return 1;
        }

        if (LogText.IsControl(rune.Value))
        {
            AppendUnit(rune.Value, output);
        }
        else
        {
            output.Write(value[..consumed]);
        }

        return consumed;
    }

    private static void AppendUnit(int unit, ArrayBufferWriter<byte> output)
    {
        Span<byte> span = output.GetSpan(6);
        span[0] = (byte)'\\';
        span[1] = (byte)'u';
        for (int i = 0; i < 4; i++)
        {
            span[2 + i] = LogText.HexDigit(unit >> (12 - (4 * i)));
        }

        output.Advance(6);
    }
}
