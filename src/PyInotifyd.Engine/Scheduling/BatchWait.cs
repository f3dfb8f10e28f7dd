using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>The wait of the first task of a batch for others.</summary>
internal sealed class BatchWait : TimerEntry
{
    public BatchWait(Scheduler scheduler)
    {
        Scheduler = scheduler;
    }

    public Scheduler Scheduler { get; }
}
