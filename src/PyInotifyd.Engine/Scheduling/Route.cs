using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>What the events of one watch do, with names looked up: an array of actions for each slot of <see cref="EventNames"/>.</summary>
internal sealed class Route
{
    private readonly Action[][] _bySlot = new Action[EventNames.SlotCount][];

    public Route(EventMapSpec map, SchedulerSet schedulers)
    {
        Generation = schedulers.Generation;
        for (int slot = 0; slot < _bySlot.Length; slot++)
        {
            SpecList<ActionSpec> specs = map[slot];
            Action[] actions = new Action[specs.Count];
            int count = 0;
            for (int i = 0; i < specs.Count; i++)
            {
                // A watch that a reload is about to end may still name a scheduler that has gone.
                if (schedulers.Find(specs[i].Scheduler) is { } scheduler)
                {
                    actions[count++] = new Action(scheduler, specs[i].IsCancel);
                }
            }

            _bySlot[slot] = count == actions.Length ? actions : actions[..count];
        }
    }

    /// <summary>The configuration that it was compiled for.</summary>
    public int Generation { get; }

    public Action[] this[int slot] => _bySlot[slot];

    internal readonly record struct Action(Scheduler Scheduler, bool IsCancel);
}
