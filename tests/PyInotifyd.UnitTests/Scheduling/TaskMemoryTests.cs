using System;
using System.Text;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Scheduling;

/// <summary>Runs while no other test does: what the heap holds is counted for the whole process.</summary>
[CollectionDefinition("Heap", DisableParallelization = true)]
[Collection("Heap")]
public class TaskMemoryTests
{
    [Fact]
    public void Pending_task_costs_no_more_than_200_bytes_besides_its_path()
    {
        SchedulingRig rig = SchedulingRig.One(SchedulingRig.Scheduler(delayMs: 1_000_000));
        rig.BeQuiet();
        const int Count = 500_000;
        long paths = 0;
        byte[] path = new byte[64];
        rig.Router.EventTimeNs = rig.Clock.NowNs;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Count; i++)
        {
            "/w/somewhere/d0000/file-0000000"u8.CopyTo(path);
            Encoding.ASCII.GetBytes((i / 1000).ToString("d4"), path.AsSpan(14));
            Encoding.ASCII.GetBytes(i.ToString("d7"), path.AsSpan(24));
            WatchEvent e = new() { Watch = rig.Watch, Mask = EventMask.Create, Wd = 1, PathName = path.AsSpan(0, 31) };
            rig.Router.OnEvent(in e);
            paths += 24 + 32;
        }

        long perTask = (GC.GetTotalMemory(forceFullCollection: true) - before - paths) / Count;

        Assert.Equal(Count, rig.Set.TaskCount);
        Assert.InRange(perTask, 100, 200);
    }
}
