using System;
using System.Buffers;
using System.Text;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Turns the text of a message back into the bytes that it was made of, so that names in it are escaped like names elsewhere.</summary>
/// <remarks>
/// U+DC80 to U+DCFF become the byte that they stand for (the way in which names that are not UTF-8 travel in text); any other lone surrogate becomes U+FFFD.
/// Threads: any; the class holds no state.
/// </remarks>
internal static class MessageBytes
{
    /// <summary>Appends the text escaped as <see cref="LogText"/> does.</summary>
    public static void AppendText(string text, ArrayBufferWriter<byte> output) => Append(text, output, json: false);

    /// <summary>Appends the text as a JSON string.</summary>
    public static void AppendJson(string text, ArrayBufferWriter<byte> output) => Append(text, output, json: true);

    /// <summary>Writes the bytes of <paramref name="text"/> and returns their number, at most three for each char.</summary>
    public static int Encode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        int length = 0;
        while (!text.IsEmpty)
        {
            char first = text[0];
            if (first < 0x80)
            {
                bytes[length++] = (byte)first;
                text = text[1..];
            }
            else if (Rune.DecodeFromUtf16(text, out Rune rune, out int consumed) == OperationStatus.Done)
            {
                length += rune.EncodeToUtf8(bytes[length..]);
                text = text[consumed..];
            }
            else
            {
                if (first is >= '\udc80' and <= '\udcff')
                {
                    bytes[length++] = (byte)(first - 0xdc00);
                }
                else
                {
                    length += Rune.ReplacementChar.EncodeToUtf8(bytes[length..]);
                }

                text = text[1..];
            }
        }

        return length;
    }

    private static void Append(string text, ArrayBufferWriter<byte> output, bool json)
    {
        byte[]? rented = text.Length > 256 ? ArrayPool<byte>.Shared.Rent(text.Length * 3) : null;
        Span<byte> buffer = rented ?? stackalloc byte[768];
        ReadOnlySpan<byte> bytes = buffer[..Encode(text, buffer)];
        if (json)
        {
            JsonText.AppendString(bytes, output);
        }
        else
        {
            LogText.Append(bytes, output);
        }

        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
