using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

public class AllocationTests
{
    [Fact]
    public void Events_that_reschedule_replace_cancel_nothing_or_are_ignored_allocate_nothing()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.BeQuiet();
        byte[] pending = "/w/d/pending"u8.ToArray();
        byte[] other = "/w/d/other"u8.ToArray();
        Send(rig, EventMask.Create, pending);
        Send(rig, EventMask.Delete, other);
        Send(rig, EventMask.Delete | EventMask.IsDir, other);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                Send(rig, EventMask.CloseWrite, pending);
                Send(rig, EventMask.Access, other);
                Send(rig, EventMask.Create | EventMask.IsDir, other);
                Send(rig, EventMask.Delete, other);
                Send(rig, EventMask.Delete | EventMask.IsDir, other);
                rig.Router.OnTreeGone(other);
            }
        }));
        Assert.Equal(1, rig.Set.TaskCount);
    }

    [Fact]
    public void Life_of_a_task_allocates_its_path_only_once_entries_are_pooled()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1000));
        rig.BeQuiet();
        byte[] path = "/w/some/where/f"u8.ToArray();
        Send(rig, EventMask.Create, path);
        Send(rig, EventMask.Delete, path);
        long perPath = Measure(() => _ = path.AsSpan().ToArray());
        long perTask = Measure(() =>
        {
            Send(rig, EventMask.Create, path);
            Send(rig, EventMask.Delete, path);
        });

        Assert.Equal(perPath, perTask);
    }

    private static long Measure(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            action();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;
    }

    private static void Send(SchedulingRig rig, EventMask mask, ReadOnlySpan<byte> path)
    {
        rig.Router.EventTimeNs = rig.Clock.NowNs;
        WatchEvent e = new() { Watch = rig.Watch, Mask = mask, Wd = 1, PathName = path };
        rig.Router.OnEvent(in e);
    }
}
