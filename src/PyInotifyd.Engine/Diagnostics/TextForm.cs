using System;
using System.Buffers;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes the part of a text line that comes after time, logger and level: the message and its fields.</summary>
/// <remarks>
/// The order of the fields is the original program's, since people filter by it. What is not set is left out.
/// Threads: any; the class holds no state.
/// </remarks>
internal static class TextForm
{
    private const uint IsDir = 0x40000000;

    /// <summary>Appends the message and its fields, always on one line.</summary>
    public static void Append(in LogRecord record, ArrayBufferWriter<byte> output)
    {
        MessageBytes.AppendText(record.Message, output);
        if (record.Kind == LogKind.Event)
        {
            AppendEventFields(in record, output);
        }
        else if (record.Stream is not null)
        {
            Field(", task_id="u8, record.TaskId, output);
            Field(", stream="u8, record.Stream, output);

            // Last and always there: an empty line is output too.
            output.Write(", line="u8);
            LogText.Append(record.Line, output);
        }
        else
        {
            AppendTaskFields(in record, output);
        }
    }

    private static void AppendEventFields(in LogRecord record, ArrayBufferWriter<byte> output)
    {
        if ((record.Mask & IsDir) != 0 || record.SelfIsDir)
        {
            output.Write(", dir=True"u8);
        }

        if (record.Mask != 0)
        {
            output.Write(", mask=0x"u8);
            LogNumber.AppendHex(record.Mask, output);
        }

        Field(", maskname="u8, record.MaskName, output);
        Field(", pathname="u8, record.PathName, output);
        Field(", src_pathname="u8, record.SrcPathName, output);
        Field(", wd="u8, record.Wd, output);
    }

    private static void AppendTaskFields(in LogRecord record, ArrayBufferWriter<byte> output)
    {
        if (record.DelayMs >= 0)
        {
            output.Write(", delay="u8);
            LogNumber.AppendSeconds(record.DelayMs, output);
        }

        Field(", cmd="u8, record.Command, output);
        AppendArgv(record.Argv, output);
        Field(", exit_status="u8, record.ExitStatus, output);
        Field(", signal="u8, record.Signal == 0 ? null : SignalName.Of(record.Signal), output);
        Field(", duration_ms="u8, record.DurationMs, output);
        Field(", error="u8, record.Error, output);
        Field(", mask="u8, record.MaskName, output);
        Field(", path="u8, record.PathName, output);
        Field(", task_id="u8, record.TaskId, output);
    }

    /// <summary>Appends arguments, each ended by NUL, as one command line that a shell would read back as these arguments.</summary>
    private static void AppendArgv(ReadOnlySpan<byte> argv, ArrayBufferWriter<byte> output)
    {
        ReadOnlySpan<byte> separator = ", cmd="u8;
        while (!argv.IsEmpty)
        {
            int end = argv.IndexOf((byte)0);
            ReadOnlySpan<byte> argument = end < 0 ? argv : argv[..end];
            argv = end < 0 ? [] : argv[(end + 1)..];
            output.Write(separator);
            separator = " "u8;
            AppendQuoted(argument, output);
        }
    }

    private static void AppendQuoted(ReadOnlySpan<byte> argument, ArrayBufferWriter<byte> output)
    {
        if (IsBareWord(argument))
        {
            output.Write(argument);
            return;
        }

        output.Write("'"u8);
        int quote;
        while ((quote = argument.IndexOf((byte)'\'')) >= 0)
        {
            LogText.Append(argument[..quote], output);
            output.Write("'\\''"u8);
            argument = argument[(quote + 1)..];
        }

        LogText.Append(argument, output);
        output.Write("'"u8);
    }

    private static bool IsBareWord(ReadOnlySpan<byte> argument)
    {
        foreach (byte b in argument)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && "_@%+=:,./-"u8.IndexOf(b) < 0)
            {
                return false;
            }
        }

        return !argument.IsEmpty;
    }

    private static void Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        if (!value.IsEmpty)
        {
            output.Write(name);
            LogText.Append(value, output);
        }
    }

    private static void Field(ReadOnlySpan<byte> name, string? value, ArrayBufferWriter<byte> output)
    {
        if (!string.IsNullOrEmpty(value))
        {
            output.Write(name);
            MessageBytes.AppendText(value, output);
        }
    }

    private static void Field(ReadOnlySpan<byte> name, long value, ArrayBufferWriter<byte> output)
    {
        if (value >= 0)
        {
            output.Write(name);
            LogNumber.Append(value, output);
        }
    }
}
