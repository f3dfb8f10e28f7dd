using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Warns of placeholders that a command parses a second time, where the quoting for the shell no longer protects them.</summary>
/// <remarks>
/// Quoting makes a value arrive in one piece; what the program then does with it is its own affair. <c>sh -c 'ls {pathname}'</c> gets the name as
/// part of a script. <c>sh -c 'ls "$1"' sh {pathname}</c> is fine, so operands behind the script are not warned of. Programs are recognised by the last
/// component of their name, also behind those that run another one (<c>env</c>, <c>sudo</c>, <c>find -exec</c>).
/// </remarks>
internal static class InterpreterCheck
{
    private enum Reads
    {
        Nothing,
        EveryArgument,
        ShellScript,
        CommandOption,
        EvalOption,
        AwkProgram,
        SedScript,
        TestExpression,
        VariableName,
        PrintfVariable,
    }

    /// <summary>Adds a warning for each placeholder of the command that is read as code.</summary>
    public static void Check(List<CommandWord> words, List<PlaceholderUse> uses, List<TemplateProblem> problems)
    {
        int first = 0;
        while (first < words.Count && IsAssignment(words[first].Text))
        {
            first++;
        }

        if (first == words.Count || words[^1].EndUse == words[first].FirstUse)
        {
            return;
        }

        int at = first;
        Reads reads = Classify(BaseName(words[first].Text), out char option);
        for (int i = first + 1; reads == Reads.Nothing && RunsAnother(BaseName(words[first].Text)) && i < words.Count; i++)
        {
            at = i;
            reads = Classify(BaseName(words[i].Text), out option);
        }

        var arguments = new Arguments(words, at, uses, problems);
        switch (reads)
        {
            case Reads.EveryArgument:
                arguments.WarnAll();
                break;
            case Reads.ShellScript:
                CheckShell(arguments);
                break;
            case Reads.CommandOption:
                CheckCommandOption(arguments);
                break;
            case Reads.EvalOption:
                CheckEvalOption(arguments, option);
                break;
            case Reads.AwkProgram:
                CheckAwk(arguments);
                break;
            case Reads.SedScript:
                CheckSed(arguments);
                break;
            case Reads.TestExpression:
                CheckTest(arguments);
                break;
            case Reads.VariableName:
                CheckVariableNames(arguments);
                break;
            case Reads.PrintfVariable:
                CheckOptionValue(arguments, "-v");
                break;
            default:
                break;
        }
    }

    private static ReadOnlySpan<char> BaseName(string text) => text.AsSpan(text.LastIndexOf('/') + 1);

    private static bool IsAssignment(string text)
    {
        int i = 0;
        while (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == '_'))
        {
            i++;
        }

        return i > 0 && i < text.Length && text[i] == '=';
    }

    private static bool RunsAnother(ReadOnlySpan<char> name) => name switch
    {
        "env" or "sudo" or "doas" or "nohup" or "timeout" or "nice" or "ionice" or "chrt" or "taskset" or "setsid" or "stdbuf" or "exec" or
        "command" or "builtin" or "time" or "chroot" or "busybox" or "toybox" or "setpriv" or "unshare" or "nsenter" or "systemd-run" or
        "chronic" or "find" or "fd" or "ltrace" or "strace" or "docker" or "podman" or "chpst" or "setuidgid" or "su-exec" or "gosu" or
        "capsh" or "prlimit" or "flatpak" => true,
        _ => false,
    };

    private static Reads Classify(ReadOnlySpan<char> name, out char option)
    {
        option = '\0';
        switch (name)
        {
            case "sh" or "bash" or "dash" or "ash" or "ksh" or "mksh" or "zsh" or "yash" or "rbash" or "fish" or "hush":
                return Reads.ShellScript;
            case "eval" or "ssh" or "rsh" or "xargs" or "parallel" or "watch" or "let" or "trap" or "alias" or "unset" or "read" or "getopts":
                return Reads.EveryArgument;
            case "su" or "runuser" or "flock" or "script":
                return Reads.CommandOption;
            case "awk" or "gawk" or "mawk" or "nawk":
                return Reads.AwkProgram;
            case "sed" or "gsed":
                return Reads.SedScript;
            case "test" or "[" or "[[":
                return Reads.TestExpression;
            case "export" or "readonly" or "local" or "declare" or "typeset":
                return Reads.VariableName;
            case "printf":
                return Reads.PrintfVariable;
            default:
                break;
        }

        option = name switch
        {
            "perl" or "ruby" or "node" or "nodejs" or "lua" or "Rscript" => 'e',
            "php" => 'r',
            _ => name.StartsWith("python", StringComparison.Ordinal) || name.StartsWith("pypy", StringComparison.Ordinal) ? 'c' : '\0',
        };
        return option == '\0' ? Reads.Nothing : Reads.EvalOption;
    }

    /// <summary>The script is the first operand when there is a <c>c</c> among the options; <c>-o NAME</c> takes an argument.</summary>
    private static void CheckShell(Arguments arguments)
    {
        bool isScript = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            string text = arguments[i];
            bool isOption = text.Length > 1 && text[0] is '-' or '+';
            if (!isOption || text == "--")
            {
                if (isScript)
                {
                    arguments.Warn(isOption ? i + 1 : i);
                }

                return;
            }

            if (text.StartsWith("--", StringComparison.Ordinal))
            {
                i += text is "--rcfile" or "--init-file" ? 1 : 0;
                continue;
            }

            isScript |= text.Contains('c', StringComparison.Ordinal);
            i += text.Contains('o', StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        }
    }

    private static void CheckCommandOption(Arguments arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string text = arguments[i];
            if (text.StartsWith("--command=", StringComparison.Ordinal) || text.StartsWith("--session-command=", StringComparison.Ordinal))
            {
                arguments.Warn(i);
            }
            else if (text is "--command" or "--session-command")
            {
                arguments.Warn(i + 1);
            }
            else if (IsCluster(text) && text.Contains('c', StringComparison.Ordinal))
            {
                arguments.Warn(i);
                arguments.Warn(i + 1);
            }
        }
    }

    private static void CheckEvalOption(Arguments arguments, char option)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string text = arguments[i];
            if (text is "--eval" or "--print" or "-p" or "--run" ||
                (IsCluster(text) && text.Contains(option, option == 'e' ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal)))
            {
                arguments.Warn(i);
                arguments.Warn(i + 1);
                i++;
            }
            else if (text.StartsWith("--eval=", StringComparison.Ordinal))
            {
                arguments.Warn(i);
            }
            else if (!text.StartsWith('-'))
            {
                return;
            }
        }
    }

    /// <summary>The program text, and values given by <c>-v</c> or as operands, in which awk expands backslashes.</summary>
    private static void CheckAwk(Arguments arguments)
    {
        bool hasProgram = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            string text = arguments[i];
            if (text is "-v" or "--assign" or "-e" or "--source")
            {
                hasProgram |= text is "-e" or "--source";
                arguments.Warn(++i);
            }
            else if (text is "-f" or "--file")
            {
                hasProgram = true;
                i++;
            }
            else if (text is "-F" or "--field-separator")
            {
                arguments.Warn(++i);
            }
            else if (!hasProgram && text.Length > 1 && text[0] == '-')
            {
                arguments.Warn(i);
            }
            else if (!hasProgram)
            {
                hasProgram = true;
                arguments.Warn(i);
            }
            else if (IsAssignment(text) || arguments.StartsWithName(i))
            {
                arguments.Warn(i);
            }
        }
    }

    private static void CheckSed(Arguments arguments)
    {
        bool hasScript = false;
        bool hasOperand = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            string text = arguments[i];
            if (text.StartsWith("--expression=", StringComparison.Ordinal))
            {
                hasScript = true;
                arguments.Warn(i);
            }
            else if (text is "--expression" || (IsCluster(text) && text.Contains('e', StringComparison.Ordinal)))
            {
                hasScript = true;
                arguments.Warn(i);
                i += text[^1] is 'e' or 'n' ? 1 : 0;
                arguments.Warn(i);
            }
            else if (text is "-f" or "--file")
            {
                hasScript = true;
                i++;
            }
            else if (!hasScript && !hasOperand && !text.StartsWith('-'))
            {
                hasOperand = true;
                arguments.Warn(i);
            }
        }
    }

    /// <summary>bash evaluates the operands of <c>[[ a -eq b ]]</c>, and the subscript of the name that <c>-v</c> tests, commands included.</summary>
    private static void CheckTest(Arguments arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is "-v")
            {
                arguments.Warn(i + 1);
            }
            else if (arguments.Program == "[[" && arguments[i] is "-eq" or "-ne" or "-lt" or "-le" or "-gt" or "-ge")
            {
                arguments.WarnAll();
                return;
            }
        }
    }

    private static void CheckVariableNames(Arguments arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            int mark = arguments[i].IndexOf(CommandWord.PlaceholderMark, StringComparison.Ordinal);
            int equals = arguments[i].IndexOf('=', StringComparison.Ordinal);
            if (mark >= 0 && (equals < 0 || mark < equals))
            {
                arguments.Warn(i);
            }
        }
    }

    private static void CheckOptionValue(Arguments arguments, string option)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == option)
            {
                arguments.Warn(i + 1);
            }
        }
    }

    private static bool IsCluster(string text) => text.Length > 1 && text[0] == '-' && text[1] != '-';

    /// <summary>Holds the words behind the interpreter's name, and warns once for each placeholder.</summary>
    private readonly struct Arguments
    {
        private readonly List<CommandWord> _words;
        private readonly int _program;
        private readonly List<PlaceholderUse> _uses;
        private readonly List<TemplateProblem> _problems;

        public Arguments(List<CommandWord> words, int program, List<PlaceholderUse> uses, List<TemplateProblem> problems)
        {
            _words = words;
            _program = program;
            _uses = uses;
            _problems = problems;
        }

        public int Count => _words.Count - _program - 1;

        public string Program => _words[_program].Text;

        public string this[int index] => _words[_program + 1 + index].Text;

        public bool StartsWithName(int index)
        {
            CommandWord word = _words[_program + 1 + index];
            return word.EndUse > word.FirstUse && word.Text[0] == CommandWord.PlaceholderMark && _uses[word.FirstUse].Placeholder == Placeholder.Name;
        }

        public void WarnAll()
        {
            for (int i = 0; i < Count; i++)
            {
                Warn(i);
            }
        }

        public void Warn(int index)
        {
            if (index >= Count)
            {
                return;
            }

            CommandWord word = _words[_program + 1 + index];
            for (int i = word.FirstUse; i < word.EndUse; i++)
            {
                AddOnce(_uses[i]);
            }
        }

        private void AddOnce(PlaceholderUse use)
        {
            if (use.IsWarned)
            {
                return;
            }

            use.IsWarned = true;
            string program = BaseName(Program).ToString();
            _problems.Add(new TemplateProblem(
                true,
                $"{PlaceholderNames.Text(use.Placeholder)} becomes part of what '{program}' parses once more, so that a file name could run as code: " +
                $"let the inner command use {PlaceholderNames.Variable(use.Placeholder)} instead",
                use.Position,
                use.Argument));
        }
    }
}
