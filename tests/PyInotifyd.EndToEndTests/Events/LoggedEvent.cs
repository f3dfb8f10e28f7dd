using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PyInotifyd.EndToEndTests.Events;

/// <summary>Reads the lines of the log that tell of events and of tasks.</summary>
internal static partial class LoggedEvent
{
    private const uint IsDir = 0x40000000;

    private static readonly string[] s_names =
    [
        "IN_ACCESS", "IN_MODIFY", "IN_ATTRIB", "IN_CLOSE_WRITE", "IN_CLOSE_NOWRITE", "IN_OPEN", "IN_MOVED_FROM", "IN_MOVED_TO",
        "IN_CREATE", "IN_DELETE", "IN_DELETE_SELF", "IN_MOVE_SELF", "", "IN_UNMOUNT", "IN_Q_OVERFLOW", "IN_IGNORED",
    ];

    /// <summary>Returns the event of a line as the table writes it, with full paths; null for other lines.</summary>
    /// <remarks>Errors: fields of one event that contradict each other throw.</remarks>
    public static string? Parse(string line, out string task)
    {
        task = "";
        Match match = EventLine().Match(line);
        if (!match.Success)
        {
            return null;
        }

        uint mask = uint.Parse(match.Groups["mask"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string name = s_names[int.Log2((int)(mask & ~IsDir))];

        // The kernel does not say of these that they are a directory's, but the daemon knows.
        bool isSelf = name is "IN_DELETE_SELF" or "IN_MOVE_SELF" or "IN_IGNORED";
        bool isDir = (mask & IsDir) != 0;
        if (match.Groups["name"].Value != name + (isDir ? "|IN_ISDIR" : "") || (match.Groups["dir"].Success != isDir && !isSelf) || int.Parse(match.Groups["wd"].Value, CultureInfo.InvariantCulture) <= 0)
        {
            throw new InvalidOperationException("the fields contradict each other: " + line);
        }

        string path = match.Groups["path"].Value;
        task = $"{name} {path}";
        return $"{name[3..]}{(match.Groups["dir"].Success ? "/" : "")} {path}" + (match.Groups["source"].Success ? " < " + match.Groups["source"].Value : "");
    }

    /// <summary>Returns the event and the path for which a line says that a task was scheduled; null for other lines.</summary>
    public static string? ParseTask(string line)
    {
        Match match = TaskLine().Match(line);
        return match.Success ? $"{match.Groups["name"].Value} {match.Groups["path"].Value}" : null;
    }

    /// <summary>Returns the bytes of a text in the log.</summary>
    public static byte[] Unescape(string text)
    {
        List<byte> bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text[i + 1] == 'x' && byte.TryParse(text.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Add(value);
                i += 3;
                continue;
            }

            int length = char.IsHighSurrogate(text[i]) ? 2 : 1;
            bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, length)));
            i += length - 1;
        }

        return [.. bytes];
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - pyinotifyd/eventmap - DEBUG - received event(?<dir>, dir=True)?, mask=0x(?<mask>[0-9a-f]+), maskname=(?<name>[A-Z_|]+), pathname=(?<path>.*?)(, src_pathname=(?<source>.*?))?, wd=(?<wd>-?\d+)$")]
    private static partial Regex EventLine();

    [GeneratedRegex(@" - pyinotifyd/table - INFO - (re-)?schedule task, delay=3600, mask=(?<name>[A-Z_]+), path=(?<path>.*), task_id=[0-9a-zA-Z]+$")]
    private static partial Regex TaskLine();
}
