using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Checks and measures the text of commands, for both kinds of template.</summary>
internal static class TemplateText
{
    /// <summary>Returns how many code points come before <paramref name="index"/>.</summary>
    public static int PositionOf(ReadOnlySpan<char> text, int index)
    {
        int position = 0;
        for (int i = 0; i < index; i++, position++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < index && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
        }

        return position;
    }

    /// <summary>Tells whether a process can be given this text at all; adds the reason when it cannot.</summary>
    public static bool Check(string text, int argument, List<TemplateProblem> problems)
    {
        int nul = text.IndexOf('\0');
        if (nul >= 0)
        {
            problems.Add(new TemplateProblem(
                false, "no program can be given a NUL character: leave \\u0000 out", PositionOf(text, nul), argument));
        }

        int lone = SurrogateEscape.IndexOfUnencodable(text);
        if (lone >= 0)
        {
            problems.Add(new TemplateProblem(
                false,
                "half of a surrogate pair stands for no character and no byte: write the whole pair, or \\udc80 to \\udcff for a byte",
                PositionOf(text, lone),
                argument));
        }

        return nul < 0 && lone < 0;
    }

    /// <summary>Returns the bytes of text that passed <see cref="Check"/>.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text) =>
        SurrogateEscape.TryEncode(text, out byte[]? bytes) ? bytes : throw new ArgumentException("text was not checked", nameof(text));

    public static int CountErrors(List<TemplateProblem> problems)
    {
        int count = 0;
        foreach (TemplateProblem problem in problems)
        {
            count += problem.IsWarning ? 0 : 1;
        }

        return count;
    }
}
