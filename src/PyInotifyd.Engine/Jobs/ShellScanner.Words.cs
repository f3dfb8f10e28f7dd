using System;

namespace PyInotifyd.Engine.Jobs;

// Words and quotes.
internal sealed partial class ShellScanner
{
    /// <summary>Reads one word up to the blank or operator that ends it.</summary>
    private CommandWord ScanWord(bool isArgument)
    {
        var word = new CommandWord(isArgument, _uses.Count, _index);
        while (true)
        {
            int c = Peek();
            if (c == End || IsWordEnd((char)c))
            {
                word.EndUse = _uses.Count;
                return word;
            }

            ScanUnquoted(word, (char)c);
        }
    }

    /// <summary>Reads one element of unquoted text.</summary>
    private void ScanUnquoted(CommandWord word, char c)
    {
        switch (c)
        {
            case '\'':
                ScanSingleQuotes(word);
                break;
            case '"':
                ScanDoubleQuotes(word);
                break;
            case '\\':
                word.IsQuoted = true;
                ScanBackslash(word);
                break;
            case '$':
                ScanDollar(word, inDoubleQuotes: false);
                break;
            case '`':
                ScanBackquotes(word);
                break;
            case '{' when TryPlaceholder(word, ValueQuoting.Bare):
                break;
            default:
                word.Append(c);
                _index++;
                break;
        }
    }

    private void ScanSingleQuotes(CommandWord word)
    {
        int open = _index++;
        word.IsQuoted = true;
        while (_index < _end)
        {
            char c = _text[_index];
            if (c == '\'')
            {
                _index++;
                return;
            }

            if (c != '{' || !TryPlaceholder(word, ValueQuoting.InSingleQuotes))
            {
                word.Append(c);
                _index++;
            }
        }

        Unclosed(open, "the single quote (')");
    }

    private void ScanDoubleQuotes(CommandWord word)
    {
        int open = _index++;
        word.IsQuoted = true;
        while (true)
        {
            int c = Peek();
            if (c == End)
            {
                Unclosed(open, "the double quote (\")");
                return;
            }

            if (c == '"')
            {
                _index++;
                return;
            }

            ScanDoubleQuoted(word, (char)c);
        }
    }

    /// <summary>Reads one element of text in double quotes, or of the body of a here-document.</summary>
    private void ScanDoubleQuoted(CommandWord word, char c)
    {
        switch (c)
        {
            case '\\':
                ScanBackslash(word);
                break;
            case '$':
                ScanDollar(word, inDoubleQuotes: true);
                break;
            case '`':
                ScanBackquotes(word);
                break;
            case '{' when TryPlaceholder(word, ValueQuoting.InDoubleQuotes):
                break;
            default:
                word.Append(c);
                _index++;
                break;
        }
    }

    /// <summary>Reads a backslash and the character it quotes.</summary>
    private void ScanBackslash(CommandWord word)
    {
        int at = _index++;
        if (_index == _end)
        {
            word.Append('\\');
            return;
        }

        if (PlaceholderNames.TryMatch(_text.AsSpan(_index, _end - _index), out Placeholder placeholder))
        {
            string name = PlaceholderNames.Text(placeholder);
            Error(at, $"a backslash before {name} would undo the quoting of the value: leave it out, " +
                $"or write \\\\{name} for a backslash and the value, or '{{'{name[1..]} for this very text");
            _uses.Add(new PlaceholderUse(placeholder, TemplateText.PositionOf(_text, _index), argument: -1));
            word.AppendExpansion();
            _index += name.Length;
            return;
        }

        word.Append(_text[_index++]);
    }

    private static bool IsWordEnd(char c) => c is ' ' or '\t' or '\n' or ';' or '&' or '|' or '<' or '>' or '(' or ')';

    private static bool IsNameCharacter(int c) => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '_';
}
