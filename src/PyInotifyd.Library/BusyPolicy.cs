namespace PyInotifyd.Library;

/// <summary>What an event does to a path whose job is running.</summary>
public enum BusyPolicy
{
    /// <summary>The job runs once more afterwards, with the newest event.</summary>
    Queue,

    /// <summary>The event is dropped with a warning.</summary>
    Skip,

    /// <summary>The running job is cancelled, and starts again when it has ended.</summary>
    Restart,
}
