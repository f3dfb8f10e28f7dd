using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Library;

/// <summary>All that a daemon does, to be stated before it starts or for a reload.</summary>
/// <remarks>Threads: one at a time; a daemon takes what it says at the moment when it gets it.</remarks>
public sealed class Setup
{
    private readonly int _maxConcurrency = 64;
    private readonly int _maxPending = 1_000_000;

    /// <summary>What is watched; the schedulers are those that the event maps name.</summary>
    public IList<Watch> Watches { get; } = [];

    /// <summary>Jobs running at once.</summary>
    public int MaxConcurrency
    {
        get => _maxConcurrency;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            _maxConcurrency = value;
        }
    }

    /// <summary>Jobs that are remembered one by one; for more, the trees concerned are scanned later: nothing is lost and memory stays bounded.</summary>
    public int MaxPending
    {
        get => _maxPending;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            _maxPending = value;
        }
    }

    /// <summary>How long an orderly end waits for jobs before it cancels them.</summary>
    public TimeSpan ShutdownTimeout { get; init => field = Milliseconds.Checked(value); } = TimeSpan.FromSeconds(30);

    /// <summary>Absolute path of a file that keeps what is unfinished, so that it is done after the next start; null: none.</summary>
    /// <remarks>A reload does not change it.</remarks>
    public string? StateFile { get; init; }

    /// <summary>Messages below this level are not written.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Info;

    /// <summary>Levels of single loggers.</summary>
    public IDictionary<string, LogLevel> LogLevels { get; } = new Dictionary<string, LogLevel>(StringComparer.Ordinal);

    /// <summary>Returns what the engine needs to know.</summary>
    /// <remarks>Errors: two schedulers of one name, a state file or scan that cannot be → ArgumentException.</remarks>
    internal EngineSpec ToSpec()
    {
        List<Scheduler> used = [];
        List<WatchSpec> watches = [];
        foreach (Watch watch in Watches)
        {
            if (watch.ScanOnStart == StartScan.Changed && StateFile is null)
            {
                throw new ArgumentException("ScanOnStart = Changed needs a StateFile, which remembers the last run");
            }

            watches.Add(watch.ToSpec(used));
        }

        Dictionary<string, Scheduler> byName = new(StringComparer.Ordinal);
        List<SchedulerSpec> schedulers = [];
        for (int i = 0; i < used.Count; i++)
        {
            Scheduler scheduler = used[i];
            if (byName.TryAdd(scheduler.Name, scheduler))
            {
                schedulers.Add(SpecOf(scheduler));
                used.AddRange(scheduler.OnSuccess is { } success ? [success] : []);
                used.AddRange(scheduler.OnFailure is { } failure ? [failure] : []);
            }
            else if (!ReferenceEquals(byName[scheduler.Name], scheduler))
            {
                throw new ArgumentException("there are two schedulers with the name '" + scheduler.Name + "'");
            }
        }

        return new EngineSpec
        {
            Watches = new SpecList<WatchSpec>([.. watches]),
            Schedulers = new SpecList<SchedulerSpec>([.. schedulers]),
            MaxConcurrency = MaxConcurrency,
            MaxPending = MaxPending,
            ShutdownTimeoutMs = Milliseconds.Of(ShutdownTimeout),
        };
    }

    internal UnixPath StatePath()
    {
        if (StateFile is null)
        {
            return default;
        }

        return StateFile.StartsWith('/') && SurrogateEscape.TryEncode(StateFile, out byte[]? path)
            ? new UnixPath(NormalPath.Of(path))
            : throw new ArgumentException("StateFile must be an absolute path, found '" + StateFile + "'");
    }

    private static SchedulerSpec SpecOf(Scheduler scheduler) => new()
    {
        Name = scheduler.Name,
        Job = new DelegateJobSpec(scheduler.Job),
        Files = scheduler.Files,
        Dirs = scheduler.Dirs,
        DelayMs = Milliseconds.Of(scheduler.Delay),
        MaxDelayMs = Milliseconds.Of(scheduler.MaxDelay),
        WaitStableMs = Milliseconds.Of(scheduler.WaitStable),
        LogName = scheduler.LogName,
        SingleJob = scheduler.SingleJob,
        OnBusy = (Engine.Model.BusyPolicy)scheduler.OnBusy,
        MaxConcurrency = scheduler.MaxConcurrency,
        TimeoutMs = Milliseconds.Of(scheduler.Timeout),
        KillAfterMs = Milliseconds.Of(scheduler.KillAfter),
        Retries = scheduler.Retries,
        RetryDelayMs = Milliseconds.Of(scheduler.RetryDelay),
        OnSuccess = scheduler.OnSuccess?.Name,
        OnFailure = scheduler.OnFailure?.Name,
    };
}
