namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Where messages go: standard error, syslog, a test.</summary>
/// <remarks>Threads: called by the reactor's thread only.</remarks>
public interface ILogSink
{
    /// <summary>Takes one record whose level is enabled; the sink may keep it until <see cref="Flush"/>.</summary>
    void Write(in LogRecord record);

    /// <summary>Hands on what was kept; called at the end of each step of the reactor.</summary>
    void Flush();

    /// <summary>When <see cref="Flush"/> has work though nothing more is written, on CLOCK_MONOTONIC in nanoseconds; <see cref="long.MaxValue"/>: never.</summary>
    /// <remarks>A count of repeated messages that is held back, or a try to reach who reads the messages.</remarks>
    long FlushDueNs => long.MaxValue;

    /// <summary>Hands on everything, waiting a short while if need be, and lets go of what the sink opened; nothing is written afterwards.</summary>
    void Close() => Flush();
}
