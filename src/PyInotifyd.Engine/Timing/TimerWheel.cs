using System;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace PyInotifyd.Engine.Timing;

/// <summary>Holds the deadlines of a whole program and says which are due, in exact order and never early.</summary>
/// <remarks>
/// <para>
/// Six levels of 64 slots; a slot of level L spans 64^L ticks. An entry lies on the level of the highest group of six bits in which its deadline differs
/// from the tick at which the wheel stands, in the slot that this group names. One 64-bit mask a level tells the occupied slots.
/// </para>
/// <para>
/// From that rule follows all the rest. (1) On a level only slots after the wheel's own digit are occupied: the lowest set bit is the nearest slot and
/// nothing wraps around (a wrapped slot is what made tokio sort short timers behind a far one). (2) Whatever lies on a lower level comes before
/// everything on a higher one, so the nearest deadline is in the first slot of the lowest level that has any, and is never hidden. (3) Entries of one
/// deadline always lie in one slot: the level can only shrink as time goes on, and it shrinks for all of them in the same cascade. Slots are queues and
/// cascades keep their order, hence entries come out by deadline, then by arming order, without any sort.
/// </para>
/// <para>
/// A deadline that differs above bit 36 (2.18 years) is parked in one queue, which is gone through when the wheel enters the stretch of 2^36 ticks that
/// the nearest of them is in. A deadline that is not after the wheel's tick is due at once, behind what is due already.
/// </para>
/// <para>
/// Due entries are taken in a body (<see cref="TakeDue"/>) and handed out one by one (<see cref="TryNext"/>). In between each may still be cancelled or
/// armed anew by those that run before it: it only has to be unlinked. What is armed in the meantime is never handed out before the next <see
/// cref="TakeDue"/>, so a task that arms itself with no delay cannot hold up the loop.
/// </para>
/// <para>
/// Time may be advanced by any amount: only occupied slots are visited. An entry moves down five times at most, whatever the distance.
/// A cascade alone is no reason to wake up. The next deadline is therefore looked up in the nearest slot itself; only when that holds
/// more than <see cref="WalkLimit"/> entries does its beginning stand for it, and among so many one more step does not show.
/// </para>
/// Units: ticks of 1 ms on the monotonic clock, not negative.   Threads: one, the owner's; there is no lock.
/// Source: Varghese and Lauck 1987; the 6 × 64 layout with masks follows tokio's wheel, its issue 8334 and glommio's issue 44 are in the tests.
/// </remarks>
public sealed class TimerWheel
{
    /// <summary>Number of entries of the nearest slot up to which <see cref="NextExpiry"/> looks for the exact deadline.</summary>
    public const int WalkLimit = 64;

    private const int Levels = 6;
    private const int BitsPerLevel = 6;
    private const int SlotsPerLevel = 1 << BitsPerLevel;
    private const int WheelBits = Levels * BitsPerLevel;
    private const byte ParkedLevel = Levels;
    private const byte DueLevel = Levels + 1;
    private const long Unknown = -1;

    private readonly ulong[] _occupied = new ulong[Levels];
    private readonly Queue[] _slots = new Queue[Levels * SlotsPerLevel];
    private readonly Queue _parked = new();
    private readonly Queue _due = new();
    private readonly Queue _taken = new();
    private long _now;
    private long _nextExpiry = long.MaxValue;

    /// <summary>Makes an empty wheel that stands at <paramref name="nowTick"/>.</summary>
    public TimerWheel(long nowTick)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nowTick);
        _now = nowTick;
        for (int i = 0; i < _slots.Length; i++)
        {
            _slots[i] = new Queue();
        }
    }

    /// <summary>Returns the tick at which the wheel stands: that of the last <see cref="TakeDue"/>.</summary>
    public long NowTick => _now;

    /// <summary>Returns the number of armed entries, those included that are due and not handed out yet.</summary>
    public int Count { get; private set; }

    /// <summary>Returns the tick of the nearest deadline; <see cref="long.MaxValue"/> where there is none.</summary>
    /// <remarks>
    /// Shape: never later than the nearest deadline. Earlier only where more than <see cref="WalkLimit"/> entries share the nearest slot: then the tick
    /// at which that slot is dealt out. The wheel's own tick when something is due already.
    /// Cost: O(1) while nothing nearer is armed and the nearest is not cancelled, else O(levels + <see cref="WalkLimit"/>); no allocation.
    /// </remarks>
    public long NextExpiry
    {
        get
        {
            if (!_due.IsEmpty || !_taken.IsEmpty)
            {
                return _now;
            }

            if (_nextExpiry == Unknown)
            {
                _nextExpiry = FindNextExpiry();
            }

            return _nextExpiry;
        }
    }

    /// <summary>
    /// Has <paramref name="entry"/> come out at <paramref name="deadlineTick"/>; one that is armed already moves there, behind what has the same
    /// deadline.
    /// </summary>
    /// <remarks>Errors: a negative deadline is a bug and asserts.   Cost: O(1), no allocation.</remarks>
    public void Arm(TimerEntry entry, long deadlineTick)
    {
        Debug.Assert(deadlineTick >= 0, "deadlines are not negative");
        Cancel(entry);
        entry._deadline = Math.Max(deadlineTick, _now);
        Place(entry);
        Count++;
        if (entry._deadline < _nextExpiry)
        {
            _nextExpiry = entry._deadline;
        }
    }

    /// <summary>Takes <paramref name="entry"/> out and returns whether it was armed; it does not come out any more, even if it was due already.</summary>
    /// <remarks>Cost: O(1), no allocation.</remarks>
    public bool Cancel(TimerEntry entry)
    {
        if (!entry.IsArmed)
        {
            return false;
        }

        Unlink(entry);
        if (entry._level < Levels)
        {
            // An entry that was taken has its old level still. Then this looks at a slot that it left, and only says once more that the slot is empty if it is.
            int index = SlotIndex(entry._level, entry._deadline);
            if (_slots[index].IsEmpty)
            {
                _occupied[entry._level] &= ~(1UL << (index & (SlotsPerLevel - 1)));
                _nextExpiry = Unknown;
            }
        }

        if (entry._deadline == _nextExpiry)
        {
            _nextExpiry = Unknown;
        }

        return true;
    }

    /// <summary>Advances the wheel to <paramref name="nowTick"/> and takes everything that is due there, for <see cref="TryNext"/> to hand out.</summary>
    /// <remarks>
    /// Shape: whole slots, by deadline, then by arming order, behind what an earlier call took and nobody fetched.
    /// Errors: a tick before the last one is a bug and asserts.
    /// Cost: O(occupied slots passed + entries moved), amortized five moves an entry; no allocation. Parked entries are gone through once a stretch of
    /// 2^36 ticks that holds one.
    /// </remarks>
    public void TakeDue(long nowTick)
    {
        Debug.Assert(nowTick >= _now, "monotonic time does not go back");
        _taken.AppendAll(_due);
        while (true)
        {
            int level = LowestOccupiedLevel();
            if (level < Levels)
            {
                int slot = BitOperations.TrailingZeroCount(_occupied[level]);
                long start = SlotStart(level, slot);
                if (start > nowTick)
                {
                    break;
                }

                Debug.Assert(start > _now, "an occupied slot lies after the wheel's tick");
                _now = start;
                _occupied[level] &= ~(1UL << slot);
                Queue queue = _slots[(level * SlotsPerLevel) + slot];
                if (level == 0)
                {
                    _taken.AppendAll(queue);
                }
                else
                {
                    Deal(queue);
                    _taken.AppendAll(_due);
                }
            }
            else if (!EnterStretchOfParked(nowTick))
            {
                break;
            }
        }

        _now = nowTick;
        if (_nextExpiry <= nowTick)
        {
            // It has been dealt with, also where it was only the beginning of a crowded slot: kept, it would mean a timeout of zero for ever.
            _nextExpiry = Unknown;
        }
    }

    /// <summary>Hands out the next entry that was taken; false when there is none left.</summary>
    /// <remarks>Owns: the entry is out of the wheel and may be armed again at once.   Cost: O(1), no allocation.</remarks>
    public bool TryNext([NotNullWhen(true)] out TimerEntry? entry)
    {
        entry = _taken.First;
        if (entry is null)
        {
            return false;
        }

        Unlink(entry);
        return true;
    }

    private static int SlotIndex(int level, long tick) => (level * SlotsPerLevel) + (int)((tick >> (level * BitsPerLevel)) & (SlotsPerLevel - 1));

    private int LowestOccupiedLevel()
    {
        int level = 0;
        while (level < Levels && _occupied[level] == 0)
        {
            level++;
        }

        return level;
    }

    private long SlotStart(int level, int slot)
    {
        int shift = level * BitsPerLevel;
        return (_now >> (shift + BitsPerLevel) << (shift + BitsPerLevel)) | ((long)slot << shift);
    }

    private void Place(TimerEntry entry)
    {
        long difference = entry._deadline ^ _now;
        if (entry._deadline <= _now)
        {
            entry._level = DueLevel;
            _due.Append(entry);
        }
        else if (difference >> WheelBits != 0)
        {
            entry._level = ParkedLevel;
            _parked.Append(entry);
        }
        else
        {
            int level = BitOperations.Log2((ulong)difference) / BitsPerLevel;
            int index = SlotIndex(level, entry._deadline);
            entry._level = (byte)level;
            _slots[index].Append(entry);
            _occupied[level] |= 1UL << (index & (SlotsPerLevel - 1));
        }
    }

    private void Unlink(TimerEntry entry)
    {
        entry._previous!._next = entry._next;
        entry._next!._previous = entry._previous;
        entry._next = null;
        entry._previous = null;
        Count--;
    }

    /// <summary>Places the entries of a queue anew, seen from the wheel's present tick; those that go back into the same queue keep their order.</summary>
    private void Deal(Queue queue)
    {
        TimerEntry? entry = queue.DetachAll();
        while (entry is not null)
        {
            TimerEntry? following = entry._next;
            Place(entry);
            entry = following;
        }
    }

    /// <summary>
    /// With nothing left before them: moves the wheel to where the stretch of the nearest parked deadline begins, if that is not after <paramref
    /// name="nowTick"/>.
    /// </summary>
    private bool EnterStretchOfParked(long nowTick)
    {
        if (_parked.IsEmpty || nowTick >> WheelBits == _now >> WheelBits)
        {
            return false;
        }

        long nearest = long.MaxValue;
        for (TimerEntry? entry = _parked.First; entry is not null; entry = _parked.After(entry))
        {
            nearest = Math.Min(nearest, entry._deadline);
        }

        long start = nearest >> WheelBits << WheelBits;
        if (start > nowTick)
        {
            return false;
        }

        _now = start;
        Deal(_parked);
        _taken.AppendAll(_due);
        return true;
    }

    private long FindNextExpiry()
    {
        int level = LowestOccupiedLevel();
        if (level < Levels)
        {
            int slot = BitOperations.TrailingZeroCount(_occupied[level]);
            long start = SlotStart(level, slot);
            return level == 0 ? start : NearestOf(_slots[(level * SlotsPerLevel) + slot], start);
        }

        // The shift may run over the end of the clock; nothing can be due there.
        long nextStretch = ((_now >> WheelBits) + 1) << WheelBits;
        return _parked.IsEmpty ? long.MaxValue : NearestOf(_parked, nextStretch < 0 ? long.MaxValue : nextStretch);
    }

    private static long NearestOf(Queue queue, long otherwise)
    {
        long nearest = long.MaxValue;
        int walked = 0;
        for (TimerEntry? entry = queue.First; entry is not null; entry = queue.After(entry))
        {
            if (++walked > WalkLimit)
            {
                return otherwise;
            }

            nearest = Math.Min(nearest, entry._deadline);
        }

        return nearest;
    }

    /// <summary>A ring of entries in which the queue itself is the joint, so that an entry unlinks itself without knowing where it is.</summary>
    private sealed class Queue : TimerEntry
    {
        public Queue()
        {
            _next = this;
            _previous = this;
        }

        public bool IsEmpty => ReferenceEquals(_next, this);

        public TimerEntry? First => IsEmpty ? null : _next;

        public TimerEntry? After(TimerEntry entry) => ReferenceEquals(entry._next, this) ? null : entry._next;

        public void Append(TimerEntry entry)
        {
            entry._next = this;
            entry._previous = _previous;
            _previous!._next = entry;
            _previous = entry;
        }

        /// <summary>Moves all entries of another queue behind those of this one.</summary>
        public void AppendAll(Queue other)
        {
            if (other.IsEmpty)
            {
                return;
            }

            other._next!._previous = _previous;
            _previous!._next = other._next;
            other._previous!._next = this;
            _previous = other._previous;
            other._next = other;
            other._previous = other;
        }

        /// <summary>Empties the queue and returns its first entry; the last one's successor is null.</summary>
        public TimerEntry? DetachAll()
        {
            if (IsEmpty)
            {
                return null;
            }

            TimerEntry first = _next!;
            _previous!._next = null;
            _next = this;
            _previous = this;
            return first;
        }
    }
}
