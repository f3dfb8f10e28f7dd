using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon.Python;

/// <summary>Where the messages and the output of a configuration in Python go while it is executed: to the log, or before there is one to standard error.</summary>
internal sealed class PythonOutput
{
    private const int MaxLine = 8 * 1024;

    private readonly Log? _log;
    private readonly string _logName;
    private byte[] _partial = [];

    /// <summary>Takes the log, or null at the start of the program; what Python writes to its standard error is logged under <paramref name="logName"/>.</summary>
    public PythonOutput(Log? log, string logName = "")
    {
        (_log, _logName) = (log, logName);
    }

    /// <summary>Whether the daemon runs already.</summary>
    public bool HasLog => _log is not null;

    /// <summary>Takes a message of Python's logging.</summary>
    public void Message(LogLevel level, string logger, string text)
    {
        if (_log is not null)
        {
            _log.GetLogger(logger).Write(level, text);
        }
        else if (level >= LogLevel.Info)
        {
            // As the original does, which has no names and times while it reads its configuration.
            StandardStreams.PrintError(SurrogateEscape.Decode(LogLevelName.Of(level)) + ": " + text);
        }
    }

    /// <summary>Takes a piece of what Python wrote to its standard error, or nothing at the end of it.</summary>
    public void Errors(ReadOnlySpan<byte> piece)
    {
        bool isEnd = piece.IsEmpty;
        byte[] all = [.. _partial, .. piece];
        ReadOnlySpan<byte> rest = all;
        int newline;
        while ((newline = rest.IndexOf((byte)'\n')) >= 0)
        {
            Line(rest[..newline]);
            rest = rest[(newline + 1)..];
        }

        if (!rest.IsEmpty && (isEnd || rest.Length >= MaxLine))
        {
            Line(rest);
            rest = default;
        }

        _partial = rest.ToArray();
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        string text = SurrogateEscape.Decode(line);
        if (_log is not null)
        {
            _log.GetLogger(_logName).Warning(text);
        }
        else
        {
            StandardStreams.PrintError(text);
        }
    }
}
