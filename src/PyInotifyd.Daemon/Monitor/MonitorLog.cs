using System.Buffers;
using PyInotifyd.Engine.Diagnostics;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>Writes what the watched trees have to say to standard error, as a program on a command line does: <c>pyinotifyd: message</c>.</summary>
/// <remarks>Threads: the reactor's.</remarks>
internal sealed class MonitorLog : ILogSink
{
    private const int StandardError = 2;
    private const int CloseWaitMs = 1000;

    private readonly LogOutput _output = new(StandardError, new KernelLogClock());
    private readonly ArrayBufferWriter<byte> _line = new(256);

    /// <summary>What shows how the set-up goes on; null: nothing does.</summary>
    public SetupProgress? Progress { get; set; }

    /// <inheritdoc/>
    public long FlushDueNs => _output.RetryNs;

    /// <inheritdoc/>
    public void Write(in LogRecord record) => Say("pyinotifyd: " + record.Message);

    /// <summary>Writes a line as it is.</summary>
    public void Say(string line)
    {
        _line.ResetWrittenCount();
        MessageBytes.AppendText(line, _line);
        _line.Write("\n"u8);
        Progress?.Erase();
        _output.Append(_line.WrittenSpan);
        _output.Flush();
    }

    /// <inheritdoc/>
    public void Flush() => _output.Flush();

    /// <inheritdoc/>
    public void Close() => _output.FlushWaiting(CloseWaitMs);
}
