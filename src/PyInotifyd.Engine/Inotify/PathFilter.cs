using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Inotify;

/// <summary>The exclude and include patterns of one watch.</summary>
/// <remarks>
/// A pattern that explodes on a path (step budget) counts as no match: the path is not excluded, and not included; <see cref="Exploded"/> is raised so that it is said.
/// Cost: nothing without patterns; no allocation.   Threads: reactor only.
/// </remarks>
internal sealed class PathFilter
{
    private readonly Patterns _exclude;
    private readonly Patterns? _include;
    private readonly Patterns? _alsoInclude;
    private readonly bool _hasPatterns;
    private readonly MatchState _state = new();

    /// <summary>Compiles the patterns of a specification, which have been checked when it was read.</summary>
    public PathFilter(WatchSpec spec)
    {
        _exclude = Compile(spec.Exclude);
        _include = spec.Include is null ? null : Compile(spec.Include);
        _alsoInclude = spec.AlsoInclude is null ? null : Compile(spec.AlsoInclude);
        _hasPatterns = _exclude.All.Length != 0 || _include is not null || _alsoInclude is not null;
    }

    /// <summary>The pattern and the path of a match that ran out of steps.</summary>
    public event Action<string, byte[]>? Exploded;

    /// <summary>Whether there is a pattern that excludes.</summary>
    public bool HasExcludes => _exclude.All.Length != 0;

    /// <summary>Whether a path is excluded: no events, not descended into.</summary>
    public bool Excludes(ReadOnlySpan<byte> path) => FirstMatch(_exclude, path) is not null;

    /// <summary>Returns the pattern that excludes a path; null where none does.</summary>
    public string? ExcludedBy(ReadOnlySpan<byte> path) => FirstMatch(_exclude, path)?.Pattern;

    /// <summary>Whether the patterns that include, if there are any, let a path through.</summary>
    public bool Includes(ReadOnlySpan<byte> path) =>
        (_include is null || FirstMatch(_include, path) is not null) && (_alsoInclude is null || FirstMatch(_alsoInclude, path) is not null);

    /// <summary>Whether a path gives events; the file manager's temporary names never do.</summary>
    public bool Passes(ReadOnlySpan<byte> path) => !TemporaryNames.Is(path) && PassesPatterns(path);

    /// <summary>Whether a path gives events, as <see cref="Passes(ReadOnlySpan{byte})"/>, by a caller who has the last component at hand.</summary>
    public bool Passes(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name) => !TemporaryNames.IsName(name) && PassesPatterns(path);

    private bool PassesPatterns(ReadOnlySpan<byte> path) => !_hasPatterns || ((_exclude.All.Length == 0 || !Excludes(path)) && Includes(path));

    private static Patterns Compile(SpecList<string> patterns)
    {
        List<PythonRegex> compiled = new(patterns.Count);
        foreach (string pattern in patterns.AsSpan())
        {
            if (!PythonRegex.TryParse(pattern, out PythonRegex? regex, out PatternError? error))
            {
                throw new ArgumentException($"pattern {pattern}: {error!.Message}");
            }

            compiled.Add(regex!);
        }

        return new Patterns(compiled.ToArray());
    }

    private PythonRegex? FirstMatch(Patterns patterns, ReadOnlySpan<byte> path)
    {
        PatternIndex.Candidates candidates = patterns.Index.Of(path);
        while (candidates.TryNext(out int place))
        {
            PythonRegex regex = patterns.All[place];
            switch (regex.Match(path, _state))
            {
                case MatchOutcome.Matched:
                    return regex;
                case MatchOutcome.BudgetExceeded:
                    Exploded?.Invoke(regex.Pattern, path.ToArray());
                    break;
            }
        }

        return null;
    }

    private sealed class Patterns(PythonRegex[] all)
    {
        public PythonRegex[] All { get; } = all;

        public PatternIndex Index { get; } = new(all);
    }
}
