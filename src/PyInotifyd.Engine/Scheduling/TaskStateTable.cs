using System;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>What can happen to a task.</summary>
internal enum TaskInput : byte
{
    /// <summary>An event that is mapped to the scheduler.</summary>
    Trigger,

    /// <summary>The same while the daemon shuts down.</summary>
    LateTrigger,

    /// <summary>An event that cancels, of the path or of a directory above it.</summary>
    Cancel,

    /// <summary>The path, or a directory above it, was deleted, moved out or unmounted.</summary>
    Gone,

    /// <summary>The task has no future: the daemon shuts down before its time, or its scheduler was removed.</summary>
    Expel,

    /// <summary>The task's timer expired.</summary>
    TimeUp,

    /// <summary>There is a place for it.</summary>
    Place,

    /// <summary>Its run ended well.</summary>
    Succeeded,

    /// <summary>Its run failed.</summary>
    Failed,

    /// <summary>Its run was lost with the process that many tasks share.</summary>
    Lost,

    /// <summary>Somebody wants it to start now.</summary>
    RunNow,
}

/// <summary>What is done about it.</summary>
internal enum TaskAnswer : byte
{
    /// <summary>It cannot happen; if it does, it is a bug and ends the program.</summary>
    Impossible,

    /// <summary>There is nothing to do.</summary>
    Nothing,

    /// <summary>A task is made: delayed, or waiting where there is no delay.</summary>
    Schedule,

    /// <summary>Delayed anew with the newest event; tries start over.</summary>
    Reschedule,

    /// <summary>With a delay: delayed anew. Without: the task keeps its place and gets the newest event.</summary>
    RescheduleOrStay,

    /// <summary>The task gets the newest event, its deadline stays.</summary>
    ReplaceEvent,

    /// <summary>The event is dropped and logged.</summary>
    Refuse,

    /// <summary><c>on_busy</c> decides.</summary>
    Busy,

    /// <summary>The task is dropped.</summary>
    Drop,

    /// <summary>The task is dropped unless its event says itself that the path has gone.</summary>
    DropUnlessGone,

    /// <summary>The queued re-run is dropped, the running task goes on, with a warning.</summary>
    DropRerun,

    /// <summary>The queued re-run is dropped unless its event says itself that the path has gone; the running task goes on.</summary>
    DropRerunUnlessGone,

    /// <summary>The queued re-run is dropped; the running task goes on without a word.</summary>
    ExpelRerun,

    /// <summary>Settling where the scheduler wants that, else waiting.</summary>
    Settle,

    /// <summary>The file is looked at: waiting when it has been unchanged, else settling goes on.</summary>
    Probe,

    /// <summary>It waits for a place.</summary>
    Wait,

    /// <summary>It starts.</summary>
    Start,

    /// <summary>The running task is stopped: TERM at first, KILL when that was not enough.</summary>
    Stop,

    /// <summary>Finished; a queued re-run is delayed.</summary>
    Finish,

    /// <summary>Failed: a queued re-run is delayed, else the next try waits, else that was all.</summary>
    Fail,
}

/// <summary>The life of a task as a table: every state, every input, one answer.</summary>
/// <remarks>
/// The table says what is done; <see cref="Scheduler"/> does it and sets the state that follows. Rows and columns stand in the order of their enumerations.
/// A queued re-run is not a state of its own: it is a task that hangs on the running one and has nothing to do until that has ended.
/// </remarks>
internal static class TaskStateTable
{
    private const TaskAnswer Bug = TaskAnswer.Impossible;
    private const int Inputs = (int)TaskInput.RunNow + 1;

    private static readonly TaskAnswer[] s_answers =
    [
        // Idle. Nothing is there, so nothing can expire, start or end.
        /* Trigger */ TaskAnswer.Schedule, /* LateTrigger */ TaskAnswer.Refuse, /* Cancel */ TaskAnswer.Nothing, /* Gone */ TaskAnswer.Nothing,
        /* Expel */ TaskAnswer.Nothing, /* TimeUp */ Bug, /* Place */ Bug, /* Succeeded */ Bug, /* Failed */ Bug, /* Lost */ Bug, /* RunNow */ TaskAnswer.Nothing,

        // Delayed.
        /* Trigger */ TaskAnswer.Reschedule, /* LateTrigger */ TaskAnswer.ReplaceEvent, /* Cancel */ TaskAnswer.Drop, /* Gone */ TaskAnswer.DropUnlessGone,
        /* Expel */ TaskAnswer.Drop, /* TimeUp */ TaskAnswer.Settle, /* Place */ Bug, /* Succeeded */ Bug, /* Failed */ Bug, /* Lost */ Bug, /* RunNow */ TaskAnswer.Wait,

        // Settling.
        /* Trigger */ TaskAnswer.Reschedule, /* LateTrigger */ TaskAnswer.ReplaceEvent, /* Cancel */ TaskAnswer.Drop, /* Gone */ TaskAnswer.DropUnlessGone,
        /* Expel */ TaskAnswer.Drop, /* TimeUp */ TaskAnswer.Probe, /* Place */ Bug, /* Succeeded */ Bug, /* Failed */ Bug, /* Lost */ Bug, /* RunNow */ TaskAnswer.Wait,

        // Waiting. It has no timer.
        /* Trigger */ TaskAnswer.RescheduleOrStay, /* LateTrigger */ TaskAnswer.ReplaceEvent, /* Cancel */ TaskAnswer.Drop, /* Gone */ TaskAnswer.DropUnlessGone,
        /* Expel */ TaskAnswer.Drop, /* TimeUp */ Bug, /* Place */ TaskAnswer.Start, /* Succeeded */ Bug, /* Failed */ Bug, /* Lost */ Bug, /* RunNow */ TaskAnswer.Wait,

        // Running. Its timer is the timeout, or the wait from TERM to KILL.
        /* Trigger */ TaskAnswer.Busy, /* LateTrigger */ TaskAnswer.Refuse, /* Cancel */ TaskAnswer.DropRerun, /* Gone */ TaskAnswer.DropRerunUnlessGone,
        /* Expel */ TaskAnswer.ExpelRerun, /* TimeUp */ TaskAnswer.Stop, /* Place */ Bug, /* Succeeded */ TaskAnswer.Finish, /* Failed */ TaskAnswer.Fail,
        /* Lost */ TaskAnswer.Wait, /* RunNow */ TaskAnswer.Nothing,

        // RetryWait.
        /* Trigger */ TaskAnswer.Reschedule, /* LateTrigger */ TaskAnswer.ReplaceEvent, /* Cancel */ TaskAnswer.Drop, /* Gone */ TaskAnswer.DropUnlessGone,
        /* Expel */ TaskAnswer.Drop, /* TimeUp */ TaskAnswer.Wait, /* Place */ Bug, /* Succeeded */ Bug, /* Failed */ Bug, /* Lost */ Bug, /* RunNow */ TaskAnswer.Wait,
    ];

    /// <summary>Returns what is done when <paramref name="input"/> happens to a task in <paramref name="state"/>.</summary>
    /// <remarks>Errors: what cannot happen throws; the daemon dies loudly rather than going on with a state that nobody knows.   Cost: one load.</remarks>
    public static TaskAnswer Answer(TaskState state, TaskInput input)
    {
        TaskAnswer answer = s_answers[((int)state * Inputs) + (int)input];
        return answer != Bug ? answer : throw Impossible(state, input);
    }

    /// <summary>Says whether the pair can happen at all.</summary>
    public static bool IsPossible(TaskState state, TaskInput input) => s_answers[((int)state * Inputs) + (int)input] != Bug;

    private static InvalidOperationException Impossible(TaskState state, TaskInput input) =>
        new("a task in state " + ((int)state).ToString() + " got the input " + ((int)input).ToString());
}
