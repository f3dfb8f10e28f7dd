using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>Turns what the engine says into the rows of a scenario's sections.</summary>
internal sealed partial class ScenarioRecorder : ILogSink
{
    private readonly byte[] _root;
    private readonly string _rootText;
    private readonly ManualClock _clock;
    private readonly long _startNs;
    private readonly Dictionary<string, int> _ids = [];
    private readonly ArrayBufferWriter<byte> _escaped = new();

    public ScenarioRecorder(string root, ManualClock clock)
    {
        _rootText = root;
        _root = Encoding.UTF8.GetBytes(root);
        _clock = clock;
        _startNs = clock.NowNs;
    }

    /// <summary>The lowest level that goes into <see cref="Log"/>.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Warning;

    /// <summary>Events as they were delivered to a map.</summary>
    public List<string> Events { get; } = [];

    /// <summary>What became of tasks.</summary>
    public List<string> Tasks { get; } = [];

    /// <summary>Other messages.</summary>
    public List<string> Log { get; } = [];

    /// <inheritdoc/>
    public void Write(in LogRecord record)
    {
        switch (record.Kind)
        {
            case LogKind.Event:
                Events.Add(EventRow(in record));
                break;
            case LogKind.Task:
                Tasks.Add(TaskRow(in record));
                break;
            default:
                if (record.Level >= LogLevel)
                {
                    string text = MachineLimit().Replace(Shown(record.Message), "$1N");
                    Log.Add($"{record.Level.ToString().ToUpperInvariant()} {record.Logger}: {text}");
                }

                break;
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <summary>Adds a row to <see cref="Tasks"/> that no message tells.</summary>
    public void AddTaskRow(string text) => Tasks.Add($"{Now()} {text}");

    /// <summary>Returns a path as the script has it, escaped.</summary>
    public string Shown(ReadOnlySpan<byte> path)
    {
        if (path.SequenceEqual(_root))
        {
            return "/";
        }

        return path.StartsWith(_root) && path[_root.Length] == (byte)'/' ? Escape(path[_root.Length..]) : "OUTSIDE:" + Escape(path);
    }

    /// <summary>Returns a text as the script would have it: paths from the temporary root on, escaped.</summary>
    private string Shown(string message)
    {
        string text = message.Replace(_rootText + "/", "/", StringComparison.Ordinal).Replace(_rootText, "/", StringComparison.Ordinal);
        return Escape(SurrogateEscape.TryEncode(text, out byte[]? bytes) ? bytes : Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Numbers that differ from machine to machine.</summary>
    [GeneratedRegex(@"(sysctl [a-z._]+=|in use here of )\d+")]
    private static partial Regex MachineLimit();

    private string Escape(ReadOnlySpan<byte> text)
    {
        _escaped.ResetWrittenCount();
        LogText.Append(text, _escaped);
        return Encoding.UTF8.GetString(_escaped.WrittenSpan);
    }

    private string EventRow(in LogRecord record)
    {
        string name = record.MaskName!;
        bool isDir = name.EndsWith("|IN_ISDIR", StringComparison.Ordinal);
        return (isDir ? name[..^9] : name) + " " + Shown(record.PathName) + (isDir ? " dir" : "")
            + (record.SrcPathName.IsEmpty ? "" : " ← " + Shown(record.SrcPathName));
    }

    private string TaskRow(in LogRecord record)
    {
        StringBuilder row = new();
        row.Append(Now()).Append(' ').Append(Shown(record.Message));
        if (!record.TaskId.IsEmpty)
        {
            string id = Encoding.ASCII.GetString(record.TaskId);
            if (!_ids.TryGetValue(id, out int number))
            {
                _ids.Add(id, number = _ids.Count + 1);
            }

            row.Append(CultureInfo.InvariantCulture, $" #{number}");
        }

        row.Append(' ').Append(record.Scheduler);
        if (record.MaskName is not null)
        {
            row.Append(' ').Append(record.MaskName);
        }

        if (!record.PathName.IsEmpty)
        {
            row.Append(' ').Append(Shown(record.PathName));
        }

        if (!record.SrcPathName.IsEmpty)
        {
            row.Append(" ← ").Append(Shown(record.SrcPathName));
        }

        if (record.DelayMs >= 0)
        {
            row.Append(" delay=").Append(Seconds(record.DelayMs));
        }

        if (record.ExitStatus >= 0)
        {
            row.Append(CultureInfo.InvariantCulture, $" exit_status={record.ExitStatus}");
        }

        if (record.Signal > 0)
        {
            row.Append(CultureInfo.InvariantCulture, $" signal={record.Signal}");
        }

        if (record.Error is not null)
        {
            row.Append(" error=").Append(Shown(record.Error));
        }

        return row.ToString();
    }

    private string Now() => Seconds((_clock.NowNs - _startNs) / 1_000_000);

    private static string Seconds(long milliseconds) => (milliseconds / 1000.0).ToString("0.###", CultureInfo.InvariantCulture) + "s";
}
