using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon;

/// <summary>Writes an explanation: as one JSON object on a line, or as lines for people.</summary>
/// <remarks>
/// Shape: JSON as the documentation of the command has it, paths lossless; the lines are escaped as those of the log are, so that no name can look like a line, or a colour, of its own.
/// </remarks>
internal static class ExplanationText
{
    /// <summary>Returns the JSON.</summary>
    public static byte[] Json(byte[] path, List<ExplainedWatch> watches, List<string> warnings)
    {
        ArrayBufferWriter<byte> json = new();
        json.Write("{\"path\":"u8);
        JsonText.AppendString(path, json);
        json.Write(",\"watches\":["u8);
        for (int i = 0; i < watches.Count; i++)
        {
            json.Write(i == 0 ? "{\"watch\":"u8 : ",{\"watch\":"u8);
            JsonText.AppendString(watches[i].Root, json);
            json.Write(watches[i].Included ? ",\"included\":true,\"excluded_by\":"u8 : ",\"included\":false,\"excluded_by\":"u8);
            if (watches[i].ExcludedBy is { } pattern)
            {
                Text(pattern, json);
            }
            else
            {
                json.Write("null"u8);
            }

            json.Write(",\"actions\":["u8);
            for (int j = 0; j < watches[i].Actions.Count; j++)
            {
                json.Write(j == 0 ? "{"u8 : ",{"u8);
                Action(watches[i].Actions[j], json);
                json.Write("}"u8);
            }

            json.Write("]}"u8);
        }

        json.Write("],\"warnings\":["u8);
        for (int i = 0; i < warnings.Count; i++)
        {
            json.Write(i == 0 ? ""u8 : ","u8);
            Text(warnings[i], json);
        }

        json.Write("]}\n"u8);
        return json.WrittenSpan.ToArray();
    }

    /// <summary>Returns the lines.</summary>
    public static byte[] Lines(byte[] path, string kind, List<ExplainedWatch> watches, List<string> warnings)
    {
        ArrayBufferWriter<byte> lines = new();
        Line(SurrogateEscape.Decode(path) + " (" + kind + ")", lines);
        bool runs = false;
        foreach (ExplainedWatch watch in watches)
        {
            string answer = watch.Included ? "included" : watch.ExcludedBy is { } by ? "excluded by " + by : "not included: " + watch.Obstacle;
            Line("watch " + SurrogateEscape.Decode(watch.Root) + ": " + answer, lines);
            foreach (ExplainedAction action in watch.Actions)
            {
                runs |= action.Runs;
                Lines(action, lines);
            }
        }

        Line(watches.Count == 0 ? "no watch covers it" : runs ? "" : "nothing would run", lines);
        foreach (string warning in warnings)
        {
            Line("warning: " + warning, lines);
        }

        return lines.WrittenSpan.ToArray();
    }

    private static void Action(ExplainedAction action, ArrayBufferWriter<byte> json)
    {
        Member("event", action.Event, json);
        json.Write(","u8);
        Member("does", action.IsCancel ? "cancel" : "schedule", json);
        json.Write(","u8);
        Member("scheduler", action.Scheduler.Name, json);
        json.Write(","u8);
        Member("type", action.Type, json);
        if (action.IsCancel)
        {
            return;
        }

        json.Write(",\"delay\":"u8);
        Ascii(Seconds(action.Scheduler.DelayMs), json);
        if (action.Scheduler.WaitStableMs != 0)
        {
            json.Write(",\"wait_stable\":"u8);
            Ascii(Seconds(action.Scheduler.WaitStableMs), json);
        }

        if (action.Scheduler.Batch is { } batch)
        {
            json.Write(",\"batch\":{\"max\":"u8);
            Ascii(batch.Max.ToString(CultureInfo.InvariantCulture), json);
            json.Write(",\"wait\":"u8);
            Ascii(Seconds(batch.WaitMs), json);
            json.Write(batch.NulFormat ? ",\"format\":\"nul\"}"u8 : ",\"format\":\"json\"}"u8);
        }

        switch (action.Scheduler.Job)
        {
            case FileManagerJobSpec when action.Rule < 0:
                json.Write(",\"rule\":null"u8);
                break;
            case FileManagerJobSpec:
                json.Write(",\"rule\":"u8);
                Ascii(action.Rule.ToString(CultureInfo.InvariantCulture), json);
                json.Write(","u8);
                Member("action", action.Verb, json);
                Groups(action, json);
                break;
            case WorkerJobSpec task:
                json.Write(","u8);
                Member("worker", task.Worker, json);
                json.Write(","u8);
                Member("job", task.Job, json);
                break;
        }

        if (action.Destination is not null)
        {
            json.Write(",\"destination\":"u8);
            JsonText.AppendString(action.Destination, json);
        }

        if (action.Command is not null)
        {
            json.Write(",\"cmd\":"u8);
            JsonText.AppendString(action.Command, json);
        }

        if (action.Arguments is not null)
        {
            json.Write(",\"argv\":"u8);
            Arguments(action.Arguments, json);
        }
    }

    private static void Groups(ExplainedAction action, ArrayBufferWriter<byte> json)
    {
        json.Write(",\"groups\":{"u8);
        bool isFirst = true;
        foreach ((string name, byte[]? value) in action.Groups)
        {
            json.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            Text(name, json);
            json.Write(":"u8);
            if (value is null)
            {
                json.Write("null"u8);
            }
            else
            {
                JsonText.AppendString(value, json);
            }
        }

        json.Write("}"u8);
    }

    private static void Arguments(ReadOnlySpan<byte> arguments, ArrayBufferWriter<byte> json)
    {
        json.Write("["u8);
        for (bool isFirst = true; !arguments.IsEmpty; isFirst = false)
        {
            int end = arguments.IndexOf((byte)0);
            json.Write(isFirst ? ""u8 : ","u8);
            JsonText.AppendString(arguments[..end], json);
            arguments = arguments[(end + 1)..];
        }

        json.Write("]"u8);
    }

    private static void Lines(ExplainedAction action, ArrayBufferWriter<byte> lines)
    {
        SchedulerSpec scheduler = action.Scheduler;
        string delay = action.IsCancel || scheduler.DelayMs == 0 ? "" : ", after " + Seconds(scheduler.DelayMs) + " s";
        delay += action.IsCancel || scheduler.WaitStableMs == 0 ? "" : ", once unchanged for " + Seconds(scheduler.WaitStableMs) + " s";
        Line("  " + action.Event + ": " + (action.IsCancel ? "cancel " : "schedule ") + scheduler.Name + " (" + action.Type + ")" + delay, lines);
        if (action.IsCancel)
        {
            return;
        }

        if (scheduler.Batch is { } batch)
        {
            string full = batch.Max.ToString(CultureInfo.InvariantCulture);
            Line("    batch: one run for up to " + full + " paths, at most " + Seconds(batch.WaitMs) + " s after the first is due", lines);
        }

        if (scheduler.Job is FileManagerJobSpec)
        {
            Line(action.Rule < 0 ? "    no rule matches" : "    rule " + action.Rule.ToString(CultureInfo.InvariantCulture) + ": " + action.Verb, lines);
        }
        else if (scheduler.Job is WorkerJobSpec task)
        {
            Line("    worker: " + task.Worker + ", job: " + task.Job, lines);
        }

        foreach ((string name, byte[]? value) in action.Groups)
        {
            Line("    group " + name + ": " + (value is null ? "(none)" : SurrogateEscape.Decode(value)), lines);
        }

        Line("    destination: ", action.Destination, lines);
        Line("    command: ", action.Command, lines);
        if (action.Arguments is not null)
        {
            ArrayBufferWriter<byte> json = new();
            Arguments(action.Arguments, json);
            Line("    arguments: ", json.WrittenSpan.ToArray(), lines);
        }

        HandOver("    after success: ", scheduler.OnSuccess, action, lines);
        HandOver("    after failure: ", scheduler.OnFailure, action, lines);
    }

    private static void HandOver(string label, string? scheduler, ExplainedAction action, ArrayBufferWriter<byte> lines)
    {
        if (scheduler is not null && action.Runs)
        {
            Line(label + scheduler, lines);
        }
    }

    private static void Line(string label, byte[]? value, ArrayBufferWriter<byte> lines)
    {
        if (value is not null)
        {
            Line(label + SurrogateEscape.Decode(value), lines);
        }
    }

    private static void Line(string line, ArrayBufferWriter<byte> lines)
    {
        if (line.Length != 0)
        {
            LogText.Append(SurrogateEscape.TryEncode(line, out byte[]? bytes) ? bytes : default(ReadOnlySpan<byte>), lines);
            lines.Write("\n"u8);
        }
    }

    private static string Seconds(long milliseconds)
    {
        string seconds = (milliseconds / 1000).ToString(CultureInfo.InvariantCulture);
        long rest = milliseconds % 1000;
        return rest == 0 ? seconds : seconds + "." + (1000 + rest).ToString(CultureInfo.InvariantCulture)[1..].TrimEnd('0');
    }

    private static void Member(string name, string value, ArrayBufferWriter<byte> json)
    {
        Text(name, json);
        json.Write(":"u8);
        Text(value, json);
    }

    private static void Ascii(string text, ArrayBufferWriter<byte> output)
    {
        foreach (char c in text)
        {
            output.GetSpan(1)[0] = (byte)c;
            output.Advance(1);
        }
    }

    private static void Text(string text, ArrayBufferWriter<byte> json) =>
        JsonText.AppendString(SurrogateEscape.TryEncode(text, out byte[]? bytes) ? bytes : default(ReadOnlySpan<byte>), json);
}
