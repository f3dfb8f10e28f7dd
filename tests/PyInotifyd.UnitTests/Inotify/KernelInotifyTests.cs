using System;
using System.Globalization;
using System.IO;
using System.Text;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Inotify;

/// <summary>The kernel's queue, and what is moved out of it while nobody reads.</summary>
public sealed class KernelInotifyTests
{
    [Fact]
    public void More_events_than_the_queue_holds_wait_in_their_order_during_a_walk()
    {
        int files = int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"), CultureInfo.InvariantCulture) + 2000;
        using TempTree tree = new();
        using KernelInotify inotify = KernelInotify.TryCreate(out _)!;
        Assert.True(inotify.AddPath([.. tree.PathOf("."u8), 0], Libc.IN_CREATE) > 0);
        for (int i = 0; i < files; i++)
        {
            Libc.close(tree.Open(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture)), Libc.O_WRONLY | Libc.O_CREAT));
            inotify.MakeRoom();
        }

        // Each name takes sixteen bytes, and so does the rest of a record.
        Assert.Equal(files * 32, inotify.Pending());
        byte[] buffer = new byte[1000];
        int next = 0;
        while (next < files)
        {
            // As long as anything waits, the descriptor says so.
            Span<pollfd> entry = [new pollfd { fd = inotify.Fd, events = (short)Libc.POLLIN }];
            Assert.Equal(1, Libc.poll(entry, 0));
            int size = inotify.Read(buffer);
            Assert.InRange(size, 32, buffer.Length);
            EventReader reader = new(buffer.AsSpan(0, size));
            while (reader.TryRead(out RawEvent record))
            {
                Assert.Equal((next++).ToString(CultureInfo.InvariantCulture), Encoding.ASCII.GetString(record.Name));
            }

            Assert.Equal((files - next) * 32, inotify.Pending());
        }

        Assert.Equal(-Errno.EAGAIN, inotify.Read(buffer));
    }
}
