using System;
using System.Collections.Generic;
using System.Text;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>Shows what differs between two texts, line by line.</summary>
public static class LineDiff
{
    private const int Context = 4;

    /// <summary>Returns the lines that differ, <c>-</c> expected, <c>+</c> found, with some lines around them; an empty text where nothing differs.</summary>
    public static string Compare(IReadOnlyList<string> expected, IReadOnlyList<string> found)
    {
        int[,] common = new int[expected.Count + 1, found.Count + 1];
        for (int e = expected.Count - 1; e >= 0; e--)
        {
            for (int f = found.Count - 1; f >= 0; f--)
            {
                common[e, f] = expected[e] == found[f] ? common[e + 1, f + 1] + 1 : Math.Max(common[e + 1, f], common[e, f + 1]);
            }
        }

        List<string> lines = [];
        List<bool> changed = [];
        int i = 0;
        int k = 0;
        while (i < expected.Count || k < found.Count)
        {
            bool same = i < expected.Count && k < found.Count && expected[i] == found[k];
            bool missing = !same && i < expected.Count && (k == found.Count || common[i + 1, k] >= common[i, k + 1]);
            lines.Add(same ? "  " + expected[i] : missing ? "- " + expected[i] : "+ " + found[k]);
            changed.Add(!same);
            i += same || missing ? 1 : 0;
            k += same || !missing ? 1 : 0;
        }

        StringBuilder text = new();
        bool gap = false;
        for (int line = 0; line < lines.Count; line++)
        {
            bool near = false;
            for (int n = Math.Max(0, line - Context); n <= Math.Min(lines.Count - 1, line + Context); n++)
            {
                near |= changed[n];
            }

            if (near)
            {
                text.Append(gap && text.Length != 0 ? "  …\n" : "").Append(lines[line]).Append('\n');
            }

            gap = !near;
        }

        return text.ToString();
    }
}
