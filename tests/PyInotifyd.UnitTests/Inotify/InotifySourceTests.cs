using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Inotify;

/// <summary>How much of the kernel's queue a step handles.</summary>
public sealed class InotifySourceTests
{
    [Fact]
    public void Drain_of_a_queue_of_several_MiB_handles_all_that_was_in_it()
    {
        const int records = 100_000;
        ScriptedInotify inotify = new();
        for (int i = 0; i < records; i++)
        {
            inotify.Add(1, Libc.IN_CLOSE_WRITE, 0, Encoding.ASCII.GetBytes("a-name-of-some-length"));
        }

        inotify.Rewind();
        ManualClock clock = new();
        WatchTree tree = new(inotify, new NoSink(), clock, new TimerWheel(0), new Log().GetLogger("daemon"));
        InotifySource source = new(inotify, tree, clock, _ => { });

        Assert.False(source.Drain());
        Assert.Equal(records, tree.EventsRead);
        Assert.True(source.HighWater > 4 << 20);
    }

    [Theory]
    [InlineData(InotifySource.FloodRecords - 1, 0)]
    [InlineData(InotifySource.FloodRecords, 2)]
    [InlineData(1024, 2)]
    [InlineData(1025, 1)]
    [InlineData(4096, 1)]
    [InlineData(4097, 0)]
    public void Rest_follows_a_flood_that_leaves_most_of_the_queue_free(int records, int restMs)
    {
        Flood flood = new(16384);
        flood.Inotify.Add(1, Libc.IN_OPEN, 0, "file"u8, records);

        Assert.Equal(restMs, flood.Drain());
        Assert.Equal(0, flood.DrainNothing());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    [InlineData(8191)]
    public void No_rest_where_the_queue_is_short_or_its_length_unknown(int limit)
    {
        Flood flood = new(limit);
        flood.Inotify.Add(1, Libc.IN_OPEN, 0, "file"u8, InotifySource.FloodRecords);

        Assert.Equal(0, flood.Drain());
    }

    [Theory]
    [InlineData(Libc.IN_CREATE | Libc.IN_ISDIR, 0)]
    [InlineData(Libc.IN_MOVED_TO | Libc.IN_ISDIR, 0)]
    [InlineData(Libc.IN_Q_OVERFLOW, 0)]
    [InlineData(Libc.IN_DELETE | Libc.IN_ISDIR, 2)]
    [InlineData(Libc.IN_CREATE, 2)]
    public void No_rest_after_a_directory_came_or_went_or_events_were_lost(uint mask, int restMs)
    {
        Flood flood = new(16384);
        flood.Inotify.Add(1, Libc.IN_OPEN, 0, "file"u8, InotifySource.FloodRecords);
        flood.Inotify.Add(mask == Libc.IN_Q_OVERFLOW ? -1 : 1, mask, 0, "name"u8);
        flood.Inotify.Add(1, Libc.IN_OPEN, 0, "file"u8);

        Assert.Equal(restMs, flood.Drain());
    }

    [Fact]
    public void Flood_is_many_records_in_a_short_time_however_few_each_read_brings()
    {
        Flood flood = new(16384);
        flood.Inotify.Add(1, Libc.IN_OPEN, 0, "file"u8);
        for (int i = 1; i < InotifySource.FloodRecords; i++)
        {
            Assert.Equal(0, flood.Drain());
            flood.Clock.AdvanceNs(InotifySource.FloodNs / InotifySource.FloodRecords);
        }

        Assert.Equal(2, flood.Drain());

        // One in a millisecond is none, for however long.
        for (int i = 0; i < 10 * InotifySource.FloodRecords; i++)
        {
            flood.Clock.AdvanceMs(1);
            int rest = flood.Drain();
            Assert.True(rest == 0 || i < 2);
        }
    }

    private sealed class Flood
    {
        private readonly InotifySource _source;

        public Flood(int queueLimit)
        {
            Inotify.QueueLimit = queueLimit;
            WatchTree tree = new(Inotify, new NoSink(), Clock, new TimerWheel(0), new Log().GetLogger("daemon"));
            _source = new InotifySource(Inotify, tree, Clock, _ => { });
        }

        public ScriptedInotify Inotify { get; } = new();

        public ManualClock Clock { get; } = new();

        public int Drain()
        {
            Inotify.Rewind();
            return DrainNothing();
        }

        public int DrainNothing()
        {
            Assert.False(_source.Drain());
            return _source.RestMs;
        }
    }

    private sealed class NoSink : IWatchSink
    {
        public void OnEvent(in WatchEvent e)
        {
        }

        public void OnTreeMoved(System.ReadOnlySpan<byte> from, System.ReadOnlySpan<byte> to)
        {
        }

        public void OnTreeGone(System.ReadOnlySpan<byte> path)
        {
        }

        public void OnTreeScanned(System.ReadOnlySpan<byte> root)
        {
        }
    }
}
