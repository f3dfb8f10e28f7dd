using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Scheduling;

/// <content>What a person asks for while the daemon runs.</content>
public sealed partial class Scheduler
{
    /// <summary>Whether it starts nothing, by itself or with all others.</summary>
    internal bool IsHeld => IsPaused || _set.IsPaused;

    /// <summary>Cancels a task, or the queued re-run of one, by its id; false where it runs.</summary>
    internal bool CancelByHand(TaskEntry task, ulong id)
    {
        bool runs = task.State == TaskState.Running && task.Id == id;
        if (task.State == TaskState.Running)
        {
            DropRerun(task, LogLevel.Info, "scheduled task cancelled", task.Mask);
        }
        else
        {
            Cancel(task, task.Mask);
        }

        _set.Changes++;
        return !runs;
    }

    /// <summary>Puts a pending task first in line.</summary>
    internal bool RunNow(TaskEntry task)
    {
        switch (TaskStateTable.Answer(task.State, TaskInput.RunNow))
        {
            case TaskAnswer.Wait:
                LogTask(LogLevel.Info, "run task now", task, task.Mask);
                Disarm(task);
                Wait(task, 0);
                return true;
            case TaskAnswer.Nothing:
                return false;
            default:
                throw new InvalidOperationException();
        }
    }
}
