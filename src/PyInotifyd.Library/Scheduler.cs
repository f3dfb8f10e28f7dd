using System;
using System.Threading;
using System.Threading.Tasks;

namespace PyInotifyd.Library;

/// <summary>Runs a job for the paths of events: after a delay, again where it failed, one at a time for each path.</summary>
/// <remarks>
/// The job runs on the thread pool, never on the thread that reads the events; where it throws, the try has failed. Its token is cancelled when it runs
/// longer than <see cref="Timeout"/>, when a newer event wants it to start again, and when the time for an orderly end is over. A job that does not heed it
/// keeps its path until it ends: two jobs of one path never run at once.
/// Threads: any; it does not change once it is made, and may be used by several event maps.
/// </remarks>
public sealed class Scheduler
{
    private readonly int _maxConcurrency;
    private readonly int _retries;

    /// <summary>Makes a scheduler.</summary>
    /// <param name="name">The name in the log and in the state file; no two schedulers of a program have the same.</param>
    /// <param name="job">What is done; it gets the newest event of the path, what it may ask of the daemon, and the token that asks it to end.</param>
    public Scheduler(string name, Func<FileEvent, JobContext, CancellationToken, ValueTask> job)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(job);
        (Name, Job) = (name, job);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>What is done.</summary>
    public Func<FileEvent, JobContext, CancellationToken, ValueTask> Job { get; }

    /// <summary>Whether events on files count.</summary>
    public bool Files { get; init; } = true;

    /// <summary>Whether events on directories count.</summary>
    public bool Dirs { get; init; }

    /// <summary>How long the job waits after the last event of the path; each one starts the wait anew.</summary>
    public TimeSpan Delay { get; init => field = Milliseconds.Checked(value); }

    /// <summary>How long it waits at most after the first one; zero: without limit.</summary>
    public TimeSpan MaxDelay { get; init => field = Milliseconds.Checked(value); }

    /// <summary>How long the file must have been unchanged, and open for writing nowhere, before the job starts; zero: that does not matter.</summary>
    public TimeSpan WaitStable { get; init => field = Milliseconds.Checked(value); }

    /// <summary>Name of its logger.</summary>
    public string LogName { get; init; } = "sched";

    /// <summary>Whether there is one job for all paths instead of one for each.</summary>
    public bool SingleJob { get; init; }

    /// <summary>What an event does while the job of its path runs.</summary>
    public BusyPolicy OnBusy { get; init; }

    /// <summary>Jobs of this scheduler at once; 0: only the limit of all counts.</summary>
    public int MaxConcurrency
    {
        get => _maxConcurrency;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _maxConcurrency = value;
        }
    }

    /// <summary>How long a try may take until its token is cancelled; it has failed then. Zero: without limit.</summary>
    public TimeSpan Timeout { get; init => field = Milliseconds.Checked(value); }

    /// <summary>How often a job that failed is tried again.</summary>
    public int Retries
    {
        get => _retries;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _retries = value;
        }
    }

    /// <summary>How long a cancelled job may go on before the log says so.</summary>
    internal TimeSpan KillAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the second try waits; it doubles each time, up to five minutes.</summary>
    public TimeSpan RetryDelay { get; init => field = Milliseconds.Checked(value); } = TimeSpan.FromSeconds(1);

    /// <summary>Who gets the event when the job has succeeded.</summary>
    public Scheduler? OnSuccess { get; init; }

    /// <summary>Who gets the event when the last try has failed.</summary>
    public Scheduler? OnFailure { get; init; }
}
