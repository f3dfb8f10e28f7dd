using System;

namespace PyInotifyd.Daemon.Control;

/// <summary>What the running daemon is asked on the command line.</summary>
internal sealed class ControlOptions
{
    private static readonly string[] s_commands = ["status", "tasks", "failed", "cancel", "run", "retry", "pause", "resume", "reload"];

    private ControlOptions(string command)
    {
        Command = command;
    }

    /// <summary>The command.</summary>
    public string Command { get; }

    /// <summary>Path of the socket; null: the default one.</summary>
    public string? Socket { get; private set; }

    /// <summary>Whether the answer is printed as JSON.</summary>
    public bool Json { get; private set; }

    /// <summary>Whether the answer is printed as metrics.</summary>
    public bool Prometheus { get; private set; }

    /// <summary>Whether all failed tasks are meant.</summary>
    public bool All { get; private set; }

    /// <summary>The id of a task, or the name of a scheduler; null: none was given.</summary>
    public string? Operand { get; private set; }

    private bool TakesId => Command is "cancel" or "run" or "retry";

    /// <summary>Says whether it is a command for the running daemon.</summary>
    public static bool IsCommand(string name) => Array.IndexOf(s_commands, name) >= 0;

    /// <summary>Reads the words after the command; returns what is wrong, or null.</summary>
    public static string? Parse(string command, ReadOnlySpan<string> words, out ControlOptions options)
    {
        options = new ControlOptions(command);
        bool onlyOperands = false;
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            string? error = null;
            if (onlyOperands || word.Length < 2 || word[0] != '-')
            {
                error = options.Take(word);
            }
            else if (word == "--")
            {
                onlyOperands = true;
            }
            else if (word.StartsWith("-s", StringComparison.Ordinal))
            {
                options.Socket = word.Length > 2 ? word[2..] : i + 1 < words.Length ? words[++i] : null;
                error = string.IsNullOrEmpty(options.Socket) ? "option '-s' needs the path of a socket" : null;
            }
            else
            {
                error = options.Flag(word);
            }

            if (error is not null)
            {
                return error;
            }
        }

        return options.Check();
    }

    private string? Take(string word)
    {
        if (Operand is not null)
        {
            return Command + " takes one " + (TakesId ? "id" : "scheduler");
        }

        if (!TakesId && Command is not ("pause" or "resume"))
        {
            return Command + " takes no '" + word + "'";
        }

        Operand = word;
        return TakesId && !ControlRequest.TryParseId(word, out _) ? "'" + word + "' is not the id of a task, which has sixteen hexadecimal digits" : null;
    }

    private string? Flag(string word)
    {
        switch (word)
        {
            case "--json" when Command is "status" or "tasks" or "failed":
                Json = true;
                return null;
            case "--prometheus" when Command == "status":
                Prometheus = true;
                return null;
            case "--all" when Command == "retry":
                All = true;
                return null;
            default:
                return "unknown option '" + word + "' of " + Command;
        }
    }

    private string? Check()
    {
        if (Json && Prometheus)
        {
            return "--json and --prometheus exclude each other";
        }

        if (Command == "retry")
        {
            return All == Operand is not null ? "retry needs the id of a task, or --all" : null;
        }

        return TakesId && Operand is null ? Command + " needs the id of a task" : null;
    }
}
