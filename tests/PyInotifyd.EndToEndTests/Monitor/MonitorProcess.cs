using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Paths;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Monitor;

/// <summary>Starts <c>pyinotifyd monitor</c> and reads what it prints.</summary>
internal static partial class MonitorProcess
{
    /// <summary>Starts it and waits until all watches stand.</summary>
    public static DaemonProcess Start(params string[] arguments)
    {
        DaemonProcess monitor = StartOnly(PublishedBinary.X64, ["monitor", .. arguments]);
        monitor.WaitFor(line => line == "ready");
        return monitor;
    }

    /// <summary>Starts a command line in which it may be a part only.</summary>
    public static DaemonProcess StartOnly(string program, IEnumerable<string> arguments) => DaemonProcess.Start("", start =>
    {
        start.FileName = program;
        start.ArgumentList.Clear();
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
    });

    /// <summary>Waits until standard output meets a condition.</summary>
    public static void WaitForOutput(this DaemonProcess monitor, Func<string[], bool> condition) => monitor.WaitUntil(_ => condition(monitor.Output()));

    /// <summary>Returns the event of a line of JSON as the table of events has it: <c>CREATE/ PATH &lt; SOURCE</c>, the slash for directories.</summary>
    /// <remarks>Errors: a line that is not what the contract says throws.</remarks>
    public static string Event(string line)
    {
        // System.Text.Json refuses what stands for bytes that are not UTF-8: it reads a character of the private area in its place.
        using JsonDocument document = JsonDocument.Parse(EscapedByte().Replace(line, "$1\\ue0$2"));
        JsonElement e = document.RootElement;
        string[] names = [.. e.EnumerateObject().Select(member => member.Name)];
        if (!names.SequenceEqual((string[])["time", "maskname", "mask", "pathname", "src_pathname", "name", "dir", "cookie", "watch"]))
        {
            throw new InvalidOperationException("other members: " + line);
        }

        string time = e.GetProperty("time").GetString()!;
        DateTimeOffset.ParseExact(time, "yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);
        string path = e.GetProperty("pathname").GetString()!;
        string name = e.GetProperty("maskname").GetString()!;
        bool isDir = e.GetProperty("dir").GetBoolean();
        bool isRename = name is "IN_MOVED_FROM" or "IN_MOVED_TO";
        if (e.GetProperty("name").GetString() != path[(path.LastIndexOf('/') + 1)..]
            || !(path + "/").StartsWith(e.GetProperty("watch").GetString() + "/", StringComparison.Ordinal)
            || (!isRename && e.GetProperty("cookie").GetUInt32() != 0)
            || ((e.GetProperty("mask").GetUInt32() & 0x40000000) != 0 && !isDir))
        {
            throw new InvalidOperationException("the members contradict each other: " + line);
        }

        string? source = e.GetProperty("src_pathname").GetString();
        return $"{name[3..]}{(isDir ? "/" : "")} {AsInTable(path)}{(source is null ? "" : " < " + AsInTable(source))}";
    }

    // The table has names as the log has them.
    private static string AsInTable(string text)
    {
        ArrayBufferWriter<byte> escaped = new();
        Assert.True(SurrogateEscape.TryEncode(PrivateByte().Replace(text, match => ((char)(match.Value[0] - 0xe000 + 0xdc00)).ToString()), out byte[]? bytes));
        LogText.Append(bytes, escaped);
        return Encoding.UTF8.GetString(escaped.WrittenSpan);
    }

    [GeneratedRegex(@"(?<!\\)((?:\\\\)*)\\udc([89a-f][0-9a-f])")]
    private static partial Regex EscapedByte();

    [GeneratedRegex("[\ue080-\ue0ff]")]
    private static partial Regex PrivateByte();
}
