using System;
using System.Buffers;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>The rules of a file manager: which one a path is for, and where it leads.</summary>
/// <remarks>
/// A path is compared with one pattern after the other of those that begin as the path does.
/// Threads: one at a time.   Cost: no allocation but for the destination.
/// </remarks>
public sealed class RuleSet
{
    private const int SampleComparisons = 100_000;
    private const int SampleSteps = 1_000;

    private readonly FileRule[] _rules;
    private readonly PatternIndex _index;
    private readonly MatchState _state = new();
    private readonly ArrayBufferWriter<byte> _expanded = new();
    private int _comparisonsLeft = SampleComparisons;

    /// <summary>Compiles rules, which have been checked when they were read.</summary>
    /// <remarks>Errors: a pattern or template that is not valid → ArgumentException.</remarks>
    public RuleSet(SpecList<RuleSpec> rules)
    {
        _rules = new FileRule[rules.Count];
        for (int i = 0; i < _rules.Length; i++)
        {
            _rules[i] = new FileRule(rules[i], i);
        }

        _index = new PatternIndex(Array.ConvertAll(_rules, static rule => rule.Source));
    }

    /// <summary>The rules.</summary>
    public ReadOnlySpan<FileRule> Rules => _rules;

    /// <summary>The groups of the last match.</summary>
    public MatchState Groups => _state;

    /// <summary>Finds the first rule whose pattern matches at the start of a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="rule">The rule, also where its pattern ran out of steps: then nobody knows which rule it is, and none is executed.</param>
    public MatchOutcome Find(ReadOnlySpan<byte> path, out FileRule? rule)
    {
        PatternIndex.Candidates candidates = _index.Of(path);
        while (candidates.TryNext(out int place))
        {
            MatchOutcome outcome = _rules[place].Source.Match(path, _state);
            if (outcome != MatchOutcome.NoMatch)
            {
                rule = _rules[place];
                return outcome;
            }
        }

        rule = null;
        return MatchOutcome.NoMatch;
    }

    /// <summary>Returns the destination of a path, normalised; null, and why, where it has none that could be used.</summary>
    public byte[]? Expand(FileRule rule, ReadOnlySpan<byte> path, out string? error)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _expanded.ResetWrittenCount();
        if (rule.Destination!.Expand(path, _state, _expanded) == MatchOutcome.BudgetExceeded)
        {
            error = Exploded(rule, path);
            return null;
        }

        return DestinationPath.Normalise(_expanded.WrittenSpan, out error);
    }

    /// <summary>Returns a rule that the destinations of another, or of itself, most likely match; null where none does.</summary>
    /// <remarks>Tried with a few texts in the place of the groups, and no more often than <see cref="SampleComparisons"/>: a hint for people, not a proof.</remarks>
    public FileRule? FindFed(FileRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (rule.Destination is null)
        {
            return null;
        }

        for (int i = 0; i < 3 && _comparisonsLeft > 0; i++)
        {
            _expanded.ResetWrittenCount();
            rule.Destination.WriteSample(i == 0 ? "a"u8 : i == 1 ? "1"u8 : "a/b.c"u8, _expanded);
            if (DestinationPath.Normalise(_expanded.WrittenSpan, out _) is not { } sample)
            {
                continue;
            }

            PatternIndex.Candidates candidates = _index.Of(sample);
            while (_comparisonsLeft-- > 0 && candidates.TryNext(out int fed))
            {
                if (_rules[fed].Source.Match(sample, _state, SampleSteps) == MatchOutcome.Matched)
                {
                    return _rules[fed];
                }
            }
        }

        return null;
    }

    /// <summary>Says that a pattern takes too long on a path, naming both.</summary>
    public static string Exploded(FileRule rule, ReadOnlySpan<byte> path)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return "src_re " + rule.Spec.SourcePattern + " takes too long on " + FileFailure.Quote(path) + "; write it without nested repeats";
    }

    /// <summary>Whether a rule may match this path or something below it; true where it cannot be told.</summary>
    public bool MayMatchAt(ReadOnlySpan<byte> path) => _index.MayMatchAt(path);
}
