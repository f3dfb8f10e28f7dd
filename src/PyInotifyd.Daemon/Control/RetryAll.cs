using System.Collections.Generic;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Daemon.Control;

/// <summary>Tries all failed tasks once more.</summary>
internal sealed class RetryAll : ControlWork
{
    private const int Piece = 256;

    private readonly SchedulerSet _schedulers;
    private readonly List<StoredTask> _tasks;
    private int _next;
    private int _retried;

    /// <summary>Begins with the tasks that have failed by now.</summary>
    public RetryAll(SchedulerSet schedulers)
    {
        _schedulers = schedulers;
        _tasks = [.. schedulers.Failed.All];
    }

    /// <inheritdoc/>
    public override bool GoOn(JsonLine answer)
    {
        for (int i = 0; i < Piece && _next < _tasks.Count; i++, _next++)
        {
            _retried += _schedulers.Retry(_tasks[_next]) ? 1 : 0;
        }

        if (_next < _tasks.Count)
        {
            return true;
        }

        answer.Object().Word("ok", true).Number("retried", _retried).Number("refused", _tasks.Count - _retried).EndObject().EndLine();
        return false;
    }
}
