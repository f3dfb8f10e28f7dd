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
