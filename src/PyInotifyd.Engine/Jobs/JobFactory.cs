using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Makes the job of a scheduler out of its specification.</summary>
/// <remarks>Threads: reactor only.</remarks>
public sealed class JobFactory : IJobFactory
{
    private readonly ChildTable _children;
    private readonly Log _log;

    /// <summary>Makes a factory whose jobs share processes and loggers.</summary>
    public JobFactory(ChildTable children, Log log)
    {
        _children = children;
        _log = log;
    }

    /// <inheritdoc/>
    /// <remarks>Errors: a kind of job that cannot run yet → NotSupportedException; the configuration refuses those before.</remarks>
    public IJob Create(SchedulerSpec spec, ITaskEndSink ends) => spec.Job switch
    {
        ShellJobSpec or ExecJobSpec => new CommandJob(_children, spec, _log.GetLogger(spec.LogName), ends),
        _ => throw new NotSupportedException("scheduler " + spec.Name + ": this kind of job is not supported yet"),
    };
}
