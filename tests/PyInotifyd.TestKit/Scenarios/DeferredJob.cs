using System;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>A real job in the place of which the engine gets this one: it can be made only when there is a reactor, and the engine asks for it before.</summary>
internal sealed class DeferredJob(SchedulerSpec spec, ITaskEndSink ends) : IJob
{
    private IJob? _job;

    private IJob Job => _job ?? throw new InvalidOperationException("used before the engine was made");

    /// <summary>Makes the real one.</summary>
    public void Make(JobFactory factory) => _job ??= factory.Create(spec, ends);

    /// <inheritdoc/>
    public bool Accepts(ReadOnlySpan<byte> path) => Job.Accepts(path);

    /// <inheritdoc/>
    public bool Caused(EventMask mask, ReadOnlySpan<byte> path) => Job.Caused(mask, path);

    /// <inheritdoc/>
    public JobStart Start(TaskEntry task, out string? error) => Job.Start(task, out error);

    /// <inheritdoc/>
    public void Stop(TaskEntry task, bool kill) => Job.Stop(task, kill);
}
