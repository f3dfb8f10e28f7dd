using System;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Reads the kernel's queue into a pinned buffer and hands its records to the trees.</summary>
/// <remarks>
/// One call drains what the queue held when it began (FIONREAD), however much that is: a task's own events are seen before its end is, and an event that cancels a delay before the delay
/// ends. What comes meanwhile is left for the next call, so that a flood cannot starve the timers: the loop comes back at once. The bound is the queue's own (fs.inotify.max_queued_events).
/// Threads: reactor only.
/// </remarks>
public sealed class InotifySource : IEventSource
{
    private const int BufferSize = 64 * 1024;

    private readonly IInotify _inotify;
    private readonly WatchTree _tree;
    private readonly Action<long> _onRead;
    private readonly IClock _clock;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);

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
    public bool Drain()
    {
        int pending = PendingNow();
        HighWater = Math.Max(HighWater, pending);
        int wanted = Math.Max(pending, 1);
        int done = 0;
        bool empty = false;
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

            _onRead(_clock.NowNs);
            _tree.ReadBytes += size;
            Handle(_buffer.AsSpan(0, size));
            done += size;
        }

        int left = empty ? 0 : PendingNow();
        _tree.OnBatchEnd(left == 0);
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
        while (reader.TryRead(out RawEvent record))
        {
            _tree.OnRecord(in record, reader.Position - before);
            before = reader.Position;
        }
    }
}
