using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.PropertyTests.Paths;

/// <summary>Asks python3 and our engine the same question, and says where the answers differ.</summary>
internal sealed class RegexComparison
{
    private readonly PythonRe _python;
    private readonly MatchState _state = new();

    internal RegexComparison(PythonRe python)
    {
        _python = python;
    }

    /// <summary>Subjects that were compared.</summary>
    internal int Compared { get; private set; }

    /// <summary>Patterns that both refuse.</summary>
    internal int Refused { get; private set; }

    /// <summary>Patterns that only we refuse, as not supported.</summary>
    internal int NotSupported { get; private set; }

    /// <summary>Subjects on which one of the two gave up.</summary>
    internal int GivenUp { get; private set; }

    /// <summary>Every difference, one line each.</summary>
    internal List<string> Differences { get; } = new();

    internal void Compare(string pattern, string? template, params IReadOnlyList<byte[]> subjects)
    {
        JsonElement theirs = _python.Ask(pattern, template, subjects);
        bool parsed = PythonRegex.TryParse(pattern, out PythonRegex? regex, out PatternError? error);
        string about = "/" + Show(Encoding.UTF8.GetBytes(pattern)) + "/";
        if (error is { NotSupported: true })
        {
            NotSupported++;
            if (!error.Message.Contains("not supported", StringComparison.Ordinal))
            {
                Differences.Add(about + " message: " + error.Message);
            }

            return;
        }

        if (theirs.TryGetProperty("error", out JsonElement message))
        {
            Refused++;
            int position = theirs.GetProperty("position").GetInt32();
            string expected = message.GetString() + " at position " + (position < 0 ? error?.Position : position);
            if (Writable(error?.Message) != expected)
            {
                Differences.Add($"{about} python refuses: {expected}; we say: {error?.Message ?? "fine"}");
            }

            return;
        }

        if (!parsed)
        {
            Differences.Add($"{about} only we refuse: {error!.Message}");
            return;
        }

        CompareNames(about, theirs.GetProperty("names"), regex!);
        ReplaceTemplate? replacement = CompareTemplate(about, theirs, template, regex!);
        for (int i = 0; i < subjects.Count; i++)
        {
            CompareSubject(about, theirs.GetProperty("results")[i], template, replacement, regex!, subjects[i]);
        }
    }

    private static string Show(ReadOnlySpan<byte> bytes)
    {
        StringBuilder shown = new();
        foreach (byte value in bytes)
        {
            shown.Append(value is >= 0x20 and < 0x7F ? ((char)value).ToString() : $"<{value:X2}>");
        }

        return shown.ToString();
    }

    /// <summary>Returns a message with its lone surrogates replaced, as the other side does before it writes JSON.</summary>
    private static string? Writable(string? message)
    {
        if (message is null)
        {
            return null;
        }

        StringBuilder writable = new();
        foreach (int point in PathCodePoints.FromString(message))
        {
            writable.Append(point is >= 0xD800 and <= 0xDFFF ? "?" : char.ConvertFromUtf32(point));
        }

        return writable.ToString();
    }

    private static string Spans(MatchOutcome outcome, MatchState state)
    {
        if (outcome != MatchOutcome.Matched)
        {
            return outcome.ToString();
        }

        StringBuilder spans = new();
        for (int i = 0; i <= state.GroupCount; i++)
        {
            GroupSpan group = state.GetGroup(i);
            spans.Append(group.IsSet ? $"[{group.Start},{group.Start + group.Length}]" : "[-1,-1]");
        }

        return spans.ToString();
    }

    private static string Spans(JsonElement spans)
    {
        if (spans.ValueKind == JsonValueKind.Null)
        {
            return nameof(MatchOutcome.NoMatch);
        }

        StringBuilder shown = new();
        foreach (JsonElement span in spans.EnumerateArray())
        {
            shown.Append($"[{span[0].GetInt32()},{span[1].GetInt32()}]");
        }

        return shown.ToString();
    }

    private void CompareNames(string about, JsonElement names, PythonRegex regex)
    {
        int count = 0;
        foreach (JsonProperty name in names.EnumerateObject())
        {
            count++;
            if (regex.FindGroup(name.Name) != name.Value.GetInt32())
            {
                Differences.Add($"{about} group {name.Name} is {name.Value.GetInt32()}, we say {regex.FindGroup(name.Name)}");
            }
        }

        if (count != regex.GroupNames.Count)
        {
            Differences.Add($"{about} has {count} names, we say {regex.GroupNames.Count}");
        }
    }

    private ReplaceTemplate? CompareTemplate(string about, JsonElement theirs, string? template, PythonRegex regex)
    {
        if (template is null)
        {
            return null;
        }

        ReplaceTemplate.TryParse(template, regex, out ReplaceTemplate? replacement, out PatternError? error);
        if (error is { NotSupported: true })
        {
            NotSupported++;
        }
        else if (theirs.TryGetProperty("templateError", out JsonElement message))
        {
            int position = theirs.GetProperty("templatePosition").GetInt32();
            string expected = message.GetString() + " at position " + (position < 0 ? error?.Position : position);
            if (Writable(error?.Message) != expected)
            {
                Differences.Add($"{about} template {template}: python refuses: {expected}; we say: {error?.Message ?? "fine"}");
            }
        }
        else if (replacement is null)
        {
            Differences.Add($"{about} template {template}: only we refuse: {error!.Message}");
        }

        return replacement;
    }

    private void CompareSubject(string about, JsonElement theirs, string? template, ReplaceTemplate? replacement, PythonRegex regex, byte[] subject)
    {
        if (theirs.TryGetProperty("none", out _))
        {
            GivenUp++;
            return;
        }

        about += " on \"" + Show(subject) + "\"";
        CompareSpans(about + " match", Spans(regex.Match(subject, _state), _state), Spans(theirs.GetProperty("match")));
        CompareSpans(about + " search", Spans(regex.Search(subject, 0, _state), _state), Spans(theirs.GetProperty("search")));
        if (replacement is not null && theirs.TryGetProperty("sub", out JsonElement expected))
        {
            ArrayBufferWriter<byte> output = new();
            MatchOutcome outcome = replacement.Expand(subject, _state, output);
            string ours = outcome == MatchOutcome.BudgetExceeded ? outcome.ToString() : Show(output.WrittenSpan);
            CompareSpans($"{about} sub \"{Show(Encoding.UTF8.GetBytes(template!))}\"", ours, Show(Convert.FromHexString(expected.GetString()!)));
        }
    }

    private void CompareSpans(string about, string ours, string theirs)
    {
        if (ours == nameof(MatchOutcome.BudgetExceeded))
        {
            GivenUp++;
            return;
        }

        Compared++;
        if (ours != theirs)
        {
            Differences.Add($"{about}: python {theirs}, we {ours}");
        }
    }
}
