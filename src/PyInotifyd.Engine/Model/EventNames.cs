using System;
using System.Collections.Generic;
using System.Numerics;

namespace PyInotifyd.Engine.Model;

/// <summary>The fifteen names under which users know the events.</summary>
public static class EventNames
{
    /// <summary>Number of slots of a table indexed by <see cref="Slot"/>; one of them is never used.</summary>
    public const int SlotCount = 16;

    private static readonly string[] s_bySlot =
    [
        "IN_ACCESS", "IN_MODIFY", "IN_ATTRIB", "IN_CLOSE_WRITE", "IN_CLOSE_NOWRITE", "IN_OPEN", "IN_MOVED_FROM", "IN_MOVED_TO",
        "IN_CREATE", "IN_DELETE", "IN_DELETE_SELF", "IN_MOVE_SELF", "", "IN_UNMOUNT", "IN_Q_OVERFLOW", "IN_IGNORED",
    ];

    private static readonly string[] s_sorted =
    [
        "IN_ACCESS", "IN_ATTRIB", "IN_CLOSE_NOWRITE", "IN_CLOSE_WRITE", "IN_CREATE", "IN_DELETE", "IN_DELETE_SELF", "IN_IGNORED",
        "IN_MODIFY", "IN_MOVED_FROM", "IN_MOVED_TO", "IN_MOVE_SELF", "IN_OPEN", "IN_Q_OVERFLOW", "IN_UNMOUNT",
    ];

    /// <summary>All names, in the order of the seed.</summary>
    public static IReadOnlyList<string> All => s_sorted;

    /// <summary>Returns the place, 0 to 15, of an event's first flag in a table; the mask must hold an event.</summary>
    public static int Slot(EventMask mask) => BitOperations.TrailingZeroCount((uint)(mask & EventMask.All) | 0x80000000u) & 15;

    /// <summary>Returns the event of a slot.</summary>
    public static EventMask FromSlot(int slot) => (EventMask)(1u << slot);

    /// <summary>Returns the name of a mask's first flag, without IN_ISDIR; empty where it holds no event.</summary>
    public static string First(EventMask mask) => (mask & EventMask.All) == 0 ? "" : s_bySlot[Slot(mask)];

    /// <summary>Returns the name with <c>|IN_ISDIR</c> where the flag is set, as the line <c>received event</c> has it.</summary>
    public static string Full(EventMask mask) => (mask & EventMask.IsDir) == 0 ? First(mask) : First(mask) + "|IN_ISDIR";

    /// <summary>Finds the event of a name such as IN_CREATE; false where there is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out EventMask mask)
    {
        for (int slot = 0; slot < s_bySlot.Length; slot++)
        {
            if (name.Length != 0 && name.SequenceEqual(s_bySlot[slot]))
            {
                mask = FromSlot(slot);
                return true;
            }
        }

        mask = EventMask.None;
        return false;
    }
}
