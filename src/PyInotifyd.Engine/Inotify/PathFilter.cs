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
    private readonly PythonRegex[] _exclude;
    private readonly PythonRegex[]? _include;
    private readonly PythonRegex[]? _alsoInclude;
    private readonly MatchState _state = new();

    /// <summary>Compiles the patterns of a specification, which have been checked when it was read.</summary>
    public PathFilter(WatchSpec spec)
    {
        _exclude = Compile(spec.Exclude);
        _include = spec.Include is null ? null : Compile(spec.Include);
        _alsoInclude = spec.AlsoInclude is null ? null : Compile(spec.AlsoInclude);
    }

    /// <summary>The pattern and the path of a match that ran out of steps.</summary>
    public event Action<string, byte[]>? Exploded;

    /// <summary>Whether there is a pattern that excludes.</summary>
    public bool HasExcludes => _exclude.Length != 0;

    /// <summary>Whether a path is excluded: no events, not descended into.</summary>
    public bool Excludes(ReadOnlySpan<byte> path) => MatchesAny(_exclude, path);

    /// <summary>Whether a path gives events; the file manager's temporary names never do.</summary>
    public bool Passes(ReadOnlySpan<byte> path) => !TemporaryNames.Is(path) && (_exclude.Length == 0 || !Excludes(path)) && (_include is null || MatchesAny(_include, path))
        && (_alsoInclude is null || MatchesAny(_alsoInclude, path));

    private static PythonRegex[] Compile(SpecList<string> patterns)
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

        return compiled.ToArray();
    }

    private bool MatchesAny(PythonRegex[] patterns, ReadOnlySpan<byte> path)
    {
        foreach (PythonRegex regex in patterns)
        {
            switch (regex.Match(path, _state))
            {
                case MatchOutcome.Matched:
                    return true;
                case MatchOutcome.BudgetExceeded:
                    Exploded?.Invoke(regex.Pattern, path.ToArray());
                    break;
            }
        }

        return false;
    }
}
