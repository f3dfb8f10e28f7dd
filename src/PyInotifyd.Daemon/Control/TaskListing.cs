using System.Collections.Generic;
using System.Text;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon.Control;

/// <summary>Prints lists of tasks, page by page: a table for people, or one JSON object a line.</summary>
/// <remarks>
/// For people they are put in order, running ones first, then by what is due next; with more than <see cref="Sorted"/> of them they come as the daemon has them, so that a million of them needs no memory.
/// </remarks>
internal sealed class TaskListing
{
    private const int Sorted = 10_000;

    private readonly bool _json;
    private readonly List<Row> _rows = [];
    private bool _flows;

    /// <summary>Makes an empty list.</summary>
    public TaskListing(bool json)
    {
        _json = json;
    }

    /// <summary>Takes a page and returns what is to be printed now.</summary>
    public string Page(JsonNode answer)
    {
        StringBuilder text = new();
        foreach (JsonNode task in answer.Member("tasks")?.Children ?? [])
        {
            if (_json)
            {
                AppendJson(task, text);
            }
            else
            {
                _rows.Add(Row.Of(task));
            }
        }

        if (_flows || _rows.Count > Sorted)
        {
            AppendRows(text);
        }

        return text.ToString();
    }

    /// <summary>Returns what is left to be printed.</summary>
    public string End()
    {
        StringBuilder text = new();
        if (!_flows)
        {
            _rows.Sort(static (a, b) => a.Order != b.Order ? a.Order.CompareTo(b.Order) : a.DueMs != b.DueMs ? a.DueMs.CompareTo(b.DueMs) : string.CompareOrdinal(a.Path, b.Path));
        }

        AppendRows(text);
        return text.ToString();
    }

    private static void AppendJson(JsonNode task, StringBuilder text)
    {
        JsonLine line = new();
        line.Object();
        foreach (JsonNode member in task.Children)
        {
            if (member.Kind == JsonKind.Number)
            {
                line.Spelled(member.Name, member.Text);
            }
            else
            {
                line.Text(member.Name, member.Text);
            }
        }

        text.Append(SurrogateEscape.Decode(line.EndObject().EndLine().Bytes));
    }

    private void AppendRows(StringBuilder text)
    {
        if (_rows.Count != 0 && !_flows)
        {
            text.Append("ID               STATE      TIME      SCHEDULER        EVENT             PATH\n");
            _flows = true;
        }

        foreach (Row row in _rows)
        {
            text.Append(row.Id).Append(' ').Append(row.State.PadRight(10)).Append(' ').Append(row.Time.PadRight(9)).Append(' ')
                .Append(row.Scheduler.PadRight(16)).Append(' ').Append(row.Event.PadRight(17)).Append(' ').Append(row.Path).Append('\n');
        }

        _rows.Clear();
    }

    private readonly record struct Row(string Id, string State, string Time, string Scheduler, string Event, string Path, int Order, long DueMs)
    {
        public static Row Of(JsonNode task)
        {
            string state = TextOf(task, "state");
            string due = TextOf(task, "due");
            string running = TextOf(task, "running");
            string time = due.Length != 0 ? "in " + StatusText.Duration(StatusText.Milliseconds(due)) : running.Length != 0 ? "for " + StatusText.Duration(StatusText.Milliseconds(running)) : "";
            int order = state switch { "running" => 0, "queued" => 1, "waiting" => 2, _ => 3 };
            return new Row(TextOf(task, "id"), state, time, TextOf(task, "scheduler"), TextOf(task, "maskname"), TextOf(task, "pathname"), order, StatusText.Milliseconds(due));
        }

        private static string TextOf(JsonNode task, string name) =>
            task.Member(name) is { } member && SurrogateEscape.TryEncode(member.Text, out byte[]? bytes) ? ControlConnection.MessageText(bytes) : "";
    }
}
