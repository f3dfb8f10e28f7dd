using System;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Tasks that wait for a place, in the order in which their time was up, then of arrival.</summary>
/// <remarks>A binary heap; each task knows its place in it, so that it can be taken out.   Cost: O(log n), amortized no allocation.</remarks>
internal sealed class WaitingQueue
{
    /// <summary>Places that are kept though nothing waits; what a burst needed beyond goes back.</summary>
    private const int LargestKept = 4096;

    private Item[] _items = new Item[16];

    public int Count { get; private set; }

    /// <summary>The task that is first in line; there must be one.</summary>
    public TaskEntry First => _items[0].Task;

    /// <summary>When the time of the first task was up; there must be one.</summary>
    public long FirstTick => _items[0].Tick;

    /// <summary>Whether its first task comes before that of another queue; both must have one.</summary>
    public bool IsBefore(WaitingQueue other) => _items[0].IsBefore(other._items[0]);

    /// <summary>Adds a task; <paramref name="arrival"/> counts over all queues, so that their tasks have one order.</summary>
    public void Add(TaskEntry task, long tick, ulong arrival) => PutBack(new Item(tick, arrival, task));

    /// <summary>Takes out the first task, with its place in the order.</summary>
    public Item TakeFirst()
    {
        Item first = _items[0];
        Remove(first.Task);
        return first;
    }

    /// <summary>Adds a task at the place in the order that it had.</summary>
    public void PutBack(in Item item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        Count++;
        MoveUp(Count - 1, item);
    }

    public void Remove(TaskEntry task)
    {
        int hole = task._waitingIndex;
        task._waitingIndex = -1;
        Count--;
        Item last = _items[Count];
        _items[Count] = default;
        if (_items.Length > LargestKept && Count < _items.Length / 8)
        {
            Array.Resize(ref _items, _items.Length / 4);
        }

        if (hole == Count)
        {
            return;
        }

        if (hole > 0 && last.IsBefore(_items[(hole - 1) / 2]))
        {
            MoveUp(hole, last);
        }
        else
        {
            MoveDown(hole, last);
        }
    }

    private void MoveUp(int hole, Item item)
    {
        while (hole > 0 && item.IsBefore(_items[(hole - 1) / 2]))
        {
            Put(hole, _items[(hole - 1) / 2]);
            hole = (hole - 1) / 2;
        }

        Put(hole, item);
    }

    private void MoveDown(int hole, Item item)
    {
        while (true)
        {
            int child = (hole * 2) + 1;
            if (child + 1 < Count && _items[child + 1].IsBefore(_items[child]))
            {
                child++;
            }

            if (child >= Count || !_items[child].IsBefore(item))
            {
                Put(hole, item);
                return;
            }

            Put(hole, _items[child]);
            hole = child;
        }
    }

    private void Put(int place, Item item)
    {
        _items[place] = item;
        item.Task._waitingIndex = place;
    }

    /// <summary>A task and its place in the order.</summary>
    internal readonly struct Item
    {
        private readonly ulong _arrival;

        public Item(long tick, ulong arrival, TaskEntry task)
        {
            Tick = tick;
            _arrival = arrival;
            Task = task;
        }

        public long Tick { get; }

        public TaskEntry Task { get; }

        public bool IsBefore(in Item other) => Tick < other.Tick || (Tick == other.Tick && _arrival < other._arrival);
    }
}
