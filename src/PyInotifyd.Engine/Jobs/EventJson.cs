using System;
using System.Buffers;
using System.Buffers.Text;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Writes the event of a task as the JSON object that processes and workers read.</summary>
internal static class EventJson
{
    /// <summary>Appends the object, without a newline; with a member <c>wd</c> where that is wanted and known.</summary>
    public static void Append(TaskEntry task, in PlaceholderValues values, ArrayBufferWriter<byte> output, bool wantsWd = false)
    {
        output.Write("{"u8);
        AppendMembers(in values, task.SrcPath, (uint)task.Mask, task.IsDir, task.Cookie, output);
        if (wantsWd && task.Wd >= 0)
        {
            output.Write(",\"wd\":"u8);
            AppendNumber((uint)task.Wd, output);
        }

        output.Write("}"u8);
    }

    /// <summary>Appends the members of the object, without braces.</summary>
    /// <remarks>Shape: <c>src_pathname</c> is null where the source is empty; <c>mask</c> as the kernel gave it, IN_ISDIR included.</remarks>
    public static void AppendMembers(in PlaceholderValues values, ReadOnlySpan<byte> source, uint mask, bool isDir, uint cookie, ArrayBufferWriter<byte> output)
    {
        output.Write("\"maskname\":"u8);
        JsonText.AppendString(values.MaskName, output);
        output.Write(",\"mask\":"u8);
        AppendNumber(mask, output);
        output.Write(",\"pathname\":"u8);
        JsonText.AppendString(values.PathName, output);
        output.Write(",\"src_pathname\":"u8);
        if (source.IsEmpty)
        {
            output.Write("null"u8);
        }
        else
        {
            JsonText.AppendString(source, output);
        }

        output.Write(",\"name\":"u8);
        JsonText.AppendString(values.Name, output);
        output.Write(isDir ? ",\"dir\":true,\"cookie\":"u8 : ",\"dir\":false,\"cookie\":"u8);
        AppendNumber(cookie, output);
        output.Write(",\"watch\":"u8);
        JsonText.AppendString(values.Watch, output);
    }

    /// <summary>Appends a task of a batch: its event as a line of JSON, or its path and a NUL.</summary>
    public static void AppendBatched(TaskEntry task, bool nulFormat, ArrayBufferWriter<byte> output)
    {
        if (nulFormat)
        {
            output.Write(task.Path);
            output.Write("\0"u8);
            return;
        }

        string name = EventNames.First(task.Mask);
        Span<byte> maskName = stackalloc byte[32];
        int length = Encoding.ASCII.GetBytes(name, maskName);
        PlaceholderValues values = new() { MaskName = maskName[..length], PathName = task.Path, Watch = task.WatchPath };
        Append(task, in values, output);
        output.Write("\n"u8);
    }

    private static void AppendNumber(uint number, ArrayBufferWriter<byte> output)
    {
        _ = Utf8Formatter.TryFormat(number, output.GetSpan(10), out int written);
        output.Advance(written);
    }
}
