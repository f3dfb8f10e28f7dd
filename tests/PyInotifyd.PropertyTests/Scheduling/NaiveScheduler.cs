using System;
using System.Collections.Generic;
using System.Linq;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.PropertyTests.Scheduling;

/// <summary>One scheduler as CONTRACT.md tells it, in lists that are searched from end to end: slow and plain. Times are milliseconds.</summary>
internal sealed class NaiveScheduler
{
    private readonly SchedulerSpec _spec;
    private readonly int _places;
    private readonly List<Item> _items = [];
    private long _sequence;

    public NaiveScheduler(SchedulerSpec spec, int places, long nowMs)
    {
        _spec = spec;
        _places = spec.MaxConcurrency == 0 ? places : Math.Min(places, spec.MaxConcurrency);
        NowMs = nowMs;
    }

    private enum Phase
    {
        Timed,
        Retry,
        Waiting,
        Running,
    }

    public long NowMs { get; private set; }

    public List<string> Starts { get; } = [];

    public int Count => _items.Count;

    public long Finished { get; private set; }

    public long Failed { get; private set; }

    public long Cancelled { get; private set; }

    public long Skipped { get; private set; }

    public IReadOnlyList<string> Running => [.. _items.Where(item => item.Phase == Phase.Running).Select(item => item.Path)];

    public void Trigger(EventMask mask, string path)
    {
        Item? item = Find(path);
        if (item is null)
        {
            item = new Item { FirstMs = NowMs };
            item.SetEvent(mask, path, NowMs);
            _items.Add(item);
            Delay(item);
        }
        else if (item.Phase == Phase.Running)
        {
            if (_spec.OnBusy == BusyPolicy.Skip)
            {
                Skipped++;
            }
            else if (mask != EventMask.Open)
            {
                item.Next ??= new Item { FirstMs = NowMs, Reruns = item.Reruns + 1 };
                item.Next.SetEvent(mask, path, NowMs);
            }
        }
        else if (item.Phase == Phase.Waiting && _spec.DelayMs == 0)
        {
            item.SetEvent(mask, path, NowMs);
            item.Reruns = 0;
        }
        else
        {
            item.FirstMs = item.Phase == Phase.Retry ? NowMs : item.FirstMs;
            item.Failures = 0;
            item.Reruns = 0;
            item.SetEvent(mask, path, NowMs);
            Delay(item);
        }
    }

    public void Cancel(string path, bool isDirectory)
    {
        foreach (Item item in _items.ToArray())
        {
            if (_spec.SingleJob || item.Path == path || (isDirectory && IsBelow(item.Path, path)))
            {
                Drop(item);
            }
        }
    }

    public void Gone(string directory)
    {
        foreach (Item item in _items.ToArray())
        {
            if (!_spec.SingleJob && (item.Path == directory || IsBelow(item.Path, directory)))
            {
                Drop(item);
            }
        }
    }

    /// <summary>Whether a rename would bring two running tasks to one path, which the model leaves out.</summary>
    public bool MakesTwins(string from, string to) =>
        Running.Where(path => IsBelow(path, from)).Select(path => to + path[from.Length..]).Intersect(Running).Any();

    public void Move(string from, string to)
    {
        List<Item> moved = [.. _items.Where(item => item.Path == from || IsBelow(item.Path, from))];
        foreach (Item item in moved)
        {
            string old = item.Path;
            item.Path = to + old[from.Length..];
            if (item.Next?.Path == old)
            {
                item.Next.Path = item.Path;
            }
        }

        foreach (Item item in moved)
        {
            Item? met = _spec.SingleJob ? null : _items.Find(other => other != item && other.Path == item.Path);
            if (met is null)
            {
                continue;
            }

            if (met.Phase == Phase.Running)
            {
                BecomeRerun(item, met);
            }
            else if (item.Phase == Phase.Running)
            {
                BecomeRerun(met, item);
            }
            else
            {
                _items.Remove(item.EventMs >= met.EventMs ? met : item);
                Cancelled++;
            }
        }
    }

    public void End(string path, bool succeeded)
    {
        Item item = _items.Find(other => other.Phase == Phase.Running && other.Path == path)!;
        if (succeeded)
        {
            Finished++;
        }
        else if (item.Next is null && item.Failures < _spec.Retries)
        {
            Arm(item, Phase.Retry, NowMs + (_spec.RetryDelayMs << item.Failures));
            item.Failures++;
            return;
        }
        else
        {
            Failed++;
        }

        _items.Remove(item);
        if (item.Next is not { } next)
        {
            return;
        }

        _items.Add(next);
        if (next.Reruns <= 3)
        {
            Delay(next);
        }
        else
        {
            Arm(next, Phase.Timed, NowMs + Math.Min(300_000, Math.Max(_spec.DelayMs, 500) << (next.Reruns - 3)));
        }
    }

    public void Advance(long milliseconds)
    {
        long end = NowMs + milliseconds;
        while (true)
        {
            long nearest = _items.Where(IsTimed).Select(item => item.DueMs).DefaultIfEmpty(long.MaxValue).Min();
            if (nearest > end)
            {
                break;
            }

            NowMs = Math.Max(NowMs, nearest);
            Step();
        }

        NowMs = end;
        Step();
    }

    private static bool IsTimed(Item item) => item.Phase is Phase.Timed or Phase.Retry;

    private static bool IsBelow(string path, string directory) => path.StartsWith(directory + "/", StringComparison.Ordinal);

    private void Step()
    {
        foreach (Item item in _items.Where(item => IsTimed(item) && item.DueMs <= NowMs).OrderBy(item => item.DueMs).ThenBy(item => item.Sequence).ToArray())
        {
            Arm(item, Phase.Waiting, item.DueMs);
        }

        foreach (Item item in _items.Where(item => item.Phase == Phase.Waiting).OrderBy(item => item.DueMs).ThenBy(item => item.Sequence).ToArray())
        {
            if (Running.Count < _places)
            {
                item.Phase = Phase.Running;
                Starts.Add(EventNames.First(item.Mask) + " " + item.Path);
            }
        }
    }

    private Item? Find(string path) => _spec.SingleJob ? _items.FirstOrDefault() : _items.Find(item => item.Path == path);

    private void Delay(Item item)
    {
        long due = item.EventMs + _spec.DelayMs;
        if (_spec.MaxDelayMs != 0)
        {
            due = Math.Min(due, item.FirstMs + _spec.MaxDelayMs);
        }

        Arm(item, due <= NowMs ? Phase.Waiting : Phase.Timed, due);
    }

    private void Arm(Item item, Phase phase, long dueMs)
    {
        item.Phase = phase;
        item.DueMs = dueMs;
        item.Sequence = _sequence++;
    }

    private void BecomeRerun(Item item, Item running)
    {
        _items.Remove(item);
        item.Reruns = 0;
        item.Failures = 0;
        if (running.Next is { } other)
        {
            Cancelled++;
            item = other.EventMs > item.EventMs ? other : item;
        }

        running.Next = item;
    }

    private void Drop(Item item)
    {
        if (item.Phase != Phase.Running)
        {
            _items.Remove(item);
            Cancelled++;
        }
        else if (item.Next is not null)
        {
            item.Next = null;
            Cancelled++;
        }
    }

    private sealed class Item
    {
        public string Path { get; set; } = "";

        public EventMask Mask { get; private set; }

        public long EventMs { get; private set; }

        public long FirstMs { get; set; }

        public long DueMs { get; set; }

        public long Sequence { get; set; }

        public Phase Phase { get; set; }

        public int Reruns { get; set; }

        public int Failures { get; set; }

        public Item? Next { get; set; }

        public void SetEvent(EventMask mask, string path, long nowMs)
        {
            Mask = mask;
            Path = path;
            EventMs = nowMs;
        }
    }
}
