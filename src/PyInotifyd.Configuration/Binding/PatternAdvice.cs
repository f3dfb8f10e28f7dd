using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Says of a valid regular expression that it probably does not do what was meant.</summary>
internal static class PatternAdvice
{
    /// <summary>Returns what is doubtful about a pattern that is matched at the start of absolute paths; null where nothing is.</summary>
    public static string? Of(PythonRegex regex)
    {
        if (!regex.MayMatchAbsolute)
        {
            return "matches nothing: it is matched at the start of an absolute path, and that is a slash; write .* before what may stand further on";
        }

        if (regex.MayMatchEmpty && regex.Match([], new MatchState()) == MatchOutcome.Matched)
        {
            return "matches the empty text, and so the start of every path";
        }

        string text = regex.Pattern;
        int star = text.IndexOf("/*", StringComparison.Ordinal);
        if (star >= 0 && (star == 0 || text[star - 1] != '\\') && text.IndexOf('[') is var set && (set < 0 || set > star))
        {
            return "repeats a slash (/*), as only a pattern of file names would: in a regular expression any text is .*, any text without a slash [^/]*";
        }

        return text.EndsWith("/$", StringComparison.Ordinal) || text.EndsWith("/\\Z", StringComparison.Ordinal) ? "matches nothing: no path ends with a slash" : null;
    }

    /// <summary>Returns what is doubtful about a pattern in a watch with these paths: that it can match nothing there.</summary>
    public static string? Of(PythonRegex regex, List<UnixPath> paths)
    {
        if (regex.LiteralPrefix.IsEmpty || paths.Count == 0)
        {
            return null;
        }

        foreach (UnixPath path in paths)
        {
            if (MayMatchIn(regex.LiteralPrefix, path.Bytes))
            {
                return null;
            }
        }

        return $"matches nothing of this watch: what it matches begins with {Shown.Quote(SurrogateEscape.Decode(regex.LiteralPrefix))}";
    }

    private static bool MayMatchIn(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> path)
    {
        if (FilePattern.IsPattern(path))
        {
            path = path[..path.IndexOfAny((byte)'*', (byte)'?', (byte)'[')];
            return prefix.StartsWith(path) || path.StartsWith(prefix);
        }

        return path.StartsWith(prefix) || (prefix.StartsWith(path) && (path.Length == 1 || prefix[path.Length] == (byte)'/'));
    }
}
