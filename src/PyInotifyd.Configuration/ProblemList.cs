using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Json;

namespace PyInotifyd.Configuration;

/// <summary>Collects what is wrong, in any order, and puts it in the order of the files.</summary>
internal sealed class ProblemList
{
    private readonly List<Entry> _entries = [];

    /// <summary>Whether something of the configuration could not be read, so that a name that is missing may stand there.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Whether what the configuration names is looked for: paths of watches, programs. What is missing is a warning.</summary>
    public bool LooksAround { get; init; }

    public int ErrorCount { get; private set; }

    /// <summary>Says what is wrong with a value.</summary>
    public void Error(JsonNode node, string message) => Add(node.Source, node.Offset, node.Path(), message, isWarning: false);

    /// <summary>Says what is wrong with a member as such; the place is its name.</summary>
    public void ErrorAtName(JsonNode node, string message) => Add(node.Source, node.NameOffset, node.Path(), message, isWarning: false);

    /// <summary>Says what is wrong at a place of a file that a value names.</summary>
    public void ErrorIn(SourceText source, int offset, JsonNode node, string message) => Add(source, offset, node.Path(), message, isWarning: false);

    /// <summary>Says that an object lacks a key; the place is the object.</summary>
    public void Missing(JsonNode node, string key, string detail)
    {
        if (!node.IsOpen)
        {
            Add(node.Source, node.Offset, node.Path(key), $"missing key \"{key}\"{detail}", isWarning: false);
        }
    }

    /// <summary>Says that a name is not defined; silent where the definition may stand in what could not be read.</summary>
    public void Undefined(JsonNode node, string message)
    {
        if (!IsIncomplete)
        {
            Error(node, message);
        }
    }

    public void Warning(JsonNode node, string message) => Add(node.Source, node.Offset, node.Path(), message, isWarning: true);

    /// <summary>Says what is doubtful at a place of a file that a value names.</summary>
    public void WarningIn(SourceText source, int offset, JsonNode node, string message) => Add(source, offset, node.Path(), message, isWarning: true);

    /// <summary>Says where a text stops being JSON.</summary>
    public void Syntax(SourceText source, int offset, string path, string message)
    {
        IsIncomplete = true;
        Add(source, offset, path, message, isWarning: false);
    }

    /// <summary>Says that a file that a value names cannot be read.</summary>
    public void Unreadable(JsonNode node, string message)
    {
        IsIncomplete = true;
        Error(node, message);
    }

    /// <summary>Says that a file as a whole cannot be used.</summary>
    public void Unreadable(SourceText source, string message)
    {
        IsIncomplete = true;
        Add(source, -1, "", message, isWarning: false);
    }

    /// <summary>Returns the errors, or the warnings, by file and place, none twice.</summary>
    public List<ConfigProblem> ToProblems(bool warnings)
    {
        List<Entry> entries = [];
        foreach (Entry entry in _entries)
        {
            if (entry.IsWarning == warnings)
            {
                entries.Add(entry);
            }
        }

        entries.Sort(static (a, b) =>
        {
            int order = a.Source.Order.CompareTo(b.Source.Order);
            order = order != 0 ? order : a.Offset.CompareTo(b.Offset);
            return order != 0 ? order : a.Number.CompareTo(b.Number);
        });

        List<ConfigProblem> problems = [];
        ConfigProblem? last = null;
        foreach (Entry entry in entries)
        {
            (int line, int column) = entry.Offset < 0 ? (0, 0) : entry.Source.Locate(entry.Offset);
            ConfigProblem problem = new()
            {
                File = entry.Source.Name,
                Line = line,
                Column = column,
                Path = entry.Path,
                Message = entry.Message,
            };
            if (problem != last)
            {
                problems.Add(problem);
                last = problem;
            }
        }

        return problems;
    }

    /// <summary>Says that a file as a whole is doubtful.</summary>
    public void Doubtful(SourceText source, string message) => Add(source, -1, "", message, isWarning: true);

    private void Add(SourceText source, int offset, string path, string message, bool isWarning)
    {
        ErrorCount += isWarning ? 0 : 1;
        _entries.Add(new Entry { Source = source, Offset = offset, Path = path, Message = message, IsWarning = isWarning, Number = _entries.Count });
    }

    private sealed class Entry
    {
        public required SourceText Source { get; init; }

        public required int Offset { get; init; }

        public required string Path { get; init; }

        public required string Message { get; init; }

        public required bool IsWarning { get; init; }

        public required int Number { get; init; }
    }
}
