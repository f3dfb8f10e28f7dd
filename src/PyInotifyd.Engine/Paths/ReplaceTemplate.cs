using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace PyInotifyd.Engine.Paths;

/// <summary>A replacement as Python's <c>re.sub</c> takes it: text with <c>\1</c>, <c>\g&lt;1&gt;</c>, <c>\g&lt;name&gt;</c> and escapes.</summary>
/// <remarks>Threads: any; immutable.</remarks>
public sealed class ReplaceTemplate
{
    private readonly PythonRegex _regex;

    /// <summary>Literals and groups in turn: a literal (maybe empty), a group, a literal, … and a literal.</summary>
    private readonly byte[][] _literals;
    private readonly int[] _groups;

    private ReplaceTemplate(string template, PythonRegex regex, byte[][] literals, int[] groups)
    {
        Template = template;
        _regex = regex;
        _literals = literals;
        _groups = groups;
    }

    /// <summary>The template as it was written.</summary>
    public string Template { get; }

    /// <summary>What every expansion starts with, up to the first group.</summary>
    public ReadOnlySpan<byte> LiteralPrefix => _literals[0];

    /// <summary>Whether no group is used, so that <see cref="LiteralPrefix"/> is all of it.</summary>
    public bool IsLiteral => _groups.Length == 0;

    /// <summary>Parses a template for <paramref name="regex"/>; an unknown group and an unknown escape of a letter are errors.</summary>
    public static bool TryParse(
        string template, PythonRegex regex, [NotNullWhen(true)] out ReplaceTemplate? parsed, [NotNullWhen(false)] out PatternError? error)
    {
        try
        {
            parsed = new Parser(template, regex).Parse();
            error = null;
            return true;
        }
        catch (PatternSyntaxException exception)
        {
            parsed = null;
            error = exception.Error;
            return false;
        }
    }

    /// <summary>Writes the subject with every match replaced, as <c>re.sub</c> does.</summary>
    /// <param name="subject">The bytes of a path.</param>
    /// <param name="state">Memory; afterwards it holds the last attempt.</param>
    /// <param name="output">Gets the result.</param>
    /// <param name="stepBudget">The steps that all matches together may take.</param>
    /// <returns>
    /// Matched where something was replaced, NoMatch where the subject was written as it is; BudgetExceeded where it was given up: what was written is nothing.
    /// </returns>
    public MatchOutcome Expand(
        ReadOnlySpan<byte> subject, MatchState state, IBufferWriter<byte> output, long stepBudget = PythonRegex.DefaultStepBudget)
    {
        long steps = stepBudget;
        int written = 0;
        int offset = 0;
        bool mustAdvance = false;
        MatchOutcome result = MatchOutcome.NoMatch;
        while (true)
        {
            MatchOutcome outcome = _regex.Search(subject, offset, mustAdvance, state, ref steps);
            if (outcome == MatchOutcome.BudgetExceeded)
            {
                result = outcome;
                break;
            }

            if (outcome == MatchOutcome.NoMatch)
            {
                output.Write(subject[written..]);
                break;
            }

            result = MatchOutcome.Matched;
            output.Write(subject[written..state.MatchStart]);
            WriteMatch(subject, state, output);
            written = state.MatchEnd;
            offset = state.MatchEnd;
            mustAdvance = state.MatchEnd == state.MatchStart;
        }

        state.StepsUsed = stepBudget - steps;
        return result;
    }

    /// <summary>Writes the template with a text in the place of each group, to see what destinations look like.</summary>
    internal void WriteSample(ReadOnlySpan<byte> groupText, IBufferWriter<byte> output)
    {
        output.Write(_literals[0]);
        for (int i = 0; i < _groups.Length; i++)
        {
            output.Write(groupText);
            output.Write(_literals[i + 1]);
        }
    }

    private void WriteMatch(ReadOnlySpan<byte> subject, MatchState state, IBufferWriter<byte> output)
    {
        output.Write(_literals[0]);
        for (int i = 0; i < _groups.Length; i++)
        {
            GroupSpan group = state.GetGroup(_groups[i]);
            if (group.IsSet)
            {
                output.Write(subject.Slice(group.Start, group.Length));
            }

            output.Write(_literals[i + 1]);
        }
    }

    /// <summary>Reads a template.</summary>
    private sealed class Parser
    {
        private readonly string _template;
        private readonly PythonRegex _regex;
        private readonly PatternReader _reader;
        private readonly List<byte[]> _literals = new();
        private readonly List<int> _groups = new();
        private readonly List<byte> _literal = new();

        internal Parser(string template, PythonRegex regex)
        {
            _template = template;
            _regex = regex;
            _reader = new PatternReader(template);
        }

        internal ReplaceTemplate Parse()
        {
            while (!_reader.AtEnd)
            {
                int start = _reader.Position;
                bool isEscape = _reader.NextIsEscape;
                int character = _reader.Read();
                if (isEscape)
                {
                    ParseEscape(character, start);
                }
                else
                {
                    AddCharacter(character, start);
                }
            }

            EndLiteral();
            return new ReplaceTemplate(_template, _regex, _literals.ToArray(), _groups.ToArray());
        }

        private void ParseEscape(int character, int start)
        {
            if (character == 'g')
            {
                ParseGroup();
            }
            else if (character == '0')
            {
                int value = 0;
                for (int i = 0; i < 2 && _reader.IsOctal(); i++)
                {
                    value = (value * 8) + _reader.Read() - '0';
                }

                AddCharacter(value, start);
            }
            else if (UnicodeCharacter.IsAsciiDigit(character))
            {
                ParseNumber(character, start);
            }
            else if (RegexParser.ToControl(character) is >= 0 and int control)
            {
                AddCharacter(control, start);
            }
            else if (UnicodeCharacter.IsAsciiLetter(character))
            {
                throw new PatternSyntaxException("bad escape \\" + PatternReader.Show(character), start);
            }
            else
            {
                _literal.Add((byte)'\\');
                AddCharacter(character, start);
            }
        }

        private void ParseGroup()
        {
            if (!_reader.Take('<'))
            {
                throw _reader.Error("missing <");
            }

            string name = _reader.ReadUntil('>', "group name");
            int back = PatternReader.CountCodePoints(name) + 1;
            int group;
            if (RegexParser.IsIdentifier(name))
            {
                group = _regex.FindGroup(name);
                if (group < 0)
                {
                    throw _reader.Error("unknown group name " + PatternReader.Quote(name), back);
                }
            }
            else
            {
                group = RegexParser.ParseGroupNumber(_reader, name);
            }

            AddGroup(group, _reader.Position - back);
        }

        /// <summary>Parses what starts with a digit that is not zero: three octal digits are a character, anything else is a group's number.</summary>
        private void ParseNumber(int first, int start)
        {
            int group = first - '0';
            if (_reader.IsDigit())
            {
                int second = _reader.Read();
                if (first <= '7' && second <= '7' && _reader.IsOctal())
                {
                    int third = _reader.Read();
                    int value = ((first - '0') * 64) + ((second - '0') * 8) + third - '0';
                    if (value > 0xFF)
                    {
                        throw new PatternSyntaxException(
                            "octal escape value \\" + (char)first + (char)second + (char)third + " outside of range 0-0o377", start);
                    }

                    AddCharacter(value, start);
                    return;
                }

                group = (group * 10) + second - '0';
            }

            AddGroup(group, start + 1);
        }

        private void AddGroup(int group, int position)
        {
            if (group > _regex.GroupCount)
            {
                throw new PatternSyntaxException("invalid group reference " + group.ToString(), position);
            }

            EndLiteral();
            _groups.Add(group);
        }

        private void EndLiteral()
        {
            _literals.Add(_literal.ToArray());
            _literal.Clear();
        }

        private void AddCharacter(int codePoint, int position)
        {
            if (!PathCodePoints.IsEncodable(codePoint))
            {
                throw PatternSyntaxException.NotSupported("a surrogate that stands for no byte", position);
            }

            PathCodePoints.Append(_literal, codePoint);
        }
    }
}
