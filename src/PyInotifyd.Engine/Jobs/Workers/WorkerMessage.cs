using System;
using System.Text;
using PyInotifyd.Engine.Diagnostics;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>What a worker says.</summary>
internal enum WorkerMessageKind : byte
{
    /// <summary>A task is done.</summary>
    Ok,

    /// <summary>A task has failed.</summary>
    Error,

    /// <summary>A line for the log.</summary>
    Log,
}

/// <summary>A message of a worker, read from one line.</summary>
/// <remarks>Owns: the spans lie in the line that it was read from.</remarks>
internal ref struct WorkerMessage
{
    /// <summary>What it says.</summary>
    public WorkerMessageKind Kind;

    /// <summary>The task that it is about; empty: none.</summary>
    public ReadOnlySpan<byte> Id;

    /// <summary>What went wrong, or what is to be logged; lone surrogates have become the bytes that they stand for.</summary>
    public ReadOnlySpan<byte> Text;

    /// <summary>Name of a logger; empty: none.</summary>
    public ReadOnlySpan<byte> Logger;

    /// <summary>Level of a log line.</summary>
    public LogLevel Level;

    /// <summary>Reads a line; where it is no message, <paramref name="problem"/> says why, and the line is as it was.</summary>
    /// <remarks>
    /// Shape: the texts are decoded inside the line, which is not what it was afterwards. Members that nobody knows are passed over, so that workers may say more to later versions.
    /// Cost: two passes over the line at most, no allocation.
    /// </remarks>
    public static bool TryRead(Span<byte> line, out WorkerMessage message, out string? problem)
    {
        message = default;
        Members members = default;
        problem = members.Read(line);
        if (problem is not null)
        {
            return false;
        }

        if (members.Status.IsGiven == members.Log.IsGiven)
        {
            problem = members.Status.IsGiven ? "it has both \"status\" and \"log\"" : "it has neither \"status\" nor \"log\"";
            return false;
        }

        if (members.Status.IsGiven)
        {
            ReadOnlySpan<byte> status = members.Status.In(line);
            if (!members.Id.IsGiven)
            {
                problem = "it has no \"id\"";
                return false;
            }

            if (!status.SequenceEqual("ok"u8) && !status.SequenceEqual("error"u8))
            {
                problem = "its \"status\" is neither \"ok\" nor \"error\"";
                return false;
            }

            message.Kind = status.Length == 2 ? WorkerMessageKind.Ok : WorkerMessageKind.Error;
        }
        else
        {
            message.Kind = WorkerMessageKind.Log;
            if (!TryLevel(members.Log.In(line), out message.Level))
            {
                problem = "its \"log\" is none of DEBUG, INFO, WARNING, ERROR, CRITICAL";
                return false;
            }

            if (!members.Message.IsGiven)
            {
                problem = "it has no \"message\"";
                return false;
            }
        }

        message.Id = members.Id.Decode(line);
        message.Text = members.Message.Decode(line);
        message.Logger = members.Logger.Decode(line);
        return true;
    }

    private static bool TryLevel(ReadOnlySpan<byte> name, out LogLevel level)
    {
        foreach (LogLevel known in (ReadOnlySpan<LogLevel>)[LogLevel.Debug, LogLevel.Info, LogLevel.Warning, LogLevel.Error, LogLevel.Critical])
        {
            if (Ascii.EqualsIgnoreCase(name, LogLevelName.Of(known)))
            {
                level = known;
                return true;
            }
        }

        level = default;
        return false;
    }

    /// <summary>Where a text lies in the line, without its quotes.</summary>
    private readonly struct Place(int start, int length)
    {
        private readonly int _start = start;
        private readonly int _length = length;

        // Never 0 where it is given: a brace and a quote come before.
        public bool IsGiven => _start != 0;

        public ReadOnlySpan<byte> In(ReadOnlySpan<byte> line) => line.Slice(_start, _length);

        public ReadOnlySpan<byte> Decode(Span<byte> line) => line.Slice(_start, JsonScanner.Decode(line.Slice(_start, _length)));
    }

    private ref struct Members
    {
        private const string NotText = "a member that should be a text is none";
        private const string Twice = "a member is given twice";

        public Place Id;
        public Place Status;
        public Place Message;
        public Place Log;
        public Place Logger;

        public string? Read(ReadOnlySpan<byte> line)
        {
            const string NoObject = "it is no JSON object";
            JsonScanner scanner = new(line);
            if (!scanner.TryTake((byte)'{'))
            {
                return NoObject;
            }

            for (bool first = true; !scanner.TryTake((byte)'}'); first = false)
            {
                if ((!first && !scanner.TryTake((byte)',')) || !scanner.TryText(out int start, out int length) || !scanner.TryTake((byte)':'))
                {
                    return NoObject;
                }

                string? problem = ReadMember(line.Slice(start, length), ref scanner);
                if (problem is not null)
                {
                    return problem;
                }
            }

            return scanner.IsAtEnd ? null : NoObject;
        }

        private string? ReadMember(ReadOnlySpan<byte> name, ref JsonScanner scanner)
        {
            if (name.SequenceEqual("id"u8))
            {
                return ReadText(ref scanner, ref Id);
            }

            if (name.SequenceEqual("status"u8))
            {
                return ReadText(ref scanner, ref Status);
            }

            if (name.SequenceEqual("message"u8))
            {
                return ReadText(ref scanner, ref Message);
            }

            if (name.SequenceEqual("log"u8))
            {
                return ReadText(ref scanner, ref Log);
            }

            return name.SequenceEqual("logger"u8) ? ReadText(ref scanner, ref Logger) : scanner.TrySkipValue() ? null : "it is no JSON object";
        }

        private static string? ReadText(ref JsonScanner scanner, ref Place place)
        {
            if (place.IsGiven)
            {
                return Twice;
            }

            if (scanner.TryText(out int start, out int length))
            {
                place = new Place(start, length);
                return null;
            }

            return scanner.TryWord("null"u8) ? null : NotText;
        }
    }
}
