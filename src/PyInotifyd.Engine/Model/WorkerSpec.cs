namespace PyInotifyd.Engine.Model;

/// <summary>A long-lived process that runs the jobs of schedulers.</summary>
/// <param name="Name">The name that schedulers use.</param>
/// <param name="Command">Program and arguments.</param>
/// <param name="Process">How it runs.</param>
public sealed record WorkerSpec(string Name, SpecList<string> Command, ProcessSpec Process)
{
    /// <summary>Tells workers apart that are alike but for what stands in the files that they run: those of a later reading have another number.</summary>
    public int Generation { get; init; }

    /// <summary>Whether its events have the watch descriptor too, <c>wd</c>: a configuration in Python shows it to its jobs, as pyinotify does.</summary>
    public bool WantsWd { get; init; }
}
