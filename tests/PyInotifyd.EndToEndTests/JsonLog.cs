using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using PyInotifyd.TestKit;

namespace PyInotifyd.EndToEndTests;

/// <summary>One line of the log in its JSON format, with the fields that tests ask for.</summary>
/// <param name="Time">When it was written.</param>
/// <param name="Message">The text before the fields.</param>
/// <param name="Path">The path, in text; empty where there is none or where it is no UTF-8.</param>
/// <param name="Line">The whole line.</param>
internal sealed record JsonLog(DateTimeOffset Time, string Level, string Message, string Path, string MaskName, string TaskId, double Delay, string Line)
{
    /// <summary>Reads one line.</summary>
    public static JsonLog Parse(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        return new JsonLog(
            DateTimeOffset.Parse(root.GetProperty("time").GetString()!, CultureInfo.InvariantCulture),
            root.GetProperty("level").GetString()!,
            root.GetProperty("message").GetString()!,
            Text(root, "pathname"),
            Text(root, "maskname"),
            Text(root, "task_id"),
            root.TryGetProperty("delay", out JsonElement delay) ? delay.GetDouble() : -1,
            line);
    }

    /// <summary>Reads the whole log of a daemon.</summary>
    public static List<JsonLog> Of(DaemonProcess daemon) => [.. daemon.Log().Select(Parse)];

    private static string Text(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value))
        {
            return "";
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate: a name that is not UTF-8.
            return "";
        }
    }
}
