namespace PyInotifyd.Engine.Model;

/// <summary>What the tasks of a scheduler do. Texts stand for bytes by surrogate escapes.</summary>
public abstract record JobSpec;

/// <summary>A command line for <c>/bin/sh -c</c>, with placeholders.</summary>
/// <param name="Command">The command line.</param>
/// <param name="Process">How it runs.</param>
public sealed record ShellJobSpec(string Command, ProcessSpec Process) : JobSpec;

/// <summary>A program and its arguments, with placeholders.</summary>
/// <param name="Argv">Program and arguments.</param>
/// <param name="Process">How it runs.</param>
public sealed record ExecJobSpec(SpecList<string> Argv, ProcessSpec Process) : JobSpec;

/// <summary>Rules that move, copy and delete.</summary>
/// <param name="Rules">The first whose pattern matches is executed.</param>
public sealed record FileManagerJobSpec(SpecList<RuleSpec> Rules) : JobSpec;

/// <summary>A job of a worker process.</summary>
/// <param name="Worker">Name of the worker.</param>
/// <param name="Job">Name of the job in it.</param>
public sealed record WorkerJobSpec(string Worker, string Job) : JobSpec;

/// <summary>Where the standard input of a process comes from.</summary>
public enum StdinMode
{
    /// <summary>/dev/null.</summary>
    Null,

    /// <summary>One line of JSON with the event.</summary>
    Event,
}

/// <summary>Where the output of a process goes.</summary>
public enum OutputMode
{
    /// <summary>Line by line to the log.</summary>
    Log,

    /// <summary>To the daemon's own.</summary>
    Inherit,

    /// <summary>To /dev/null.</summary>
    Discard,
}

/// <summary>An environment variable that is set, or removed where the value is null.</summary>
/// <param name="Name">Name.</param>
/// <param name="Value">Value, or null.</param>
public sealed record EnvSpec(string Name, string? Value);

/// <summary>How a process runs.</summary>
public sealed record ProcessSpec
{
    /// <summary>All defaults.</summary>
    public static ProcessSpec Default { get; } = new();

    /// <summary>Changes to the environment, in order.</summary>
    public SpecList<EnvSpec> Env { get; init; } = SpecList<EnvSpec>.Empty;

    /// <summary>Start from PATH and the task's variables only.</summary>
    public bool ClearEnv { get; init; }

    /// <summary>Current directory.</summary>
    public string Cwd { get; init; } = "/";

    /// <summary>User to run as: a name or a number; null: the daemon's.</summary>
    public string? User { get; init; }

    /// <summary>Group to run as: a name or a number; null: the user's, else the daemon's.</summary>
    public string? Group { get; init; }

    /// <summary>Who <see cref="User"/> and <see cref="Group"/> are; null: they are asked for when the job is made, or both are null.</summary>
    public RunAsSpec? RunAs { get; init; }

    /// <summary>File mode creation mask.</summary>
    public int Umask { get; init; } = 0x12;

    /// <summary>Niceness that is added.</summary>
    public int Nice { get; init; }

    /// <summary>No new privileges by exec; null: where <see cref="User"/> is set.</summary>
    public bool? NoNewPrivs { get; init; }

    /// <summary>Standard input.</summary>
    public StdinMode Stdin { get; init; }

    /// <summary>Standard output and error.</summary>
    public OutputMode Output { get; init; }
}
