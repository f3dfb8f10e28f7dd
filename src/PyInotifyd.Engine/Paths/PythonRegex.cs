using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace PyInotifyd.Engine.Paths;

/// <summary>A regular expression with the syntax and the meaning of Python 3.11's <c>re</c>, on the bytes of a path.</summary>
/// <remarks>
/// Why an engine of our own, not a translation to System.Text.RegularExpressions: what CPython does can be kept exactly (groups after a given-up branch,
/// empty rounds of a repeat, how case is ignored, <c>\w</c> of Unicode 14), where a translator would need a detour for each of them and refuse the rest;
/// paths stay bytes, with one code point for each byte outside UTF-8, where .NET would need a UTF-16 copy; a match has a budget of steps, where backtracking in
/// .NET has a clock; and the binary does without that library, a quarter to three quarters of a megabyte.
///
/// How it works: a parser (<see cref="RegexParser"/>) that reads, and fails, in CPython's order; a compiler (<see cref="RegexCompiler"/>) to a program of
/// integers in which loops are counters, so that <c>{0,100000}</c> costs nothing; and a backtracking matcher (<see cref="RegexMatcher"/>) with a stack of
/// integers. A subject is read as <c>os.fsdecode</c> would decode it: valid UTF-8 by code point, every other byte as U+DC80 to U+DCFF.
/// Before the matcher runs, literals decide where they can: what a match starts with, ends with, must hold. Filters are mostly literal, <c>.*</c>, literal,
/// end: these are decided by the compares alone (3 to 16 ns on the machine of PERFORMANCE.md). In the matcher, <c>.*</c> and the literal after it are
/// vectorised searches (patterns with groups: 80 to 150 ns).
///
/// What is not honoured is refused with <c>not supported</c>: <c>\N{…}</c>, the flag <c>t</c>, group numbers in odd spellings (<c>(?(+1)…)</c>), more than
/// 250 levels of parentheses, and in templates surrogates that stand for no byte. Nothing else is known to differ: the property tests compare with python3 by a
/// table, by CPython's own table, and by random patterns, groups, error texts and positions included.
/// Tried and dropped: one static method with local variables for the matcher; not faster, and 650 lines in a piece.
/// Threads: any; immutable. The <see cref="MatchState"/> belongs to one caller at a time.
/// </remarks>
public sealed class PythonRegex
{
    /// <summary>How many steps an attempt may take unless the caller says otherwise.</summary>
    /// <remarks>Units: steps of some 10 to 20 ns. Ordinary patterns use tens; what uses a million explodes.</remarks>
    public const long DefaultStepBudget = 1_000_000;

    private readonly RegexProgram _program;
    private readonly NamedGroup[] _groupNames;

    private PythonRegex(string pattern, RegexProgram program, NamedGroup[] groupNames, bool mayMatchAbsolute)
    {
        MayMatchAbsolute = mayMatchAbsolute;
        Pattern = pattern;
        _program = program;
        _groupNames = groupNames;
    }

    /// <summary>The pattern as it was written.</summary>
    public string Pattern { get; }

    /// <summary>The number of groups, group 0 not counted.</summary>
    public int GroupCount => _program.GroupCount;

    /// <summary>The groups that have names, in the order of their numbers.</summary>
    public IReadOnlyList<NamedGroup> GroupNames => _groupNames;

    /// <summary>The bytes that every match starts with; empty where there is no such thing.</summary>
    public ReadOnlySpan<byte> LiteralPrefix => _program.Prefix;

    /// <summary>The bytes that every subject that matches at its start ends with, a last newline aside; empty where there is no such thing.</summary>
    public ReadOnlySpan<byte> LiteralSuffix => _program.Suffix;

    /// <summary>Whether a match may be empty. True does not mean that one ever is.</summary>
    public bool MayMatchEmpty => _program.MinWidth == 0;

    /// <summary>Whether a path that begins with a slash may match at its start. False is sure: every absolute path is refused.</summary>
    public bool MayMatchAbsolute { get; }

    /// <summary>Parses a pattern; says why not where Python, or this engine, refuses it.</summary>
    /// <param name="pattern">The pattern; lone surrogates U+DC80 to U+DCFF stand for the bytes 0x80 to 0xFF.</param>
    /// <param name="regex">The expression, or null.</param>
    /// <param name="error">Null, or the first thing that is wrong.</param>
    public static bool TryParse(string pattern, [NotNullWhen(true)] out PythonRegex? regex, [NotNullWhen(false)] out PatternError? error)
    {
        try
        {
            RegexParser parser = RegexParser.Parse(pattern, out RegexSequence sequence);
            regex = new PythonRegex(pattern, RegexCompiler.Compile(parser, sequence), parser.Names.ToArray(), FirstCharacter.MayBe(sequence, '/'));
            error = null;
            return true;
        }
        catch (PatternSyntaxException exception)
        {
            regex = null;
            error = exception.Error;
            return false;
        }
    }

    /// <summary>Returns the number of the group with a name, or -1.</summary>
    public int FindGroup(string name)
    {
        foreach (NamedGroup group in _groupNames)
        {
            if (group.Name == name)
            {
                return group.Index;
            }
        }

        return -1;
    }

    /// <summary>Matches at the start of the subject, as <c>re.match</c> does, and leaves the groups in <paramref name="state"/>.</summary>
    /// <param name="subject">The bytes of a path.</param>
    /// <param name="state">Memory; holds the groups afterwards.</param>
    /// <param name="stepBudget">After so many steps the attempt is given up.</param>
    /// <remarks>Cost: a path that does not start with the pattern's literal is refused by one compare. No allocation once the state has grown.</remarks>
    public MatchOutcome Match(ReadOnlySpan<byte> subject, MatchState state, long stepBudget = DefaultStepBudget)
    {
        state.StepsUsed = 0;
        if (!subject.StartsWith(_program.Prefix) || _program.IsHopeless(subject, 0))
        {
            return MatchOutcome.NoMatch;
        }

        state.Prepare(_program.GroupCount);
        if (_program.Shape != SimpleShape.None && IsDecidedByShape(subject, out int length))
        {
            state.SetMatch(0, length, -1);
            return MatchOutcome.Matched;
        }

        long steps = stepBudget;
        MatchOutcome outcome = RegexMatcher.MatchAfterPrefix(_program, subject, state, ref steps);
        state.StepsUsed = stepBudget - steps;
        return outcome;
    }

    /// <summary>Whether the subject matches at its start; false too where the default budget did not suffice.</summary>
    public bool IsMatch(ReadOnlySpan<byte> subject, MatchState state) => Match(subject, state) == MatchOutcome.Matched;

    /// <summary>Finds the first match from <paramref name="offset"/> on, as <c>Pattern.search(subject, pos)</c> does.</summary>
    /// <param name="subject">The bytes of a path; <c>^</c> and lookbehind see what is before the offset.</param>
    /// <param name="offset">A byte at which a code point starts, or the length.</param>
    /// <param name="state">Memory; holds the groups afterwards.</param>
    /// <param name="stepBudget">After so many steps, over all starting points, the attempt is given up.</param>
    public MatchOutcome Search(ReadOnlySpan<byte> subject, int offset, MatchState state, long stepBudget = DefaultStepBudget)
    {
        long steps = stepBudget;
        MatchOutcome outcome = Search(subject, offset, false, state, ref steps);
        state.StepsUsed = stepBudget - steps;
        return outcome;
    }

    /// <summary>Whether a subject that has the prefix, and the suffix if there is one, matches for that alone.</summary>
    private bool IsDecidedByShape(ReadOnlySpan<byte> subject, out int length)
    {
        int prefix = _program.Prefix.Length;
        if (_program.Shape == SimpleShape.Prefix)
        {
            length = prefix;
            return true;
        }

        // A newline, in the middle or at the end, is left to the matcher; so is a suffix that overlaps the prefix.
        length = subject.Length;
        return length >= prefix + _program.Suffix.Length && (length == 0 || subject[^1] != '\n')
            && (_program.Shape == SimpleShape.PrefixAndSuffixAcrossLines || subject[prefix..(length - _program.Suffix.Length)].IndexOf((byte)'\n') < 0);
    }

    /// <summary>Finds the first match from an offset on that is, where <paramref name="mustAdvance"/>, not an empty one at the offset itself.</summary>
    internal MatchOutcome Search(ReadOnlySpan<byte> subject, int offset, bool mustAdvance, MatchState state, ref long steps)
    {
        if ((uint)offset > (uint)subject.Length || _program.IsHopeless(subject, offset))
        {
            return MatchOutcome.NoMatch;
        }

        ReadOnlySpan<byte> prefix = _program.Prefix;
        int position = offset;
        while (position == 0 || !_program.IsAnchored)
        {
            if (prefix.Length > 0)
            {
                int ahead = subject[position..].IndexOf(prefix);
                if (ahead < 0)
                {
                    break;
                }

                position += ahead;
                steps -= ahead >> 4;
            }

            if (_program.SearchStart is not { } first
                || (position < subject.Length && first.Contains(PathCodePoints.Decode(subject, position, out _))))
            {
                state.Prepare(_program.GroupCount);
                MatchOutcome outcome = RegexMatcher.MatchAt(_program, subject, position, mustAdvance && position == offset, state, ref steps);
                if (outcome != MatchOutcome.NoMatch)
                {
                    return outcome;
                }
            }

            if (position == subject.Length)
            {
                break;
            }

            PathCodePoints.Decode(subject, position, out int length);
            position += length;
        }

        return MatchOutcome.NoMatch;
    }
}
