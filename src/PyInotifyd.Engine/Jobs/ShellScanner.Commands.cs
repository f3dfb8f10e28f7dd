using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Jobs;

// Lists of commands: as much of the grammar as it takes to find the end of $(…), comments and here-documents.
internal sealed partial class ShellScanner
{
    private const string InComment =
        "in a comment, which a newline in a name would end, so that the rest of the name would run: take it out of the comment";

    private enum Frame
    {
        Parenthesis,
        CaseSubject,
        CaseIn,
        CasePattern,
        CaseBody,
    }

    /// <summary>Says what the grammar makes of the next word.</summary>
    private enum Next
    {
        CommandOrReserved,

        /// <summary>A command behind an assignment or a redirection, where no word is reserved.</summary>
        Command,
        Argument,
        ForName,
        ForIn,
    }

    private int _openHereDocuments;

    /// <summary>Reads commands up to the end of the text, or up to the parenthesis that ends the substitution which began at <paramref name="open"/>.</summary>
    private void ScanCommands(int open)
    {
        var list = new CommandList();
        while (true)
        {
            int c = Peek();
            switch (c)
            {
                case End:
                    EndCommand(list);
                    EndOfText(list, open);
                    return;
                case ' ' or '\t':
                    _index++;
                    break;
                case '#':
                    ScanComment();
                    break;
                case '\n':
                    _index++;
                    EndCommand(list);
                    ScanHereDocuments(list);
                    break;
                case ';' or '&' or '|':
                    ScanSeparator(list, (char)c);
                    break;
                case '<' or '>':
                    ScanRedirection(list, (char)c);
                    break;
                case '(':
                    OpenParenthesis(list);
                    break;
                case ')':
                    if (CloseParenthesis(list, open))
                    {
                        return;
                    }

                    break;
                default:
                    ScanCommandWord(list);
                    break;
            }
        }
    }

    private void EndOfText(CommandList list, int open)
    {
        if (open >= 0)
        {
            Unclosed(open, "the substitution $(");
        }
        else if (list.Frames.Count > 0)
        {
            Ambiguous(_text.Length, "a parenthesis or a 'case' is still open at the end of the command: close it");
        }

        _openHereDocuments -= list.HereDocuments.Count;
        foreach (HereDocument document in list.HereDocuments)
        {
            Error(document.Open, $"the here-document that begins here has no body: add its lines and one with nothing but {document.Delimiter}");
        }
    }

    /// <summary>Reads to the end of the line; here a backslash at the end continues nothing.</summary>
    private void ScanComment()
    {
        string? outer = _forbidden;
        _forbidden ??= InComment;
        var word = new CommandWord(isArgument: false, _uses.Count);
        while (_index < _end && _text[_index] != '\n')
        {
            if (!TryPlaceholder(word, ValueQuoting.Bare))
            {
                _index++;
            }
        }

        _forbidden = outer;
    }

    private void ScanHereDocuments(CommandList list)
    {
        if (_openHereDocuments > list.HereDocuments.Count)
        {
            Ambiguous(_index - 1, "a newline in a substitution on the line of a here-document: close the substitution on that line");
        }

        _openHereDocuments -= list.HereDocuments.Count;
        ScanBodies(list.HereDocuments);
    }

    private void ScanSeparator(CommandList list, char c)
    {
        _index++;
        EndCommand(list);
        if (c == ';' && list.Top == Frame.CaseBody && Peek() is ';' or '&')
        {
            // ;; and, in bash and busybox, ;& and ;;&
            _index++;
            TryTake('&');
            list.Top = Frame.CasePattern;
            list.IsPatternStart = true;
        }
    }

    private void ScanRedirection(CommandList list, char c)
    {
        int at = _index++;
        list.IsRedirectionTarget = true;
        if (c == '<' && TryTake('<'))
        {
            if (TryTake('<'))
            {
                // A here-string of bash; its word is a word like any other.
                return;
            }

            list.HereDocuments.Add(ScanDelimiter(at, TryTake('-')));
            EndRedirection(list);
            _openHereDocuments++;
        }
        else if (Peek() is '>' or '&' || (c == '>' && Peek() == '|'))
        {
            _index++;
        }
    }

    private static void EndRedirection(CommandList list)
    {
        list.IsRedirectionTarget = false;
        if (list.Next == Next.CommandOrReserved && !list.IsBehindCompound)
        {
            list.Next = Next.Command;
        }
    }

    private void OpenParenthesis(CommandList list)
    {
        int at = _index++;
        if (list.Top == Frame.CasePattern)
        {
            if (list.IsPatternStart)
            {
                list.IsPatternStart = false;
            }
            else
            {
                list.Frames.Add(Frame.Parenthesis);
            }

            return;
        }

        if (at > 0 && _text[at - 1] == '=')
        {
            Ambiguous(at, "not every /bin/sh has arrays: use set -- and \"$@\", or argv with bash -c");
        }

        if (Peek() == '(')
        {
            Ambiguous(at, "(( is arithmetic to some shells and two subshells to others: write ( ( or $((…))");
        }

        EndCommand(list);
        list.Frames.Add(Frame.Parenthesis);
    }

    /// <summary>Reads a closing parenthesis; true when it ends the substitution.</summary>
    private bool CloseParenthesis(CommandList list, int open)
    {
        int at = _index++;
        EndCommand(list);
        if (list.Top == Frame.Parenthesis)
        {
            list.Frames.RemoveAt(list.Frames.Count - 1);
            list.IsBehindCompound = true;
            return false;
        }

        if (list.Top == Frame.CasePattern)
        {
            list.Top = Frame.CaseBody;
            return false;
        }

        if (open < 0 || list.Top is not null)
        {
            Ambiguous(at, "this ) closes nothing, or a 'case' before it has no 'esac': complete the command");
        }

        if (open >= 0 && list.HereDocuments.Count > 0)
        {
            Ambiguous(list.HereDocuments[0].Open, "the body of a here-document inside $(…) must end before the ): begin a new line for it");
            _openHereDocuments -= list.HereDocuments.Count;
        }

        return open >= 0;
    }

    private void ScanCommandWord(CommandList list)
    {
        bool isCaseWord = list.Top is Frame.CaseSubject or Frame.CaseIn or Frame.CasePattern;
        bool mayAssign = list.Next is Next.CommandOrReserved or Next.Command && !list.IsRedirectionTarget && !isCaseWord;
        int usesBefore = _uses.Count;
        CommandWord word = ScanWord(isArgument: !isCaseWord);
        if (mayAssign && BeginsWithSubscript(word.Text))
        {
            Ambiguous(word.Start, "NAME[…] is an array element to some shells, which evaluate what is between the brackets: use a plain variable");
        }

        string text = word.IsQuoted ? string.Empty : word.Text;
        if (list.IsRedirectionTarget)
        {
            EndRedirection(list);
        }
        else if (isCaseWord)
        {
            AddCaseWord(list, text);
        }
        else if (Peek() is '<' or '>' && IsNumber(text))
        {
            // The descriptor of a redirection.
        }
        else
        {
            AddWord(list, word, text);
        }

        if (_uses.Count > usesBefore && _openHereDocuments > list.HereDocuments.Count)
        {
            Ambiguous(_index, "a placeholder in a substitution on the line of a here-document: put the value in a variable first");
        }
    }

    private static void AddCaseWord(CommandList list, string text)
    {
        switch (list.Top)
        {
            case Frame.CaseSubject:
                list.Top = Frame.CaseIn;
                break;
            case Frame.CaseIn:
                list.Top = Frame.CasePattern;
                list.IsPatternStart = true;
                break;
            default:
                if (list.IsPatternStart && text == "esac")
                {
                    list.Frames.RemoveAt(list.Frames.Count - 1);
                    list.Next = Next.CommandOrReserved;
                    list.IsBehindCompound = true;
                }

                list.IsPatternStart = false;
                break;
        }
    }

    private void AddWord(CommandList list, CommandWord word, string text)
    {
        switch (list.Next)
        {
            case Next.ForName:
                list.Next = Next.ForIn;
                return;
            case Next.ForIn:
                list.Next = text == "do" ? Next.CommandOrReserved : Next.Argument;
                return;
            case Next.CommandOrReserved when TryReservedWord(list, word, text):
                return;
            default:
                if (text == "case" && list.Words.Count > 0 && list.Words[0].Text == "time")
                {
                    Ambiguous(word.Start, "'time case' is a reserved word and a command to some shells, a command with arguments to others: time a function");
                }

                list.Words.Add(word);
                if (list.Next is Next.CommandOrReserved or Next.Command)
                {
                    list.Next = IsAssignment(word.Text) ? Next.Command : Next.Argument;
                }

                return;
        }
    }

    /// <summary>Takes a reserved word, behind which another one may follow.</summary>
    private bool TryReservedWord(CommandList list, CommandWord word, string text)
    {
        switch (text)
        {
            case "if" or "then" or "else" or "elif" or "do" or "while" or "until" or "{" or "!":
                list.IsBehindCompound = false;
                return true;
            case "fi" or "done" or "}":
                list.IsBehindCompound = true;
                return true;
            case "for":
                list.Next = Next.ForName;
                return true;
            case "case":
                list.Frames.Add(Frame.CaseSubject);
                return true;
            case "esac" when list.Top == Frame.CaseBody:
                list.Frames.RemoveAt(list.Frames.Count - 1);
                list.IsBehindCompound = true;
                return true;
            case "function" or "select" or "coproc":
                Ambiguous(word.Start, $"'{text}' is a reserved word in some shells and a command in others: use what POSIX has, such as name() {{ …; }}");
                return false;
            default:
                return false;
        }
    }

    /// <summary>Ends a simple command and checks what it does with its placeholders.</summary>
    private void EndCommand(CommandList list)
    {
        if (list.Words.Count > 0)
        {
            InterpreterCheck.Check(list.Words, _uses, _problems);
            list.Words.Clear();
        }

        list.Next = Next.CommandOrReserved;
        list.IsRedirectionTarget = false;
        list.IsBehindCompound = false;
    }

    private static bool IsAssignment(string text)
    {
        int i = 0;
        while (i < text.Length && IsNameCharacter(text[i]))
        {
            i++;
        }

        return i > 0 && i < text.Length && text[i] == '=';
    }

    /// <summary>Tells whether a word is <c>NAME[…</c>; in bash the subscript goes on behind blanks.</summary>
    private static bool BeginsWithSubscript(string text)
    {
        int i = 0;
        while (i < text.Length && IsNameCharacter(text[i]))
        {
            i++;
        }

        return i > 0 && i < text.Length && text[i] == '[';
    }

    private static bool IsNumber(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    /// <summary>Holds where one list of commands stands.</summary>
    private sealed class CommandList
    {
        public List<CommandWord> Words { get; } = [];

        public List<Frame> Frames { get; } = [];

        public List<HereDocument> HereDocuments { get; } = [];

        public Next Next { get; set; }

        public bool IsRedirectionTarget { get; set; }

        /// <summary>Gets or sets whether a compound command has just ended, so that reserved words may follow, also behind its redirections.</summary>
        public bool IsBehindCompound { get; set; }

        public bool IsPatternStart { get; set; }

        /// <summary>Gets or replaces the innermost open construct.</summary>
        public Frame? Top
        {
            get => Frames.Count == 0 ? null : Frames[^1];
            set => Frames[^1] = value!.Value;
        }
    }
}
