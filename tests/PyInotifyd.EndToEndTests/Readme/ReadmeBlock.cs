using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using PyInotifyd.TestKit;

namespace PyInotifyd.EndToEndTests.Readme;

/// <summary>A fenced block of the README.</summary>
/// <param name="Section">The heading above it as a file name: <c>two-minutes</c>.</param>
/// <param name="Number">Its number in the section, from 1.</param>
/// <param name="Marker">The word after the fence, <c>text</c> where there is none.</param>
/// <param name="Text">The lines, without the indentation of the fence.</param>
internal sealed record ReadmeBlock(string Section, int Number, string Marker, string Text)
{
    private const string Fence = "```";

    /// <summary>Returns all blocks, in the order of the file.</summary>
    public static List<ReadmeBlock> All()
    {
        List<ReadmeBlock> blocks = [];
        string section = "";
        int number = 0;
        string? marker = null;
        int indentation = 0;
        List<string> lines = [];
        foreach (string line in File.ReadLines(RepositoryRoot.Path + "/README.md"))
        {
            string text = line.TrimStart();
            if (marker is null && line.StartsWith('#'))
            {
                section = Slug(line);
                number = 0;
            }
            else if (marker is null && text.StartsWith(Fence, StringComparison.Ordinal))
            {
                indentation = line.Length - text.Length;
                marker = text.Length > Fence.Length ? text[Fence.Length..] : "text";
                lines.Clear();
            }
            else if (marker is not null && text == Fence)
            {
                blocks.Add(new ReadmeBlock(section, ++number, marker, string.Concat(lines.Select(l => l + "\n"))));
                marker = null;
            }
            else if (marker is not null)
            {
                lines.Add(line.Length < indentation ? "" : line[indentation..]);
            }
        }

        if (marker is not null)
        {
            throw new InvalidDataException("README.md: a block does not end");
        }

        blocks.AddRange(OfManualPage("pyinotifyd.8"));
        blocks.AddRange(OfManualPage("pyinotifyd.json.5"));
        return blocks;
    }

    /// <summary>Returns the displays below EXAMPLES: lines that begin with the shell's prompt, and literal ones.</summary>
    /// <remarks>Source: mdoc(7): <c>.Dl</c> is one line, <c>.Bd -literal</c> lasts until <c>.Ed</c>.</remarks>
    private static IEnumerable<ReadmeBlock> OfManualPage(string page)
    {
        string text = File.ReadAllText(RepositoryRoot.Path + "/packaging/man/" + page);
        string[] lines = text[text.IndexOf("\n.Sh EXAMPLES\n", StringComparison.Ordinal)..].Split('\n');
        string section = Slug("manual page " + page);
        int number = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith(".Dl $ ", StringComparison.Ordinal))
            {
                yield return new ReadmeBlock(section, ++number, "sh", Plain(lines[i][6..]));
            }
            else if (lines[i] == ".Bd -literal")
            {
                int end = Array.IndexOf(lines, ".Ed", i);
                yield return new ReadmeBlock(section, ++number, "json", string.Concat(lines[(i + 1)..end].Select(Plain)));
            }
        }
    }

    private static string Plain(string line) => line.Replace("\\&", "", StringComparison.Ordinal).Replace("\\e", "\\", StringComparison.Ordinal) + "\n";

    private static string Slug(string heading) =>
        string.Join('-', new string([.. heading.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : ' ')]).Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
