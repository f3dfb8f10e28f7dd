using System;
using PyInotifyd.Configuration.Json;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Reads durations: seconds as a number, or a text with a unit.</summary>
internal static class Duration
{
    public const string Form = "a duration: seconds as a number, or a text such as \"250ms\", \"1.5s\", \"10m\", \"2h\" or \"1d\"";

    /// <summary>A hundred years of 365.25 days.</summary>
    private const long MaxMs = 3_155_760_000_000;

    /// <summary>Returns the milliseconds, rounded up, or what is wrong.</summary>
    public static string? Read(JsonNode node, long minMs, out long ms)
    {
        ms = 0;
        ReadOnlySpan<char> number = node.Text;
        long factor = 1000;
        if (node.Kind == JsonKind.String)
        {
            int digits = LengthOfNumber(number);
            factor = number[digits..] switch
            {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => 0,
            };
            if (factor == 0 || !IsNumber(number[..digits]))
            {
                string remedy = digits != 0 && digits == number.Length && IsNumber(number) ? $"; did you mean \"{node.Text}s\"?" : "";
                return $"expected {Form}, found {Shown.Found(node)}{remedy}";
            }

            number = number[..digits];
        }
        else if (node.Kind != JsonKind.Number)
        {
            return $"expected {Form}, found {Shown.Found(node)}";
        }

        bool fits = DecimalNumber.TryScale(number, factor, out ms, out _);
        if (number[0] == '-' && (ms < 0 || !fits))
        {
            return "a duration cannot be negative";
        }

        if (!fits || ms > MaxMs)
        {
            return "a duration can be at most 100 years";
        }

        return ms < minMs ? "must be more than 0; null means none" : null;
    }

    /// <summary>Reads a duration from a command line, where a number needs no quotes: as a configuration has it otherwise.</summary>
    public static string? ReadOption(string text, long minMs, out long ms)
    {
        JsonNode node = new(new SourceText([], []), IsNumber(text) && LengthOfNumber(text) == text.Length ? JsonKind.Number : JsonKind.String, 0, null) { Text = text };
        return Read(node, minMs, out ms);
    }

    private static int LengthOfNumber(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.' || (text[length] == '-' && length == 0)))
        {
            length++;
        }

        return length;
    }

    private static bool IsNumber(ReadOnlySpan<char> text)
    {
        text = text.StartsWith("-") ? text[1..] : text;
        int point = text.IndexOf('.');
        return !text.IsEmpty && point != 0 && point != text.Length - 1 && point == text.LastIndexOf('.');
    }
}
