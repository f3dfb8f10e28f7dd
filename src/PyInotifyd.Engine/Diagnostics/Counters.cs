namespace PyInotifyd.Engine.Diagnostics;

/// <summary>What is and what became of the tasks of one scheduler.</summary>
/// <remarks>Threads: reactor only.</remarks>
public sealed class Counters
{
    /// <summary>Tasks whose time has not come: delayed, settling, or waiting for another try.</summary>
    public int Delayed { get; internal set; }

    /// <summary>Tasks that wait for a place.</summary>
    public int Waiting { get; internal set; }

    /// <summary>Tasks that run.</summary>
    public int Running { get; internal set; }

    /// <summary>Tasks that succeeded since the start.</summary>
    public long Finished { get; internal set; }

    /// <summary>Tasks whose last try failed.</summary>
    public long Failed { get; internal set; }

    /// <summary>Tasks that were dropped before they started, by an event, with their directory, at a shutdown or a reload.</summary>
    public long Cancelled { get; internal set; }

    /// <summary>Events that were dropped because their task was running.</summary>
    public long Skipped { get; internal set; }
}
