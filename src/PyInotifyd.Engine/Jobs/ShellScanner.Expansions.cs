using System;

namespace PyInotifyd.Engine.Jobs;

// What begins with a dollar sign or a backquote.
internal sealed partial class ShellScanner
{
    private const string InBackquotes = "inside backquotes, whose text is unescaped once more before it is read: write $(…) instead";

    private const string InArithmetic =
        "inside arithmetic, where shells evaluate a value as an expression: check it first and use a variable of the command";

    private const string InDollarQuotes = "inside $'…' or $\"…\", which not every /bin/sh knows: use plain quotes";

    private const string InQuotedParameter =
        "inside \"${…}\" or ${…${…}…}, where shells read quotes differently: put the value in a variable first, or use the variable $PYINOTIFYD_… there";

    private const string InParameter =
        "inside a kind of ${…} where a value cannot be quoted: put it in a variable first; " +
        "the words of ${x-…} ${x+…} ${x?…} ${x#…} ${x%…} outside quotes are safe";

    // How many ${ are open in this context.
    private int _openParameters;

    private void ScanDollar(CommandWord word, bool inDoubleQuotes)
    {
        int at = _index++;
        int c = Peek();
        switch (c)
        {
            case '{' when PlaceholderNames.TryMatch(_text.AsSpan(_index, _end - _index), out _):
                // A line continuation may stand between the two, so the check in TryPlaceholder does not always see the dollar sign.
                if (_text[_index - 1] != '$')
                {
                    Error(at, "a dollar sign before a placeholder makes a variable of the shell's own: leave it out, or write \"$\" with its quotes");
                }

                TryPlaceholder(word, ValueQuoting.Bare);
                break;
            case '{':
                _index++;
                ScanParameter(word, at, inDoubleQuotes);
                break;
            case '(':
                _index++;
                word.AppendExpansion();
                if (TryTake('('))
                {
                    ScanArithmetic(word, at);
                }
                else
                {
                    int outer = _openParameters;
                    _openParameters = 0;
                    ScanCommands(at);
                    _openParameters = outer;
                }

                break;
            case '\'' when !inDoubleQuotes:
                ScanDollarSingleQuotes(word, at);
                break;
            case '"' when !inDoubleQuotes:
                ScanForbidden(InDollarQuotes, word, static (scanner, w) => scanner.ScanDoubleQuotes(w));
                break;
            case '[':
                Ambiguous(at, "$[ is arithmetic to some shells and text to others: write \\$[ for the text, $((…)) for arithmetic");
                word.AppendExpansion();
                break;
            default:
                ScanSimpleParameter(word, c);
                break;
        }
    }

    private void ScanSimpleParameter(CommandWord word, int c)
    {
        if (c is >= '0' and <= '9' or '@' or '*' or '#' or '?' or '-' or '$' or '!')
        {
            _index++;
            word.AppendExpansion();
        }
        else if (IsNameCharacter(c))
        {
            while (IsNameCharacter(Peek()))
            {
                _index++;
            }

            word.AppendExpansion();
        }
        else
        {
            word.Append('$');
        }
    }

    private void ScanForbidden(string why, CommandWord word, Action<ShellScanner, CommandWord> scan)
    {
        string? outer = _forbidden;
        _forbidden ??= why;
        scan(this, word);
        _forbidden = outer;
    }

    /// <summary>Reads <c>$'…'</c>, which ends at the first quote for some shells and at the first without a backslash for others.</summary>
    private void ScanDollarSingleQuotes(CommandWord word, int at)
    {
        ScanForbidden(InDollarQuotes, word, static (scanner, w) => scanner.ScanSingleQuotes(w));
        int backslashes = 0;
        while (_text[_index - 2 - backslashes] == '\\')
        {
            backslashes++;
        }

        if (backslashes % 2 == 1)
        {
            Ambiguous(at, "\\' inside $'…' ends the quotes for some shells only: use plain quotes");
        }
    }

    /// <summary>Reads to the next backquote that has no backslash; nothing else matters to the shell at this stage.</summary>
    private void ScanBackquotes(CommandWord word)
    {
        int open = _index++;
        string? outer = _forbidden;
        _forbidden ??= InBackquotes;
        word.AppendExpansion();
        bool closed = false;
        while (!closed && _index < _end)
        {
            char c = _text[_index];
            if (c == '{' && TryPlaceholder(word, ValueQuoting.Bare))
            {
                continue;
            }

            _index += c == '\\' && _index + 1 < _end && !PlaceholderNames.TryMatch(_text.AsSpan(_index + 1, _end - _index - 1), out _) ? 2 : 1;
            closed = c == '`';
        }

        _forbidden = outer;
        if (!closed)
        {
            Unclosed(open, "the backquote (`)");
        }
    }

    /// <summary>Reads the inside of <c>$((…))</c>.</summary>
    private void ScanArithmetic(CommandWord word, int open)
    {
        string? outer = _forbidden;
        _forbidden ??= InArithmetic;
        int depth = 0;
        while (true)
        {
            int c = Peek();
            if (c == End)
            {
                Unclosed(open, "the arithmetic $((");
                break;
            }

            if (c is '\'' or '"')
            {
                Ambiguous(_index, "quotes inside $((…)) are read differently by different shells: leave them out");
            }

            if (c == '(')
            {
                depth++;
            }
            else if (c == ')' && depth-- == 0)
            {
                _index++;
                if (!TryTake(')'))
                {
                    Ambiguous(open, "$(( begins arithmetic, which ends with )): write $( ( for a subshell");
                }

                break;
            }

            ScanDoubleQuoted(word, (char)c);
        }

        _forbidden = outer;
    }

    /// <summary>Reads <c>${…}</c> from behind the brace.</summary>
    private void ScanParameter(CommandWord word, int open, bool inDoubleQuotes)
    {
        if (Peek() is ' ' or '\t' or '\n' or '|')
        {
            Ambiguous(open, "${ with a blank or | is a command substitution to some shells and an error to others: write $(…)");
        }

        // bash in POSIX mode takes ${x-${y-'z'}} inside "$(…)" for quoted, and looks for the end of it as if the quotes were text.
        inDoubleQuotes |= _openParameters > 0;
        _openParameters++;
        char operation = ScanParameterName();
        string? outer = _forbidden;

        // The values of other operations are patterns, arithmetic or, with =, split into words afterwards.
        _forbidden ??= inDoubleQuotes ? InQuotedParameter : operation == '\0' ? InParameter : null;
        var inner = new CommandWord(word.IsAtStart && operation is '-' or '+', _uses.Count);
        word.AppendExpansion();
        if (inDoubleQuotes)
        {
            ScanQuotedParameterWord(inner, open, outer);
        }
        else
        {
            int c = Peek();
            while (c != End && c != '}')
            {
                ScanUnquoted(inner, (char)c);
                c = Peek();
            }
        }

        _forbidden = outer;
        _openParameters--;
        if (!TryTake('}'))
        {
            Unclosed(open, "the ${");
        }
    }

    /// <summary>Reads name and operator; returns the operator's last sign, NUL when a placeholder cannot stand in its word.</summary>
    private char ScanParameterName()
    {
        int c = Peek();
        if (c == '#')
        {
            // ${#}, ${#x}, and operators on $#, which nobody needs with a placeholder.
            _index++;
            return '\0';
        }

        if (IsNameCharacter(c))
        {
            while (IsNameCharacter(Peek()))
            {
                _index++;
            }
        }
        else if (c is '@' or '*' or '?' or '-' or '$' or '!')
        {
            _index++;
        }
        else
        {
            return '\0';
        }

        bool hasColon = TryTake(':');
        c = Peek();
        if (c is '-' or '+' or '?' || (!hasColon && c is '#' or '%'))
        {
            _index++;
            if (c is '#' or '%')
            {
                TryTake((char)c);
            }

            return (char)c;
        }

        return '\0';
    }

    /// <summary>Reads the word of <c>"${x-word}"</c>, in which quotes mean different things to different shells, and from operator to operator.</summary>
    private void ScanQuotedParameterWord(CommandWord inner, int open, string? outerForbidden)
    {
        const string Differently = "shells read quotes inside \"${…}\" differently: put the text in a variable first";
        bool isQuoteOpen = false;
        while (true)
        {
            int c = Peek();
            if (c == End)
            {
                return;
            }

            if (c == '}')
            {
                if (isQuoteOpen)
                {
                    Ambiguous(open, Differently);
                }

                return;
            }

            if (c == '"')
            {
                isQuoteOpen = !isQuoteOpen;
                _index++;
            }
            else if (c == '\'')
            {
                SkipQuotesThatMayBeText(Differently);
            }
            else if (c == '$')
            {
                // A command substitution has a context of its own, so a placeholder may well stand in it.
                string? here = _forbidden;
                _forbidden = outerForbidden;
                ScanDollar(inner, inDoubleQuotes: true);
                _forbidden = here;
            }
            else
            {
                ScanDoubleQuoted(inner, (char)c);
            }
        }
    }

    /// <summary>Goes behind a pair of single quotes with nothing between them that would matter if they were text.</summary>
    private void SkipQuotesThatMayBeText(string message)
    {
        int close = _text.AsSpan(_index + 1, _end - _index - 1).IndexOf('\'');
        if (close < 0 || _text.AsSpan(_index + 1, close).ContainsAny("}\"`$\\"))
        {
            Ambiguous(_index, message);
            _index++;
        }
        else if (PlaceholderNames.ContainsAny(_text.AsSpan(_index + 1, close)))
        {
            _index++;
        }
        else
        {
            _index += close + 2;
        }
    }
}
