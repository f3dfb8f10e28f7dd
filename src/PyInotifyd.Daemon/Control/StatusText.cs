using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>Prints the status of the daemon for people.</summary>
internal static class StatusText
{
    private static readonly string[] s_columns = ["delayed", "waiting", "running", "finished", "failed", "cancelled", "skipped"];

    /// <summary>Returns the text of an answer.</summary>
    public static string Of(JsonNode status)
    {
        StringBuilder text = new();
        text.Append("pyinotifyd ").Append(Value(status, "version")).Append(", pid ").Append(Value(status, "pid")).Append(", up for ").Append(Duration(Milliseconds(Value(status, "uptime")))).Append('\n');
        text.Append("state:       ").Append(Value(status, "state")).Append(IsTrue(status, "paused") ? ", all schedulers paused" : "").Append('\n');
        foreach (JsonNode shortage in status.Member("degraded_by")?.Children ?? [])
        {
            text.Append("             ").Append(SurrogateEscape.TryEncode(shortage.Text, out byte[]? bytes) ? ControlConnection.MessageText(bytes) : "?").Append('\n');
        }

        text.Append("watching:    ").Append(Value(status, "watches")).Append(" watches, ").Append(Value(status, "directories")).Append(" directories\n");
        text.Append("events:      ").Append(Value(status, "events_read")).Append(" read, ").Append(Value(status, "overflows")).Append(" overflows, ")
            .Append(Value(status, "rescans")).Append(" rescans, queue high-water mark ").Append(Value(status, "queue_high_water_mark")).Append(" bytes\n");
        text.Append("tasks:       ").Append(Value(status, "tasks")).Append(" pending or running, ").Append(Value(status, "failed_tasks")).Append(" failed ones kept\n");
        text.Append("last error:  ");
        if (status.Member("last_error") is { Kind: JsonKind.String })
        {
            _ = Libc.clock_gettime(Libc.CLOCK_REALTIME_COARSE, out timespec now);
            long ago = Math.Max(0, (now.Nanoseconds / 1_000_000) - Milliseconds(Value(status, "last_error_time")));
            text.Append(Duration(ago)).Append(" ago, ").Append(Value(status, "last_error")).Append('\n');
        }
        else
        {
            text.Append("none\n");
        }

        if (status.Member("schedulers") is { } schedulers && schedulers.Children.Count != 0)
        {
            AppendTable(schedulers.Children, text);
        }

        return text.ToString();
    }

    /// <summary>Returns milliseconds as people write them: 0.2 s, 59 s, 3 min, 2 h, 5 d.</summary>
    public static string Duration(long milliseconds)
    {
        if (milliseconds < 10_000)
        {
            return (milliseconds / 1000).ToString() + (milliseconds % 1000 < 100 ? "" : "." + (milliseconds % 1000 / 100).ToString()) + " s";
        }

        long seconds = milliseconds / 1000;
        (long unit, string name) = seconds switch { < 120 => (1, " s"), < 7200 => (60, " min"), < 172_800 => (3600, " h"), _ => (86_400, " d") };
        return ((seconds + (unit / 2)) / unit).ToString() + name;
    }

    /// <summary>Reads seconds of an answer, with at most three decimals; 0 where they are none.</summary>
    public static long Milliseconds(string seconds)
    {
        int point = seconds.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? seconds : seconds.AsSpan(0, point);
        long thousandths = 0;
        return long.TryParse(whole, out long value) && (point < 0 || long.TryParse(seconds.AsSpan(point + 1), out thousandths)) ? (value * 1000) + thousandths : 0;
    }

    /// <summary>Returns a member as text that can be printed, on one line.</summary>
    public static string Value(JsonNode node, string name) =>
        node.Member(name) is { } member && SurrogateEscape.TryEncode(member.Text, out byte[]? bytes) ? ControlConnection.MessageText(bytes) : "";

    /// <summary>Returns whether a member is true.</summary>
    public static bool IsTrue(JsonNode node, string name) => node.Member(name)?.Kind == JsonKind.True;

    private static void AppendTable(List<JsonNode> schedulers, StringBuilder text)
    {
        int width = "scheduler".Length;
        foreach (JsonNode scheduler in schedulers)
        {
            width = Math.Max(width, Name(scheduler).Length);
        }

        text.Append('\n').Append("scheduler".PadRight(width));
        foreach (string column in s_columns)
        {
            text.Append(' ').Append(column.PadLeft(10));
        }

        text.Append('\n');
        foreach (JsonNode scheduler in schedulers)
        {
            text.Append(Name(scheduler).PadRight(width));
            foreach (string column in s_columns)
            {
                text.Append(' ').Append(Value(scheduler, column).PadLeft(10));
            }

            text.Append(IsTrue(scheduler, "paused") ? "  paused\n" : "\n");
        }
    }

    /// <summary>Returns the name of a member as text that can be printed, on one line.</summary>
    public static string Name(JsonNode member) => SurrogateEscape.TryEncode(member.Name!, out byte[]? bytes) ? ControlConnection.MessageText(bytes) : "?";
}
