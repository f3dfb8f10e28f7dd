namespace PyInotifyd.Engine.Model;

/// <summary>All that the engine needs to run.</summary>
public sealed record EngineSpec
{
    /// <summary>What is watched.</summary>
    public required SpecList<WatchSpec> Watches { get; init; }

    /// <summary>What runs.</summary>
    public required SpecList<SchedulerSpec> Schedulers { get; init; }

    /// <summary>Processes that run jobs of schedulers.</summary>
    public SpecList<WorkerSpec> Workers { get; init; } = SpecList<WorkerSpec>.Empty;

    /// <summary>Tasks running at once.</summary>
    public int MaxConcurrency { get; init; } = 64;

    /// <summary>Tasks remembered one by one.</summary>
    public int MaxPending { get; init; } = 1_000_000;

    /// <summary>How long a shutdown waits, in milliseconds.</summary>
    public long ShutdownTimeoutMs { get; init; } = 30_000;

    /// <summary>Name of the daemon's own logger.</summary>
    public string LogName { get; init; } = "daemon";
}
