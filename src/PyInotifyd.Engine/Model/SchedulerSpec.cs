namespace PyInotifyd.Engine.Model;

/// <summary>What an event does to a path whose task is running.</summary>
public enum BusyPolicy
{
    /// <summary>Run once more afterwards, with the newest event.</summary>
    Queue,

    /// <summary>Drop the event with a warning.</summary>
    Skip,

    /// <summary>Stop the running task and start again.</summary>
    Restart,
}

/// <summary>One run for many paths.</summary>
/// <param name="Max">Paths at most.</param>
/// <param name="WaitMs">How long the first one waits for others.</param>
/// <param name="NulFormat">Paths that end with NUL instead of JSON lines.</param>
public sealed record BatchSpec(int Max, long WaitMs, bool NulFormat);

/// <summary>A scheduler as the user configured it, checked. Times are milliseconds; 0 of a limit or time-out means none.</summary>
public sealed record SchedulerSpec
{
    /// <summary>The name that event maps use.</summary>
    public required string Name { get; init; }

    /// <summary>What its tasks do.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>Schedule for events on files.</summary>
    public bool Files { get; init; } = true;

    /// <summary>Schedule for events on directories.</summary>
    public bool Dirs { get; init; }

    /// <summary>Wait after the last event.</summary>
    public long DelayMs { get; init; }

    /// <summary>Longest wait after the first event.</summary>
    public long MaxDelayMs { get; init; }

    /// <summary>Name of its logger.</summary>
    public string LogName { get; init; } = "sched";

    /// <summary>One task for the whole scheduler.</summary>
    public bool SingleJob { get; init; }

    /// <summary>What an event does while the task runs.</summary>
    public BusyPolicy OnBusy { get; init; }

    /// <summary>Tasks running at once.</summary>
    public int MaxConcurrency { get; init; }

    /// <summary>Longest run of one try.</summary>
    public long TimeoutMs { get; init; }

    /// <summary>From TERM to KILL.</summary>
    public long KillAfterMs { get; init; } = 5000;

    /// <summary>Tries after the first one failed.</summary>
    public int Retries { get; init; }

    /// <summary>Wait before the first of them; doubles each time.</summary>
    public long RetryDelayMs { get; init; } = 1000;

    /// <summary>Scheduler that gets the event after success.</summary>
    public string? OnSuccess { get; init; }

    /// <summary>Scheduler that gets the event after the last try failed.</summary>
    public string? OnFailure { get; init; }

    /// <summary>How long size and mtime must have been unchanged before a start.</summary>
    public long WaitStableMs { get; init; }

    /// <summary>One run for many paths.</summary>
    public BatchSpec? Batch { get; init; }
}
