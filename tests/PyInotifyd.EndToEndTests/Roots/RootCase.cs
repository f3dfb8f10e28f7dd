using System;
using System.Collections.Generic;
using System.IO;

namespace PyInotifyd.EndToEndTests.Roots;

/// <summary>A case of <c>RootCases.txt</c>: its name and its lines.</summary>
internal sealed record RootCase(string Name, List<string> Lines)
{
    /// <summary>Reads the file.</summary>
    public static List<RootCase> All()
    {
        List<RootCase> cases = [];
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "RootCases.txt")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                cases.Add(new RootCase(line[3..], []));
            }
            else if (line.Length > 0 && !line.StartsWith('#'))
            {
                cases[^1].Lines.Add(line);
            }
        }

        return cases;
    }
}
