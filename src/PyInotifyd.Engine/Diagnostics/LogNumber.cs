using System;
using System.Buffers;
using System.Buffers.Text;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes numbers as both forms of the log have them.</summary>
internal static class LogNumber
{
    public static void Append(long value, ArrayBufferWriter<byte> output)
    {
        Utf8Formatter.TryFormat(value, output.GetSpan(20), out int written);
        output.Advance(written);
    }

    public static void AppendHex(uint value, ArrayBufferWriter<byte> output)
    {
        Utf8Formatter.TryFormat(value, output.GetSpan(8), out int written, new StandardFormat('x'));
        output.Advance(written);
    }

    /// <summary>Appends milliseconds as seconds with no more decimals than they have: 60, 0.25.</summary>
    public static void AppendSeconds(long milliseconds, ArrayBufferWriter<byte> output)
    {
        Append(milliseconds / 1000, output);
        int rest = (int)(milliseconds % 1000);
        if (rest == 0)
        {
            return;
        }

        Span<byte> span = output.GetSpan(4);
        span[0] = (byte)'.';
        int length = 1;
        for (int unit = 100; rest > 0; unit /= 10)
        {
            span[length++] = (byte)('0' + (rest / unit));
            rest %= unit;
        }

        output.Advance(length);
    }
}
