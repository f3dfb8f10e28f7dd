namespace PyInotifyd.Engine.Scheduling;

/// <summary>Where a task stands on its way from schedule to finish.</summary>
public enum TaskState : byte
{
    /// <summary>There is nothing to do for the path.</summary>
    Idle,

    /// <summary>The delay after the newest event is not over.</summary>
    Delayed,

    /// <summary>The file has not been unchanged for long enough (<c>wait_stable</c>).</summary>
    Settling,

    /// <summary>Due; it starts as soon as there is a place.</summary>
    Waiting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>A try failed and the next one is not due.</summary>
    RetryWait,
}
