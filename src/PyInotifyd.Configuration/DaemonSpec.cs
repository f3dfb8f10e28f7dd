using PyInotifyd.Engine.Model;

namespace PyInotifyd.Configuration;

/// <summary>A whole configuration, checked: what the engine needs and what only the daemon around it needs.</summary>
public sealed record DaemonSpec
{
    /// <summary>What the engine runs.</summary>
    public required EngineSpec Engine { get; init; }

    /// <summary>What is logged, and where to.</summary>
    public required LoggingSpec Logging { get; init; }

    /// <summary>Whether there is a control socket.</summary>
    public bool HasControlSocket { get; init; }

    /// <summary>Path of the control socket; empty: the place that depends on the user.</summary>
    public UnixPath ControlSocket { get; init; }

    /// <summary>Number of the group that may use the control socket too; null: none.</summary>
    public uint? ControlGroup { get; init; }

    /// <summary>File that keeps the state across restarts; empty: none.</summary>
    public UnixPath StateFile { get; init; }
}
