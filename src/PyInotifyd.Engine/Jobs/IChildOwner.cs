using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Whose process a <see cref="Child"/> is: gets its lines and its end.</summary>
/// <remarks>Threads: reactor only.</remarks>
internal interface IChildOwner
{
    /// <summary>Gets the scheduler that lines of the process are logged for; empty: none.</summary>
    string SchedulerName { get; }

    /// <summary>Gets where the lines of the process go; null where they are dropped.</summary>
    Logger? OutputLogger { get; }

    /// <summary>Gets the message that stands before a line.</summary>
    string OutputMessage => "output";

    /// <summary>Takes the end of a process that has been reaped and read to its end.</summary>
    /// <param name="task">The task that it ran for; null where it ran for none.</param>
    /// <param name="code">A CLD_ constant; 0 where its status is lost.</param>
    /// <param name="status">Exit status, or the signal that ended it.</param>
    void OnEnd(TaskEntry? task, int code, int status);
}
