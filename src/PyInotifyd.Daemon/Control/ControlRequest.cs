using System;
using System.Globalization;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon.Control;

/// <summary>What a client asks, one line: <c>{"command":"cancel","id":"e5731eacdf26b993"}</c>.</summary>
internal sealed class ControlRequest
{
    private const int IdDigits = 16;

    /// <summary>The commands, and of each the keys that it takes beside its own.</summary>
    private static readonly (string Command, string[] Keys)[] s_commands =
    [
        ("status", []), ("tasks", ["after"]), ("failed", ["after"]), ("cancel", ["id"]), ("run", ["id"]), ("retry", ["id", "all"]),
        ("pause", ["scheduler"]), ("resume", ["scheduler"]), ("reload", []),
    ];

    /// <summary>What to do.</summary>
    public string Command { get; private set; } = "";

    /// <summary>Which task; null: none is given.</summary>
    public ulong? Id { get; private set; }

    /// <summary>Whether all are meant.</summary>
    public bool All { get; private set; }

    /// <summary>Which scheduler; null: all.</summary>
    public string? Scheduler { get; private set; }

    /// <summary>Where a list goes on.</summary>
    public ulong After { get; private set; }

    /// <summary>Reads a line; null, with what is wrong, where it is no request.</summary>
    public static ControlRequest? Parse(byte[] line, out string error)
    {
        ProblemList problems = new();
        JsonNode? root = line.AsSpan().Trim(" \t\r"u8).IsEmpty ? null : JsonParser.Parse(new SourceText([], line), problems);
        if (problems.ErrorCount != 0)
        {
            ConfigProblem problem = problems.ToProblems(warnings: false)[0];

            // The reader of JSON speaks of the file that it usually reads.
            string what = problem.Message
                .Replace("the file is UTF-16: save it as UTF-8", "the request is UTF-16: send it as UTF-8", StringComparison.Ordinal)
                .Replace("of the file", "of the line", StringComparison.Ordinal);
            error = "not a request: column " + problem.Column.ToString() + ": " + what;
            return null;
        }

        ControlRequest request = new();
        error = root is not { Kind: JsonKind.Object } ? "not a request: one JSON object is expected, such as {\"command\":\"status\"}" : request.Read(root) ?? "";
        return error.Length == 0 ? request : null;
    }

    /// <summary>Reads the id of a task.</summary>
    public static bool TryParseId(string text, out ulong id)
    {
        id = 0;
        return text.Length == IdDigits && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }

    /// <summary>Writes the id of a task.</summary>
    public static string TextOfId(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);

    private string? Read(JsonNode root)
    {
        if (root.Member("command") is not { Kind: JsonKind.String } command)
        {
            return "missing \"command\", a string";
        }

        int known = Array.FindIndex(s_commands, pair => pair.Command == command.Text);
        if (known < 0)
        {
            return "unknown command " + Shown.Quote(command.Text) + "; there are status, tasks, failed, cancel, run, retry, pause, resume and reload";
        }

        Command = command.Text;
        foreach (JsonNode member in root.Children)
        {
            if (member != command && (Array.IndexOf(s_commands[known].Keys, member.Name) < 0 ? "unknown key " + Shown.Quote(member.Name!) + " of " + Command : Read(member.Name!, member)) is { } error)
            {
                return error;
            }
        }

        return Command switch
        {
            "cancel" or "run" when Id is null => "missing \"id\", the id of a task",
            "retry" when Id is null == !All => "give either \"id\", the id of a failed task, or \"all\": true",
            _ => null,
        };
    }

    private string? Read(string name, JsonNode value)
    {
        switch (name)
        {
            case "all":
                All = value.Kind == JsonKind.True;
                return value.Kind is JsonKind.True or JsonKind.False ? null : "\"all\" is true or false";
            case "scheduler":
                Scheduler = value.Text;
                return value.Kind == JsonKind.String && SurrogateEscape.TryEncode(Scheduler, out _) ? null : "\"scheduler\" is the name of a scheduler";
            default:
                if (value.Kind != JsonKind.String || !TryParseId(value.Text, out ulong id))
                {
                    return name == "id" ? "\"id\" is the id of a task, sixteen hexadecimal digits" : "\"after\" is what \"next\" of the answer before said";
                }

                if (name == "id")
                {
                    Id = id;
                }
                else
                {
                    After = id;
                }

                return null;
        }
    }
}
