using System.Collections.Generic;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Daemon;

/// <summary>What one event does with a path.</summary>
/// <param name="Event">Name of the event.</param>
/// <param name="IsCancel">Cancel instead of schedule.</param>
/// <param name="Scheduler">The scheduler.</param>
internal sealed record ExplainedAction(string Event, bool IsCancel, SchedulerSpec Scheduler)
{
    /// <summary>Whether a task would come of it.</summary>
    public bool Runs { get; set; }

    /// <summary>Index of the rule that matches; -1: none does.</summary>
    public int Rule { get; set; } = -1;

    /// <summary>What the rule does.</summary>
    public string Verb { get; set; } = "";

    /// <summary>The groups of the match, by number and then by name; null: the group has not matched.</summary>
    public List<(string Name, byte[]? Value)> Groups { get; } = [];

    /// <summary>Where the rule leads; null: nowhere.</summary>
    public byte[]? Destination { get; set; }

    /// <summary>The command line; null: there is none.</summary>
    public byte[]? Command { get; set; }

    /// <summary>The arguments, each ended by NUL; null: there are none.</summary>
    public byte[]? Arguments { get; set; }

    /// <summary>The scheduler's type, as the configuration has it.</summary>
    public string Type => Scheduler.Job switch
    {
        ShellJobSpec => "shell",
        ExecJobSpec => "exec",
        FileManagerJobSpec => "filemanager",
        _ => "task",
    };
}
