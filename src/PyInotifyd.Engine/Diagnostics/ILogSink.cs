namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Where messages go: standard error, syslog, a test.</summary>
/// <remarks>Threads: called by the reactor's thread only.</remarks>
public interface ILogSink
{
    /// <summary>Takes one record whose level is enabled; the sink may keep it until <see cref="Flush"/>.</summary>
    void Write(in LogRecord record);

    /// <summary>Hands on what was kept; called at the end of each step of the reactor.</summary>
    void Flush();
}
