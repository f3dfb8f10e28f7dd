using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Library;

/// <summary>Brings the messages of jobs to the log, which belongs to the reactor's thread.</summary>
/// <remarks>
/// So many may wait, then a job that writes more waits for the reactor, which waits for nobody.
/// Threads: <see cref="Write"/> any, <see cref="Close"/> any, the rest reactor.
/// </remarks>
internal sealed class LogMail : IMail
{
    private const int MostWaiting = 4096;

    private readonly object _gate = new();
    private readonly Log _log;
    private readonly Mailbox _mailbox;
    private List<Line> _waiting = [];
    private List<Line> _taken = [];
    private bool _isClosed;

    public LogMail(Log log, Mailbox mailbox)
    {
        (_log, _mailbox) = (log, mailbox);
    }

    /// <summary>A message of a job.</summary>
    internal readonly record struct Line(LogLevel Level, string Logger, string Scheduler, string TaskId, string Message);

    /// <summary>Has a message written; after the end of the daemon it goes nowhere.</summary>
    public void Write(in Line line)
    {
        ArgumentNullException.ThrowIfNull(line.Message);
        lock (_gate)
        {
            while (_waiting.Count >= MostWaiting && !_isClosed)
            {
                Monitor.Wait(_gate);
            }

            if (_isClosed)
            {
                return;
            }

            _waiting.Add(line);
            if (_waiting.Count == 1)
            {
                _ = _mailbox.Post(this);
            }
        }
    }

    /// <inheritdoc/>
    public void Deliver()
    {
        lock (_gate)
        {
            (_waiting, _taken) = (_taken, _waiting);
            Monitor.PulseAll(_gate);
        }

        foreach (Line line in _taken)
        {
            LogRecord record = new((Engine.Diagnostics.LogLevel)line.Level, line.Logger, line.Message)
            {
                Kind = LogKind.Task,
                Scheduler = line.Scheduler,
                TaskId = Encoding.ASCII.GetBytes(line.TaskId),
            };
            _log.GetLogger(line.Logger).Write(in record);
        }

        _taken.Clear();
    }

    /// <summary>Lets go of the jobs that wait.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
