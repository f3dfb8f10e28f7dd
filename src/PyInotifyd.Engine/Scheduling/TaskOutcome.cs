namespace PyInotifyd.Engine.Scheduling;

/// <summary>How a try of a task ended; the scheduler puts it in one line, <c>task finished</c> or <c>task failed, exit_status=3, …</c>.</summary>
public readonly struct TaskOutcome
{
    private TaskOutcome(bool succeeded, int exitStatus, int signal, string? error, bool isLost = false, bool isShort = false)
    {
        IsLost = isLost;
        IsShort = isShort;
        Succeeded = succeeded;
        ExitStatus = exitStatus;
        Signal = signal;
        Error = error;
    }

    /// <summary>Success of something that has no exit status.</summary>
    public static TaskOutcome Success { get; } = new(true, -1, 0, null);

    /// <summary>Whether it did what it should.</summary>
    public bool Succeeded { get; }

    /// <summary>Whether the try came to nothing by what has nothing to do with the task: it waits for a place again, and no try is counted.</summary>
    public bool IsLost { get; }

    /// <summary>Whether it is lost because a limit of the machine stood in the way (EMFILE, EAGAIN): the next try is put off a little.</summary>
    public bool IsShort { get; }

    /// <summary>Exit status of the process; -1: none.</summary>
    public int ExitStatus { get; }

    /// <summary>Signal that ended the process; 0: none.</summary>
    public int Signal { get; }

    /// <summary>What went wrong, in words; null where the status tells it.</summary>
    public string? Error { get; }

    /// <summary>Returns the outcome of a process that exited: success where the status is 0.</summary>
    public static TaskOutcome Exited(int exitStatus) => new(exitStatus == 0, exitStatus, 0, null);

    /// <summary>Returns the outcome of a process that a signal ended.</summary>
    public static TaskOutcome Killed(int signal) => new(false, -1, signal, null);

    /// <summary>Returns the outcome of a try that was lost, in words.</summary>
    public static TaskOutcome Lost(string error) => new(false, -1, 0, error, isLost: true);

    /// <summary>Returns the outcome of a try that a limit of the machine stood in the way of, in words.</summary>
    public static TaskOutcome Short(string error) => new(false, -1, 0, error, isLost: true, isShort: true);

    /// <summary>Returns a failure in words.</summary>
    public static TaskOutcome Failure(string error) => new(false, -1, 0, error);
}
