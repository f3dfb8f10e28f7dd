using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Reads regular expressions, each in its place or a file with one a line.</summary>
internal sealed class Patterns
{
    private readonly ProblemList _problems;
    private readonly FileTrust _trust;
    private int _filesRead;

    public Patterns(FileTrust trust, ProblemList problems)
    {
        _trust = trust;
        _problems = problems;
    }

    /// <summary>Returns what is wrong with a regular expression, or null and the expression.</summary>
    public static string? Parse(string pattern, out PythonRegex? regex) =>
        PythonRegex.TryParse(pattern, out regex, out PatternError? error) ? null : $"regular expression: {error.Message}{Hint(pattern)}";

    /// <summary>Returns the patterns of <c>include_filter</c>; null where there is none.</summary>
    /// <param name="view">The object that may have it.</param>
    /// <param name="paths">The paths of the watch that it is for; null: those of any.</param>
    public List<string>? Include(ObjectView view, List<UnixPath>? paths = null)
    {
        if (view.Value(EventMapKeys.IncludeFilter) is not { } list)
        {
            return null;
        }

        List<string> patterns = [];
        AddList(list, patterns, paths);
        if (list.Children.Count == 0 && !list.IsOpen)
        {
            _problems.Warning(list, "an empty list lets no file through; leave it out, or write null, to let all through");
        }

        return patterns;
    }

    /// <summary>Adds the patterns of a list or of the file that a text names.</summary>
    public void AddListOrFile(JsonNode? node, List<string> patterns, List<UnixPath>? paths = null)
    {
        if (node?.Kind == JsonKind.Array)
        {
            AddList(node, patterns, paths);
        }
        else if (node is not null)
        {
            AddFile(node, patterns);
        }
    }

    // Whoever writes *.tmp does not know what there is to repeat.
    private static string Hint(string pattern) =>
        pattern.Length != 0 && pattern[0] is '*' or '?' ? "; as a regular expression *.tmp is written .*\\.tmp$" : "";

    private void AddList(JsonNode list, List<string> patterns, List<UnixPath>? paths)
    {
        foreach (JsonNode node in TextLists.Read(list, "a regular expression", _problems))
        {
            if (Parse(node.Text, out PythonRegex? regex) is { } error)
            {
                _problems.Error(node, error);
                continue;
            }

            patterns.Add(node.Text);
            if ((PatternAdvice.Of(regex!) ?? (paths is null ? null : PatternAdvice.Of(regex!, paths))) is { } advice)
            {
                _problems.Warning(node, advice);
            }
        }
    }

    private void AddFile(JsonNode node, List<string> patterns)
    {
        string? error = ValueReader.Bytes(node.Text, out byte[] path);
        if (error is null && path.Length == 0)
        {
            error = "the name of a file must not be empty";
        }

        if (error is not null)
        {
            _problems.Error(node, error);
            return;
        }

        path = ConfigPath.Beside(node.Source.Path, path);
        error = ConfigFile.Read(path, _trust, out byte[] bytes, out _, out string? doubt);
        if (error is not null)
        {
            _problems.Error(node, $"{SurrogateEscape.Decode(path)} {error}; a regular expression itself is written in a list: [\"…\"]");
            return;
        }

        if (doubt is not null)
        {
            _problems.Warning(node, $"{SurrogateEscape.Decode(path)} {doubt}");
        }

        // Problems in it come behind those of all configuration files.
        AddLines(new SourceText(path, bytes) { Order = int.MaxValue / 2 + _filesRead++ }, node, patterns);
    }

    private void AddLines(SourceText source, JsonNode node, List<string> patterns)
    {
        int start = source.Start;
        while (start < source.Bytes.Length)
        {
            int length = source.Bytes.AsSpan(start).IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = source.Bytes.AsSpan(start, length < 0 ? source.Bytes.Length - start : length);
            int next = start + line.Length + 1;
            ReadOnlySpan<byte> trimmed = line.TrimStart(" \t\r\v\f"u8);
            start += line.Length - trimmed.Length;
            trimmed = trimmed.TrimEnd(" \t\r\v\f"u8);
            if (!trimmed.IsEmpty && trimmed[0] != '#')
            {
                string pattern = SurrogateEscape.Decode(trimmed);
                if (Parse(pattern, out PythonRegex? regex) is { } error)
                {
                    _problems.ErrorIn(source, start, node, error);
                }
                else
                {
                    patterns.Add(pattern);
                    if (PatternAdvice.Of(regex!) is { } advice)
                    {
                        _problems.WarningIn(source, start, node, advice);
                    }
                }
            }

            start = next;
        }
    }
}
