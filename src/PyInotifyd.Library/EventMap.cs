using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Library;

/// <summary>Says which events schedule jobs, and which cancel them.</summary>
/// <remarks>What one event does is done in the order in which it was stated.   Threads: one at a time; a daemon takes what it says when it gets the setup.</remarks>
public sealed class EventMap
{
    private readonly List<(Scheduler Scheduler, bool IsCancel)>?[] _bySlot = new List<(Scheduler, bool)>?[EventNames.SlotCount];

    /// <summary>Has events schedule the job of a scheduler, besides what they do already.</summary>
    /// <returns>This map.</returns>
    public EventMap Schedule(FileEvents events, Scheduler scheduler) => Add(events, scheduler, isCancel: false);

    /// <summary>Has events cancel the job of a scheduler that waits for the same path, besides what they do already; one that runs goes on.</summary>
    /// <returns>This map.</returns>
    public EventMap Cancel(FileEvents events, Scheduler scheduler) => Add(events, scheduler, isCancel: true);

    /// <summary>Has events do nothing, whatever was stated for them before.</summary>
    /// <returns>This map.</returns>
    public EventMap Ignore(FileEvents events)
    {
        for (int slot = 0; slot < EventNames.SlotCount; slot++)
        {
            if (((uint)Known(events) & (uint)EventNames.FromSlot(slot)) != 0)
            {
                _bySlot[slot] = null;
            }
        }

        return this;
    }

    internal EventMapSpec ToSpec(ICollection<Scheduler> used)
    {
        SpecList<ActionSpec>[] bySlot = new SpecList<ActionSpec>[EventNames.SlotCount];
        for (int slot = 0; slot < bySlot.Length; slot++)
        {
            List<(Scheduler Scheduler, bool IsCancel)> stated = _bySlot[slot] ?? [];
            ActionSpec[] actions = new ActionSpec[stated.Count];
            for (int i = 0; i < actions.Length; i++)
            {
                used.Add(stated[i].Scheduler);
                actions[i] = new ActionSpec(stated[i].Scheduler.Name, stated[i].IsCancel);
            }

            bySlot[slot] = new SpecList<ActionSpec>(actions);
        }

        return new EventMapSpec(new SpecList<SpecList<ActionSpec>>(bySlot));
    }

    private static FileEvents Known(FileEvents events) => events != FileEvents.None && (events & ~FileEvents.All) == 0
        ? events
        : throw new ArgumentOutOfRangeException(nameof(events), events, "one or more of the fifteen events are expected");

    private EventMap Add(FileEvents events, Scheduler scheduler, bool isCancel)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        for (int slot = 0; slot < EventNames.SlotCount; slot++)
        {
            if (((uint)Known(events) & (uint)EventNames.FromSlot(slot)) != 0)
            {
                (_bySlot[slot] ??= []).Add((scheduler, isCancel));
            }
        }

        return this;
    }
}
