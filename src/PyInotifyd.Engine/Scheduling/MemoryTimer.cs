using System;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Gives memory back to the system some seconds after a great many tasks have gone.</summary>
/// <remarks>
/// The collector works when something is allocated, so a daemon that falls idle after a burst would keep the memory of the burst for as long as it stays idle. One collection puts that right; it is short, since hardly
/// anything is left then.
/// Threads: reactor only.
/// </remarks>
internal sealed class MemoryTimer : TimerEntry
{
    /// <summary>Tasks whose memory is worth a collection, some ten megabytes.</summary>
    private const int WorthIt = 32_768;

    private const long QuietMs = 3000;

    private int _most;

    /// <summary>Sees at the end of a step how many tasks there are.</summary>
    public void OnStep(int tasks, TimerWheel wheel, IClock clock)
    {
        if (tasks >= _most)
        {
            _most = tasks;
        }
        else if (_most >= WorthIt && tasks < _most / 4 && !IsArmed)
        {
            wheel.Arm(this, MonotonicTime.DeadlineTick(clock.NowNs, QuietMs));
        }
    }

    /// <summary>Collects, unless there are many tasks again.</summary>
    public void OnExpired(int tasks)
    {
        if (tasks < _most / 4)
        {
            _most = tasks;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
