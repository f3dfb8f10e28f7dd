namespace PyInotifyd.Library;

/// <summary>What a job knows of its task, and may ask of the daemon.</summary>
/// <remarks>Threads: any.</remarks>
public sealed class JobContext
{
    private readonly LogMail _log;
    private readonly string _logger;

    internal JobContext(LogMail log, string logger, string scheduler, string taskId, int attempt)
    {
        (_log, _logger, Scheduler, TaskId, Attempt) = (log, logger, scheduler, taskId, attempt);
    }

    /// <summary>The id of the task, which it keeps from schedule to finish: sixteen hexadecimal digits.</summary>
    public string TaskId { get; }

    /// <summary>The name of the scheduler.</summary>
    public string Scheduler { get; }

    /// <summary>Which try it is: 1, and more after failures.</summary>
    public int Attempt { get; }

    /// <summary>Writes a message to the log, under the logger of the scheduler and with the id of the task.</summary>
    /// <remarks>Cost: waits where thousands of messages are not written yet.</remarks>
    public void Log(LogLevel level, string message) => _log.Write(new LogMail.Line(level, _logger, Scheduler, TaskId, message));
}
