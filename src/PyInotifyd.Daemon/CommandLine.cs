using System;
using PyInotifyd.Configuration.Binding;
using PyInotifyd.Daemon.Control;
using PyInotifyd.Daemon.Monitor;

namespace PyInotifyd.Daemon;

/// <summary>What a command line asks for, with its options.</summary>
/// <remarks>
/// Short options may be combined (<c>-dt</c>) and take their value from the rest of the word or from the next one; long options take it after <c>=</c> or from the
/// next word; <c>--</c> ends the options. <c>-h</c> wins over everything that comes after it, mistakes too; <c>-t</c>, <c>-l</c>, <c>-v</c>, <c>-i</c> and <c>-u</c> exclude each other and every command.
/// The first word that is no option is a command, and all after it is the command's.
/// Shape: text by surrogate escapes, so that any file can be named.
/// Threads: any.
/// </remarks>
internal sealed class CommandLine
{
    private const string Hint = " (see pyinotifyd --help)";

    // Not in the help: it stands in the command of a worker, in what "convert" prints.
    internal const string PythonWorkerCommand = "python-worker";

    private const char InsecureFlag = '\0';
    private const string ShortFlags = "dtlvhiu";

    // A long option and its short one; --insecure has none.
    private static readonly (string Long, char Short)[] s_options =
    [
        ("--config", 'c'), ("--debug", 'd'), ("--insecure", InsecureFlag), ("--configtest", 't'), ("--list", 'l'),
        ("--version", 'v'), ("--install", 'i'), ("--uninstall", 'u'), ("--help", 'h'),
    ];

    // What a mistyped command is compared with.
    private static readonly string[] s_commands =
    [
        "monitor", "explain", "convert", "status", "tasks", "failed", "cancel", "run", "retry", "pause", "resume", "reload", "schema", "completion",
    ];

    // The one of -t, -l, -v, -i and -u that was given.
    private char _question;

    private CommandLine()
    {
    }

    /// <summary>What to do.</summary>
    public CommandKind Kind { get; private set; }

    /// <summary>The value of <c>-c</c>; null: the default file.</summary>
    public string? ConfigFile { get; private set; }

    /// <summary>Whether debugging messages are logged.</summary>
    public bool Debug { get; private set; }

    /// <summary>Whether files that others may write are trusted.</summary>
    public bool Insecure { get; private set; }

    /// <summary>What is to be explained; null unless the kind is <see cref="CommandKind.Explain"/>.</summary>
    public ExplainOptions? Explain { get; private set; }

    /// <summary>What is to be printed; null unless the kind is <see cref="CommandKind.Monitor"/>.</summary>
    public MonitorOptions? Monitor { get; private set; }

    /// <summary>What the running daemon is asked; null unless the kind is <see cref="CommandKind.Control"/>.</summary>
    public ControlOptions? Control { get; private set; }

    /// <summary>The shell whose completions are printed; null unless the kind is <see cref="CommandKind.Completion"/>.</summary>
    public string? Shell { get; private set; }

    /// <summary>What is wrong, on one line; null unless the kind is <see cref="CommandKind.Wrong"/>.</summary>
    public string? Error { get; private set; }

    /// <summary>Reads the arguments that follow the program's name.</summary>
    public static CommandLine Parse(ReadOnlySpan<string> arguments)
    {
        CommandLine line = new();
        bool onlyOperands = false;
        for (int i = 0; i < arguments.Length && line.Kind is not (CommandKind.Help or CommandKind.Wrong); i++)
        {
            string argument = arguments[i];
            if (onlyOperands || argument.Length < 2 || argument[0] != '-')
            {
                line.Command(argument, arguments[(i + 1)..]);
                break;
            }

            if (argument == "--")
            {
                onlyOperands = true;
            }
            else if (argument[1] == '-')
            {
                line.Long(argument, arguments, ref i);
            }
            else
            {
                line.Short(argument, arguments, ref i);
            }
        }

        return line;
    }

    private void Command(string name, ReadOnlySpan<string> rest)
    {
        if (_question != '\0')
        {
            Fail("option '-" + _question.ToString() + "' takes no command, found '" + name + "'" + Hint);
            return;
        }

        if (rest.Length != 0 && rest[0] is "-h" or "--help" && Array.IndexOf(s_commands, name) >= 0)
        {
            Kind = CommandKind.Help;
            return;
        }

        if (name == "explain")
        {
            if (ExplainOptions.Parse(rest, out ExplainOptions options) is { } error)
            {
                Fail(error + Hint);
                return;
            }

            Kind = CommandKind.Explain;
            Explain = options;
            ConfigFile = options.ConfigFile ?? ConfigFile;
            return;
        }

        if (name == "monitor")
        {
            if (MonitorOptions.Parse(rest, out MonitorOptions options) is { } error)
            {
                Fail(error + Hint);
                return;
            }

            Kind = options.Help ? CommandKind.Help : CommandKind.Monitor;
            Monitor = options;
            return;
        }

        if (ControlOptions.IsCommand(name))
        {
            if (ControlOptions.Parse(name, rest, out ControlOptions options) is { } error)
            {
                Fail(error + Hint);
                return;
            }

            Kind = CommandKind.Control;
            Control = options;
            return;
        }

        if (name is "convert" or PythonWorkerCommand)
        {
            if (rest.Length > 0 && rest[0] == "--")
            {
                rest = rest[1..];
            }
            else if (rest.Length > 0 && rest[0].Length > 1 && rest[0][0] == '-')
            {
                Fail("unknown option '" + rest[0] + "' of " + name + Hint);
                return;
            }

            if (rest.Length != 1 || !rest[0].EndsWith(".py", StringComparison.Ordinal))
            {
                Fail(name + " takes one file, whose name ends in .py" + Hint);
                return;
            }

            Kind = name == "convert" ? CommandKind.Convert : CommandKind.PythonWorker;
            ConfigFile = rest[0];
            return;
        }

        if (name == "schema")
        {
            Kind = CommandKind.Schema;
            if (!rest.IsEmpty)
            {
                Fail("schema takes no arguments" + Hint);
            }

            return;
        }

        if (name == "completion")
        {
            Kind = CommandKind.Completion;
            Shell = rest.Length == 1 ? rest[0] : null;
            if (Shell is not ("bash" or "zsh" or "fish"))
            {
                Fail("completion takes one shell: bash, zsh or fish" + Hint);
            }

            return;
        }

        NearestName nearest = new(name);
        foreach (string command in s_commands)
        {
            nearest.Offer(command);
        }

        Fail("unknown command '" + name + "'" + nearest.Question + Hint);
    }

    private void Long(string argument, ReadOnlySpan<string> arguments, ref int i)
    {
        int equals = argument.IndexOf('=');
        string name = equals < 0 ? argument : argument[..equals];
        NearestName nearest = new(name);
        foreach ((string known, char shortName) in s_options)
        {
            if (known == name)
            {
                LongKnown(name, shortName, equals < 0 ? null : argument[(equals + 1)..], arguments, ref i);
                return;
            }

            nearest.Offer(known);
        }

        Fail("unknown option '" + name + "'" + nearest.Question + Hint);
    }

    private void LongKnown(string name, char shortName, string? value, ReadOnlySpan<string> arguments, ref int i)
    {
        if (shortName == 'c')
        {
            SetConfigFile(name, value ?? Next(arguments, ref i));
        }
        else if (value is not null)
        {
            Fail("option '" + name + "' takes no value" + Hint);
        }
        else
        {
            Flag(shortName);
        }
    }

    private void Short(string argument, ReadOnlySpan<string> arguments, ref int i)
    {
        for (int at = 1; at < argument.Length && Kind is not (CommandKind.Help or CommandKind.Wrong); at++)
        {
            char option = argument[at];
            if (option == 'c')
            {
                SetConfigFile("-c", at + 1 < argument.Length ? argument[(at + 1)..] : Next(arguments, ref i));
                return;
            }

            if (ShortFlags.Contains(option))
            {
                Flag(option);
            }
            else
            {
                Fail("unknown option '-" + (char.IsSurrogate(option) ? argument[at..] : option.ToString()) + "'" + Hint);
            }
        }
    }

    private void Flag(char option)
    {
        switch (option)
        {
            case 'd':
                Debug = true;
                break;
            case InsecureFlag:
                Insecure = true;
                break;
            case 'h':
                Kind = CommandKind.Help;
                break;
            case var _ when _question != '\0' && _question != option:
                Fail("options '-" + _question.ToString() + "' and '-" + option.ToString() + "' exclude each other" + Hint);
                break;
            default:
                _question = option;
                Kind = option switch
                {
                    't' => CommandKind.ConfigTest,
                    'l' => CommandKind.List,
                    'v' => CommandKind.Version,
                    'i' => CommandKind.Install,
                    _ => CommandKind.Uninstall,
                };
                break;
        }
    }

    private void SetConfigFile(string option, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            Fail("option '" + option + "' needs a file" + Hint);
            return;
        }

        ConfigFile = value;
    }

    private static string? Next(ReadOnlySpan<string> arguments, ref int i) => i + 1 < arguments.Length ? arguments[++i] : null;

    private void Fail(string error)
    {
        Kind = CommandKind.Wrong;
        Error = error;
    }
}
