using System;
using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace PyInotifyd.Engine.Paths;

/// <summary>Carries any byte string through .NET text and back, as Python's <c>utf-8</c> codec with <c>surrogateescape</c> does.</summary>
/// <remarks>
/// A byte that is not part of well-formed UTF-8 becomes the lone surrogate U+DC00 + byte, so U+DC80 to U+DCFF; on the way back such a surrogate
/// becomes that byte again. Well-formed means strictly so: overlong forms, encoded surrogates (ED A0 …) and values above U+10FFFF are single bytes.
/// Every byte string survives decode and encode. A text survives encode and decode unless its lone surrogates spell well-formed UTF-8 together.
/// Threads: any; the class holds no state.
/// Source: PEP 383.
/// </remarks>
public static class SurrogateEscape
{
    private const char FirstEscape = '\udc80';
    private const char LastEscape = '\udcff';

    /// <summary>Returns <paramref name="source"/> as text, with U+DC80 to U+DCFF for bytes that are not UTF-8.</summary>
    /// <remarks>Errors: none.   Cost: one string; a buffer is rented for long input.</remarks>
    public static string Decode(ReadOnlySpan<byte> source)
    {
        char[]? rented = source.Length > 256 ? ArrayPool<char>.Shared.Rent(source.Length) : null;
        Span<char> buffer = rented ?? stackalloc char[256];
        string text = new(buffer[..Decode(source, buffer)]);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return text;
    }

    /// <summary>Writes <paramref name="source"/> as text into <paramref name="destination"/> and returns the number of chars written.</summary>
    /// <remarks>
    /// Shape: never more chars than there are bytes.
    /// Errors: a destination shorter than that may throw <see cref="ArgumentException"/> or <see cref="IndexOutOfRangeException"/>.
    /// Cost: no allocation.
    /// </remarks>
    public static int Decode(ReadOnlySpan<byte> source, Span<char> destination)
    {
        int written = 0;
        while (!source.IsEmpty)
        {
            int consumed = 1;
            if (source[0] < 0x80)
            {
                destination[written++] = (char)source[0];
            }
            else if (Rune.DecodeFromUtf8(source, out Rune rune, out consumed) == OperationStatus.Done)
            {
                written += rune.EncodeToUtf16(destination[written..]);
            }
            else
            {
                // One byte at a time gives what Python gives for the whole faulty run: what follows the first byte of it are
                // continuation bytes, none of which can begin a character.
                consumed = 1;
                destination[written++] = (char)(0xdc00 + source[0]);
            }

            source = source[consumed..];
        }

        return written;
    }

    /// <summary>Returns where the first surrogate stands that is neither half of a pair nor an escaped byte; -1 when there is none.</summary>
    /// <remarks>Units: an index into <paramref name="source"/>, in chars.   Cost: no allocation.</remarks>
    public static int IndexOfUnencodable(ReadOnlySpan<char> source)
    {
        for (int i = 0; i < source.Length; i++)
        {
            if (!char.IsSurrogate(source[i]))
            {
                continue;
            }

            if (IsPair(source, i))
            {
                i++;
            }
            else if (source[i] is < FirstEscape or > LastEscape)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Returns the bytes that <paramref name="source"/> stands for, or false when it holds a surrogate that stands for none.</summary>
    /// <remarks>Errors: a lone surrogate outside U+DC80 to U+DCFF → false; <see cref="IndexOfUnencodable"/> says where.</remarks>
    public static bool TryEncode(ReadOnlySpan<char> source, [NotNullWhen(true)] out byte[]? bytes)
    {
        byte[] buffer = new byte[checked(source.Length * 3)];
        if (!TryEncode(source, buffer, out int written))
        {
            bytes = null;
            return false;
        }

        bytes = written == buffer.Length ? buffer : buffer.AsSpan(0, written).ToArray();
        return true;
    }

    /// <summary>Writes the bytes that <paramref name="source"/> stands for into <paramref name="destination"/>.</summary>
    /// <remarks>
    /// Shape: at most three bytes for each char.
    /// Errors: a lone surrogate outside U+DC80 to U+DCFF → false, <paramref name="written"/> counts what came before it; a destination that is too
    /// short throws <see cref="ArgumentException"/> or <see cref="IndexOutOfRangeException"/>.
    /// Cost: no allocation.
    /// </remarks>
    public static bool TryEncode(ReadOnlySpan<char> source, Span<byte> destination, out int written)
    {
        written = 0;
        for (int i = 0; i < source.Length; i++)
        {
            char c = source[i];
            if (c < 0x80)
            {
                destination[written++] = (byte)c;
            }
            else if (!char.IsSurrogate(c))
            {
                written += new Rune(c).EncodeToUtf8(destination[written..]);
            }
            else if (IsPair(source, i))
            {
                written += new Rune(c, source[++i]).EncodeToUtf8(destination[written..]);
            }
            else if (c is >= FirstEscape and <= LastEscape)
            {
                destination[written++] = (byte)(c - 0xdc00);
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPair(ReadOnlySpan<char> source, int i) =>
        char.IsHighSurrogate(source[i]) && i + 1 < source.Length && char.IsLowSurrogate(source[i + 1]);
}
