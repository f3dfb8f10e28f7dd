using System;
using System.Buffers;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes the part of a JSON line that comes after the time: all other members of the object and its closing brace.</summary>
/// <remarks>
/// Names and output of processes are lossless: a byte that is not UTF-8 is written as the lone surrogate that Python's surrogateescape uses.
/// Threads: any; the class holds no state.
/// </remarks>
internal static class JsonForm
{
    private const uint IsDir = 0x40000000;

    /// <summary>Appends <c>,"level":…}</c>, always on one line.</summary>
    public static void Append(in LogRecord record, ArrayBufferWriter<byte> output)
    {
        output.Write(",\"level\":\""u8);
        output.Write(LogLevelName.Of(record.Level));
        output.Write("\""u8);
        output.Write(",\"logger\":"u8);
        MessageBytes.AppendJson(record.Logger, output);
        output.Write(",\"message\":"u8);
        MessageBytes.AppendJson(record.Message, output);
        Member(",\"scheduler\":"u8, record.Scheduler, output);
        Member(",\"task_id\":"u8, record.TaskId, output);
        if (record.Mask != 0)
        {
            Member(",\"mask\":"u8, record.Mask, output);
        }

        Member(",\"maskname\":"u8, record.MaskName, output);
        Member(",\"pathname\":"u8, record.PathName, output);
        Member(",\"src_pathname\":"u8, record.SrcPathName, output);
        if (record.Mask != 0)
        {
            output.Write((record.Mask & IsDir) != 0 || record.SelfIsDir ? ",\"dir\":true"u8 : ",\"dir\":false"u8);
        }

        Member(",\"wd\":"u8, record.Wd, output);
        if (record.Cookie != 0)
        {
            Member(",\"cookie\":"u8, record.Cookie, output);
        }

        if (record.DelayMs >= 0)
        {
            output.Write(",\"delay\":"u8);
            LogNumber.AppendSeconds(record.DelayMs, output);
        }

        Member(",\"cmd\":"u8, record.Command, output);
        AppendArgv(record.Argv, output);
        Member(",\"exit_status\":"u8, record.ExitStatus, output);
        Member(",\"signal\":"u8, record.Signal == 0 ? null : SignalName.Of(record.Signal), output);
        Member(",\"duration_ms\":"u8, record.DurationMs, output);
        if (record.Stream is not null)
        {
            Member(",\"stream\":"u8, record.Stream, output);
            output.Write(",\"line\":"u8);
            JsonText.AppendString(record.Line, output);
        }

        Member(",\"error\":"u8, record.Error, output);
        output.Write("}"u8);
    }

    private static void AppendArgv(ReadOnlySpan<byte> argv, ArrayBufferWriter<byte> output)
    {
        if (argv.IsEmpty)
        {
            return;
        }

        ReadOnlySpan<byte> separator = ",\"argv\":["u8;
        while (!argv.IsEmpty)
        {
            int end = argv.IndexOf((byte)0);
            output.Write(separator);
            separator = ","u8;
            JsonText.AppendString(end < 0 ? argv : argv[..end], output);
            argv = end < 0 ? [] : argv[(end + 1)..];
        }

        output.Write("]"u8);
    }

    private static void Member(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        if (!value.IsEmpty)
        {
            output.Write(name);
            JsonText.AppendString(value, output);
        }
    }

    private static void Member(ReadOnlySpan<byte> name, string? value, ArrayBufferWriter<byte> output)
    {
        if (!string.IsNullOrEmpty(value))
        {
            output.Write(name);
            MessageBytes.AppendJson(value, output);
        }
    }

    private static void Member(ReadOnlySpan<byte> name, long value, ArrayBufferWriter<byte> output)
    {
        if (value >= 0)
        {
            output.Write(name);
            LogNumber.Append(value, output);
        }
    }
}
