using System.Collections.Generic;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Why a running task was told to end.</summary>
internal enum StopReason : byte
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>It ran longer than <c>timeout</c>.</summary>
    Timeout,

    /// <summary>A newer event wants it to start again.</summary>
    Restart,

    /// <summary>The daemon's own time is up.</summary>
    Shutdown,
}

/// <summary>What a task needs from its start to the end of its last try; there are as many as tasks that run, settle or wait for another try.</summary>
internal sealed class TaskRun
{
    /// <summary>The job that runs it; stays the same across a reload.</summary>
    public IJob? Job { get; set; }

    /// <summary>What the job keeps about the try.</summary>
    public object? JobState { get; set; }

    /// <summary>The queued re-run; in no table, nothing armed.</summary>
    public TaskEntry? Next { get; set; }

    /// <summary>The task that stands for the run where several are done by one; null: this one has a run of its own. The run's reason to stop and its timer are the first one's.</summary>
    public TaskEntry? First { get; set; }

    /// <summary>All tasks of the run, in the order of their time, where this is the first of several; else null.</summary>
    public List<TaskEntry>? Members { get; set; }

    /// <summary>When the try was started.</summary>
    public long StartedNs { get; set; }

    /// <summary>Tries that have failed.</summary>
    public int Failures { get; set; }

    /// <summary>Times that a worker has died while it had the task.</summary>
    public int Deaths { get; set; }

    /// <summary>Place in the scheduler's list of running tasks.</summary>
    public int RunningIndex { get; set; }

    /// <summary>Why it was told to end.</summary>
    public StopReason Stop { get; set; }

    /// <summary>Whether a newer event of its own path wants it to start again.</summary>
    public bool IsRestartWanted { get; set; }

    /// <summary>Whether it was told so with KILL.</summary>
    public bool Killed { get; set; }

    /// <summary>Whether <c>start task</c> stands in the log for this try.</summary>
    public bool StartLogged { get; set; }

    /// <summary>What the file looked like when settling began, or when it was last found changed.</summary>
    public FileLook Look { get; set; }

    /// <summary>When that was, on the monotonic clock.</summary>
    public long LookNs { get; set; }

    /// <summary>Looks since then that found it unchanged and open.</summary>
    public int OpenLooks { get; set; }
}
