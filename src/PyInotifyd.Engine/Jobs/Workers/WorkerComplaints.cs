using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>Says which lines of a worker were ignored, some of them at a time: a worker that writes nonsense must not fill the log.</summary>
/// <remarks>Threads: reactor only.</remarks>
internal sealed class WorkerComplaints : TimerEntry
{
    private const int PerWindow = 5;
    private const long WindowMs = 10_000;
    private const int ShownBytes = 200;

    private readonly Worker _worker;
    private long _windowEndTick = long.MinValue;
    private int _count;

    public WorkerComplaints(Worker worker)
    {
        _worker = worker;
    }

    private WorkerSet Set => _worker.Set;

    /// <summary>Complains of a line, or counts it where there were enough complaints lately.</summary>
    public void Add(string problem, ReadOnlySpan<byte> line)
    {
        long nowNs = Set.Reactor.Clock.NowNs;
        if (MonotonicTime.ExpiryTick(nowNs) >= _windowEndTick)
        {
            Report();
            _windowEndTick = MonotonicTime.DeadlineTick(nowNs, WindowMs);
        }

        if (++_count > PerWindow)
        {
            if (!IsArmed)
            {
                Set.Reactor.Wheel.Arm(this, _windowEndTick);
            }

            return;
        }

        LogRecord record = new(LogLevel.Warning, Set.Logger.Name, "worker " + _worker.Spec.Name + ": line ignored, " + problem)
        {
            Kind = LogKind.Task,
            Stream = "stdout",
            Line = line.Length > ShownBytes ? line[..ShownBytes] : line,
        };
        Set.Logger.Write(in record);
    }

    /// <summary>Tells how many more lines were ignored.</summary>
    public void Report()
    {
        int unsaid = _count - PerWindow;
        _count = 0;
        Stop();
        if (unsaid > 0)
        {
            Set.Logger.Warning("worker " + _worker.Spec.Name + ": " + unsaid.ToString() + " more lines ignored");
        }
    }

    /// <summary>Says nothing any more.</summary>
    public void Stop() => Set.Reactor.Wheel.Cancel(this);
}
