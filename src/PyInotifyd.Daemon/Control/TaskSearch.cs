using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Daemon.Control;

/// <summary>Finds a task by its id, and cancels or runs it.</summary>
internal sealed class TaskSearch : ControlWork
{
    private const int Piece = 8192;

    private readonly SchedulerSet _schedulers;
    private readonly ulong _id;
    private readonly bool _cancels;
    private uint _at;

    /// <summary>Begins a search.</summary>
    /// <param name="schedulers">Where.</param>
    /// <param name="id">For which.</param>
    /// <param name="cancels">Whether it is cancelled; else it is run.</param>
    public TaskSearch(SchedulerSet schedulers, ulong id, bool cancels)
    {
        _schedulers = schedulers;
        _id = id;
        _cancels = cancels;
    }

    /// <inheritdoc/>
    public override bool GoOn(JsonLine answer)
    {
        if (_schedulers.FindTask(ref _at, Piece, _id) is { } task)
        {
            Act(task, answer);
            return false;
        }

        if (_at != 0)
        {
            return true;
        }

        ActOnFailed(answer);
        return false;
    }

    private void Act(TaskEntry task, JsonLine answer)
    {
        string name = "task " + ControlRequest.TextOfId(_id);
        if (_cancels)
        {
            bool runs = !_schedulers.CancelTask(task, _id);
            ControlCommands.Answer(answer, runs ? name + " runs already and goes on; what was queued after it has been dropped" : null);
            return;
        }

        bool isHeld = _schedulers.IsHeld(task);
        if (!_schedulers.RunTask(task))
        {
            ControlCommands.Answer(answer, task.Id == _id ? name + " runs already" : name + " follows the task of the same path that runs now");
            return;
        }

        answer.Object().Word("ok", true);
        if (isHeld)
        {
            answer.Text("note", name + " is first in line and starts when its scheduler is resumed");
        }

        answer.EndObject().EndLine();
    }

    private void ActOnFailed(JsonLine answer)
    {
        string name = "task " + ControlRequest.TextOfId(_id);
        StoredTask? failed = _schedulers.Failed.Find(_id);
        if (failed is null)
        {
            ControlCommands.Answer(answer, name + " is neither pending nor running (pyinotifyd tasks lists those that are)");
        }
        else if (_cancels)
        {
            _schedulers.Forget(failed);
            ControlCommands.Answer(answer, null);
        }
        else
        {
            ControlCommands.Answer(answer, name + " has failed; try it again with: pyinotifyd retry " + ControlRequest.TextOfId(_id));
        }
    }
}
