using System;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>What the events of one watch do, with names looked up: an array of actions for each slot of <see cref="EventNames"/>, for files and for directories.</summary>
internal sealed class Route
{
    private readonly Action[][] _onFiles = new Action[EventNames.SlotCount][];
    private readonly Action[][] _onDirs = new Action[EventNames.SlotCount][];

    public Route(EventMapSpec map, SchedulerSet schedulers)
    {
        Generation = schedulers.Generation;
        for (int slot = 0; slot < EventNames.SlotCount; slot++)
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

            Array.Resize(ref actions, count);
            _onFiles[slot] = Array.FindAll(actions, static action => action.IsCancel || action.Scheduler.Spec.Files);
            _onDirs[slot] = Array.FindAll(actions, static action => action.IsCancel || action.Scheduler.Spec.Dirs);
        }
    }

    /// <summary>The configuration that it was compiled for.</summary>
    public int Generation { get; }

    /// <summary>Returns what an event of a file or a directory does; nothing where the schedulers leave out its kind.</summary>
    public Action[] ActionsOn(EventMask mask, bool isDir) => (isDir ? _onDirs : _onFiles)[EventNames.Slot(mask)];

    internal readonly record struct Action(Scheduler Scheduler, bool IsCancel);
}
