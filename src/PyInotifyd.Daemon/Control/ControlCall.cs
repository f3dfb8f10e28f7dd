using System.Text;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon.Control;

/// <summary>Asks the running daemon what a command line wants, and prints the answer.</summary>
internal static class ControlCall
{
    /// <summary>Asks, prints and returns the exit status.</summary>
    public static int Run(ControlOptions options)
    {
        using ControlConnection? connection = ControlConnection.Open(options.Socket, out string error);
        if (connection is null)
        {
            StandardStreams.Complain(error);
            return ExitStatus.Failed;
        }

        return options.Command is "tasks" or "failed" ? List(connection, options) : Once(connection, options);
    }

    private static int Once(ControlConnection connection, ControlOptions options)
    {
        byte[]? answer = connection.Ask(Request(options, null), isPatient: options.Command is "reload" or "retry", out string error);
        JsonNode? root = answer is null ? null : connection.Understand(answer, out error);
        if (root is null)
        {
            return Fail(error, answer);
        }

        if (options.Command == "status")
        {
            string text = options.Json ? SurrogateEscape.Decode(answer) + "\n" : options.Prometheus ? StatusMetrics.Of(root) : StatusText.Of(root);
            return Print(text);
        }

        if (root.Member("note") is { } note)
        {
            StandardStreams.Complain(Printable(note.Text));
        }

        if (root.Member("refused") is { } refused && refused.Text != "0")
        {
            StandardStreams.Complain(refused.Text + " failed tasks cannot be tried again: their schedulers are no longer configured, or want them no more");
            return ExitStatus.Failed;
        }

        return ExitStatus.Fine;
    }

    private static int List(ControlConnection connection, ControlOptions options)
    {
        string? after = null;
        TaskListing listing = new(options.Json);
        do
        {
            byte[]? answer = connection.Ask(Request(options, after), isPatient: false, out string error);
            JsonNode? root = answer is null ? null : connection.Understand(answer, out error);
            if (root is null)
            {
                return Fail(error, answer);
            }

            after = root.Member("next")?.Text;
            if (!StandardStreams.Print(listing.Page(root)))
            {
                return ExitStatus.Failed;
            }
        }
        while (after is not null);

        return Print(listing.End());
    }

    private static int Print(string text) => StandardStreams.Print(text) ? ExitStatus.Fine : ExitStatus.Failed;

    private static int Fail(string error, byte[]? answer)
    {
        StandardStreams.Complain(Printable(error));
        if (answer is not null && JsonParser.Parse(new SourceText([], answer), new Configuration.ProblemList())?.Member("errors") is { } errors)
        {
            foreach (JsonNode each in errors.Children)
            {
                StandardStreams.PrintError(Printable(each.Text));
            }
        }

        return ExitStatus.Failed;
    }

    private static System.ReadOnlySpan<byte> Request(ControlOptions options, string? after)
    {
        JsonLine line = new();
        line.Object().Text("command", options.Command);
        if (options.Operand is { } operand)
        {
            line.Text(options.Command is "pause" or "resume" ? "scheduler" : "id", operand);
        }

        if (options.All)
        {
            line.Word("all", true);
        }

        if (after is not null)
        {
            line.Text("after", after);
        }

        return line.EndObject().EndLine().Bytes;
    }

    private static string Printable(string text) =>
        ControlConnection.MessageText(SurrogateEscape.TryEncode(text, out byte[]? bytes) ? bytes : Encoding.UTF8.GetBytes(text));
}
