using System;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Turns decimal numbers as they are written into whole numbers of a smaller unit, exactly.</summary>
/// <remarks>Not by double: 0.001 has no exact one, and rounding must never make a delay shorter.</remarks>
internal static class DecimalNumber
{
    private const int MaxDigits = 18;

    /// <summary>Returns a number of JSON's form, times <paramref name="factor"/>, rounded away from zero; false where that is no long.</summary>
    /// <remarks>Shape: <paramref name="exact"/> tells that nothing was rounded.</remarks>
    public static bool TryScale(ReadOnlySpan<char> text, long factor, out long value, out bool exact)
    {
        bool negative = text[0] == '-';
        Int128 mantissa = 0;
        int digits = 0;
        int scale = 0;
        bool fraction = false;
        bool lost = false;
        int at = negative ? 1 : 0;
        for (; at < text.Length && text[at] is not ('e' or 'E'); at++)
        {
            if (text[at] == '.')
            {
                fraction = true;
                continue;
            }

            int digit = text[at] - '0';
            if (digits < MaxDigits)
            {
                mantissa = (mantissa * 10) + digit;
                digits += mantissa != 0 ? 1 : 0;
                scale -= fraction ? 1 : 0;
            }
            else
            {
                lost |= digit != 0;
                scale += fraction ? 0 : 1;
            }
        }

        scale += at < text.Length ? Exponent(text[(at + 1)..]) : 0;
        Int128 result = mantissa * factor;
        exact = !lost;
        for (; scale < 0 && result != 0; scale++)
        {
            exact &= result % 10 == 0;
            result /= 10;
        }

        for (; scale > 0 && result != 0 && result <= long.MaxValue; scale--)
        {
            result *= 10;
        }

        result += exact ? 0 : 1;
        value = result > long.MaxValue ? 0 : (long)(negative ? -result : result);
        return result <= long.MaxValue;
    }

    private static int Exponent(ReadOnlySpan<char> text)
    {
        const int limit = 10_000;
        bool negative = text[0] == '-';
        int value = 0;
        for (int i = text[0] is '-' or '+' ? 1 : 0; i < text.Length && value < limit; i++)
        {
            value = (value * 10) + (text[i] - '0');
        }

        return negative ? -value : value;
    }
}
