using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Reads a command as a POSIX shell reads it, only to learn what surrounds each placeholder.</summary>
/// <remarks>
/// It follows the shell's grammar (XCU 2.2, 2.3, 2.6, 2.7.4, 2.10) as far as quoting depends on it: quotes, substitutions with a context of their own,
/// here-documents, comments, and of the commands so much that the <c>)</c> of a <c>case</c> pattern is not taken for the end of <c>$(…)</c>.
/// It does not judge the rest: a command that the shell refuses is refused when it runs. But it never guesses where shells read
/// differently: <see cref="Ambiguous"/> makes that an error whenever the command has a placeholder.
///
/// Files: this one has the parts that hold for all; <c>.Commands</c> lists of commands; <c>.Words</c> words and quotes; <c>.Expansions</c> what begins
/// with a dollar sign or a backquote; <c>.HereDocuments</c> those.
/// </remarks>
internal sealed partial class ShellScanner
{
    private const int End = -1;

    private readonly string _text;
    private readonly List<TemplateProblem> _problems;
    private readonly bool _hasPlaceholder;
    private readonly List<TemplatePart> _parts = [];
    private readonly List<PlaceholderUse> _uses = [];

    private int _index;
    private int _end;
    private int _literalStart;

    // Why a placeholder cannot stand here, and what to write instead; null where it can.
    private string? _forbidden;

    public ShellScanner(string text, List<TemplateProblem> problems)
    {
        _text = text;
        _end = text.Length;
        _problems = problems;
        _hasPlaceholder = PlaceholderNames.ContainsAny(text);
    }

    /// <summary>Reads the whole command; what was found is in the problems and in <see cref="TakeParts"/>.</summary>
    public void Scan() => ScanCommands(open: -1);

    /// <summary>Returns the pieces up to the last placeholder, and the text behind it.</summary>
    public TemplatePart[] TakeParts(out byte[] tail)
    {
        tail = TemplateText.Encode(_text.AsSpan(_literalStart));
        return _parts.ToArray();
    }

    /// <summary>Returns the character at the index, behind any line continuations, which the shell removes before it looks at anything.</summary>
    private int Peek()
    {
        while (_index + 1 < _end && _text[_index] == '\\' && _text[_index + 1] == '\n')
        {
            _index += 2;
        }

        return _index < _end ? _text[_index] : End;
    }

    private bool TryTake(char expected)
    {
        if (Peek() != expected)
        {
            return false;
        }

        _index++;
        return true;
    }

    /// <summary>Takes a placeholder that begins at the index, as a value or as an error.</summary>
    private bool TryPlaceholder(CommandWord word, ValueQuoting quoting)
    {
        if (!PlaceholderNames.TryMatch(_text.AsSpan(_index, _end - _index), out Placeholder placeholder))
        {
            return false;
        }

        string name = PlaceholderNames.Text(placeholder);
        _uses.Add(new PlaceholderUse(placeholder, TemplateText.PositionOf(_text, _index), argument: -1));
        if (_forbidden is not null)
        {
            Error(_index, name + " stands " + _forbidden);
        }
        else if (_index > 0 && _text[_index - 1] == '$')
        {
            Error(_index - 1, $"${name} is the shell's own variable, not the placeholder: write {name} for the event's value, " +
                $"${name[1..^1]} for a variable of the command, or \"$\"{name} for a dollar sign before the value");
        }
        else
        {
            byte[] literal = TemplateText.Encode(_text.AsSpan(_literalStart, _index - _literalStart));
            _parts.Add(new TemplatePart(literal, placeholder, quoting, word.AppendPlaceholder()));
            _literalStart = _index + name.Length;
        }

        _index += name.Length;
        return true;
    }

    private void Error(int index, string message) =>
        _problems.Add(new TemplateProblem(false, message, TemplateText.PositionOf(_text, index), argument: -1));

    /// <summary>Reports a place where shells disagree; without placeholders nothing depends on it.</summary>
    private void Ambiguous(int index, string message)
    {
        if (_hasPlaceholder)
        {
            Error(index, message);
        }
    }

    private void Unclosed(int open, string what) => Error(open, what + " that begins here has no end: close it, or write a backslash before it");
}
