using System;

namespace PyInotifyd.Engine.Model;

/// <summary>What an event does: schedule a task of a scheduler, or cancel it.</summary>
/// <param name="Scheduler">Name of the scheduler.</param>
/// <param name="IsCancel">Cancel instead of schedule.</param>
public sealed record ActionSpec(string Scheduler, bool IsCancel);

/// <summary>Which actions each of the fifteen events has, in order.</summary>
public sealed class EventMapSpec : IEquatable<EventMapSpec>
{
    private readonly SpecList<SpecList<ActionSpec>> _bySlot;

    /// <summary>Takes <see cref="EventNames.SlotCount"/> lists, indexed by <see cref="EventNames.Slot"/>.</summary>
    public EventMapSpec(SpecList<SpecList<ActionSpec>> bySlot)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bySlot.Count, EventNames.SlotCount);
        _bySlot = bySlot;
        for (int slot = 0; slot < bySlot.Count; slot++)
        {
            if (bySlot[slot].Count != 0)
            {
                Mapped |= EventNames.FromSlot(slot);
            }
        }
    }

    /// <summary>The events that have at least one action.</summary>
    public EventMask Mapped { get; }

    /// <summary>Returns the actions of a slot.</summary>
    public SpecList<ActionSpec> this[int slot] => _bySlot[slot];

    /// <inheritdoc/>
    public bool Equals(EventMapSpec? other) => other is not null && _bySlot.Equals(other._bySlot);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EventMapSpec);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Mapped;
}
