using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using PyInotifyd.Engine.Diagnostics;

namespace PyInotifyd.Library;

/// <summary>Hands messages to code of the program, on a thread of its own: the reactor neither runs that code nor waits for it.</summary>
/// <remarks>
/// So many messages may wait; beyond that they are dropped and counted, and the count is a message. What the code throws is told on standard error, once.
/// Threads: reactor, but for <see cref="Run"/>.
/// </remarks>
internal sealed class LogRelay : ILogSink
{
    private const int MostWaiting = 16 * 1024;
    private const int CloseWaitMs = 1000;

    private readonly object _gate = new();
    private readonly Action<LogMessage> _receiver;
    private readonly Queue<LogMessage> _waiting = new();
    private readonly ArrayBufferWriter<byte> _text = new(256);
    private readonly Thread _thread;
    private long _dropped;
    private bool _isClosed;

    public LogRelay(Action<LogMessage> receiver)
    {
        _receiver = receiver;
        _thread = new Thread(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Write(in LogRecord record)
    {
        _text.ResetWrittenCount();
        TextForm.Append(in record, _text);
        LogMessage message = new((LogLevel)record.Level, record.Logger, Encoding.UTF8.GetString(_text.WrittenSpan));
        lock (_gate)
        {
            if (_waiting.Count >= MostWaiting)
            {
                _dropped++;
            }
            else
            {
                _waiting.Enqueue(message);
            }

            Monitor.Pulse(_gate);
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.Pulse(_gate);
        }

        _ = _thread.Join(CloseWaitMs);
    }

    private void Run()
    {
        bool hasFailed = false;
        while (Next() is { } message)
        {
            try
            {
                _receiver(message);
            }
            catch (Exception error) when (!hasFailed)
            {
                hasFailed = true;
                Console.Error.WriteLine("pyinotifyd: the program's own log failed: " + error.GetType().Name + ": " + error.Message);
            }
            catch (Exception)
            {
                // Said once.
            }
        }
    }

    private LogMessage? Next()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && _dropped == 0 && !_isClosed)
            {
                Monitor.Wait(_gate);
            }

            if (_waiting.TryDequeue(out LogMessage? message))
            {
                return message;
            }

            long dropped = _dropped;
            _dropped = 0;
            return dropped == 0
                ? null
                : new LogMessage(LogLevel.Warning, "daemon", dropped.ToString() + " messages were dropped because the program's own log did not take them");
        }
    }
}
