using System;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Reads the kernel's queue into a pinned buffer and hands its records to the trees.</summary>
/// <remarks>
/// One call drains what the queue held when it began (FIONREAD), however much that is: a task's own events are seen before its end is, and an event that cancels a delay before the delay
/// ends. What comes meanwhile is left for the next call, so that a flood cannot starve the timers: the loop comes back at once. The bound is the queue's own (fs.inotify.max_queued_events).
///
/// Waking a reader for each event costs the kernel, and the writers, more than the event itself. So while events come by the tens of thousands in a second the source asks for rests
/// (<see cref="RestMs"/>), during which nobody waits for the queue and it fills. Rules: never before <see cref="FloodRecords"/> records have come within <see cref="FloodNs"/> (whoever writes
/// a file now and then is told of at once); never where a rest might fill a quarter of the queue; never after a record that a directory came or went by, since what happens
/// in a new one is not told before it is watched.
/// Threads: reactor only.
/// </remarks>
public sealed class InotifySource : IEventSource
{
    /// <summary>Records within <see cref="FloodNs"/> that make a flood.</summary>
    internal const int FloodRecords = 64;

    /// <summary>See <see cref="FloodRecords"/>.</summary>
    internal const long FloodNs = 2_000_000;

    private const int BufferSize = 64 * 1024;
    private const int LongRestMs = 2;

    /// <summary>The smallest queue that is left to fill: no machine makes so many events in two milliseconds.</summary>
    private const int SmallestQueue = 8192;

    /// <summary>A record without a name, the shortest that there is.</summary>
    private const int RecordSize = 16;

    private const uint TreeChanges = Libc.IN_CREATE | Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO | Libc.IN_Q_OVERFLOW;

    private readonly IInotify _inotify;
    private readonly WatchTree _tree;
    private readonly Action<long> _onRead;
    private readonly IClock _clock;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);
    private bool _treeChanged;
    private long _countedSinceNs;
    private long _countedRecords;

    /// <summary>Makes a source.</summary>
    /// <param name="inotify">Where to read.</param>
    /// <param name="tree">Who gets the records.</param>
    /// <param name="clock">The clock of deadlines.</param>
    /// <param name="onRead">Told after each read(2) what the clock says, which the delays of these records count from.</param>
    public InotifySource(IInotify inotify, WatchTree tree, IClock clock, Action<long> onRead)
    {
        _inotify = inotify;
        _tree = tree;
        _clock = clock;
        _onRead = onRead;
    }

    /// <inheritdoc/>
    public int Fd => _inotify.Fd;

    /// <summary>Most bytes that waited in the queue at the beginning of a drain.</summary>
    public int HighWater { get; private set; }

    /// <inheritdoc/>
    public int RestMs { get; private set; }

    /// <inheritdoc/>
    public bool Drain()
    {
        int pending = PendingNow();
        HighWater = Math.Max(HighWater, pending);
        int wanted = Math.Max(pending, 1);
        int done = 0;
        bool empty = false;
        long records = _tree.EventsRead;
        long nowNs = 0;
        _treeChanged = false;
        while (done < wanted)
        {
            int size = _inotify.Read(_buffer);
            if (size <= 0)
            {
                if (size != -Errno.EAGAIN && size != 0)
                {
                    throw new InvalidOperationException($"read of the inotify descriptor: {Errno.Name(size)} {Errno.Text(size)}");
                }

                empty = true;
                break;
            }

            nowNs = _clock.NowNs;
            _onRead(nowNs);
            _tree.ReadBytes += size;
            Handle(_buffer.AsSpan(0, size));
            done += size;
        }

        int left = empty ? 0 : PendingNow();
        _tree.OnBatchEnd(left == 0);
        RestMs = done == 0 ? 0 : RestAfter(_tree.EventsRead - records, nowNs, left);
        return left > 0;
    }

    private int PendingNow()
    {
        // The clock first: what comes between the two counts as after the empty moment.
        long now = _clock.RealtimeCoarseNs;
        int pending = _inotify.Pending();
        if (pending == 0)
        {
            _tree.LastEmptyNs = now;
        }

        return pending;
    }

    private void Handle(ReadOnlySpan<byte> records)
    {
        EventReader reader = new(records);
        int before = 0;
        uint seen = 0;
        while (reader.TryRead(out RawEvent record))
        {
            seen |= (record.Mask & Libc.IN_ISDIR) != 0 || record.Wd < 0 ? record.Mask : 0;
            _tree.OnRecord(in record, reader.Position - before);
            before = reader.Position;
        }

        _treeChanged |= (seen & TreeChanges) != 0;
    }

    /// <summary>Returns how long the queue may fill after so many records were read.</summary>
    private int RestAfter(long records, long nowNs, int left)
    {
        if (nowNs - _countedSinceNs > FloodNs)
        {
            _countedSinceNs = nowNs;
            _countedRecords = 0;
        }

        _countedRecords += records;
        int limit = _inotify.QueueLimit;
        if (_countedRecords < FloodRecords || limit < SmallestQueue || _treeChanged || left / RecordSize + records > limit / 4)
        {
            return 0;
        }

        return left / RecordSize + records > limit / 16 ? 1 : LongRestMs;
    }
}
