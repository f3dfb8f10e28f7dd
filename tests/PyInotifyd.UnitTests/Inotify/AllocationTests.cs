using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Inotify;

/// <summary>From the bytes of the kernel's records to the scheduler's table, as the daemon runs it: nothing is allocated for an event.</summary>
public sealed class AllocationTests
{
    private const int Rounds = 100;
    private const int EventsPerRound = 100;

    [Fact]
    public void Events_that_nothing_is_mapped_to_allocate_nothing() => Run(Libc.IN_OPEN, "file", expectTask: false);

    [Fact]
    public void Events_that_an_exclude_pattern_takes_out_allocate_nothing() => Run(Libc.IN_CLOSE_WRITE, "file.tmp", expectTask: false);

    [Fact]
    public void Events_that_no_include_pattern_matches_allocate_nothing() => Run(Libc.IN_CLOSE_WRITE, "other", expectTask: false);

    [Fact]
    public void Events_that_reschedule_a_pending_task_allocate_nothing() => Run(Libc.IN_CLOSE_WRITE, "file", expectTask: true);

    [Fact]
    public void Events_of_a_file_that_is_written_without_being_closed_allocate_nothing() => Run(Libc.IN_MODIFY, "file", expectTask: false);

    [Fact]
    public void Events_of_a_file_that_is_written_and_closed_allocate_nothing() => Run(Libc.IN_MODIFY, "file", expectTask: true, Libc.IN_CLOSE_WRITE);

    [Fact]
    public void Events_of_a_kind_that_the_scheduler_leaves_out_allocate_nothing() => Run(Libc.IN_CLOSE_WRITE | Libc.IN_ISDIR, "file", expectTask: false);

    [Fact]
    public void Events_that_cancel_a_pending_task_allocate_nothing()
    {
        using TempTree tree = new();
        ScriptedInotify inotify = new();
        using WatchEngine engine = Start(tree, inotify);
        long least = long.MaxValue;
        for (int round = 0; round <= 5; round++)
        {
            _ = Send(engine, inotify, Libc.IN_CLOSE_WRITE, EventsPerRound);
            Assert.Equal(EventsPerRound, engine.Schedulers.TaskCount);

            // Half of them: the table shrinks when it is nearly empty.
            long bytes = Send(engine, inotify, Libc.IN_DELETE, EventsPerRound / 2);
            least = Math.Min(least, bytes);
            Assert.Equal(EventsPerRound / 2, engine.Schedulers.TaskCount);
        }

        Assert.Equal(0, least);
        Assert.Equal(6 * (EventsPerRound / 2), engine.Schedulers.Find("s")!.Counters.Cancelled);
    }

    private static void Run(uint mask, string name, bool expectTask, uint everySecond = 0)
    {
        using TempTree tree = new();
        ScriptedInotify inotify = new();
        for (int i = 0; i < EventsPerRound; i++)
        {
            inotify.Add(1, everySecond != 0 && i % 2 == 1 ? everySecond : mask, 0, Encoding.UTF8.GetBytes(name));
        }

        using WatchEngine engine = Start(tree, inotify);
        Drain(engine, inotify);
        Drain(engine, inotify);
        Assert.Equal(0, Allocations.Least(
            () =>
            {
                for (int i = 0; i < Rounds / 5; i++)
                {
                    Drain(engine, inotify);
                }
            },
            times: 5));
        Assert.Equal((Rounds + 2) * EventsPerRound, engine.Tree.EventsRead);
        Assert.Equal(expectTask ? 1 : 0, engine.Schedulers.TaskCount);
    }

    private static WatchEngine Start(TempTree tree, ScriptedInotify inotify)
    {
        SpecList<ActionSpec>[] map = SchedulingRig.EmptyMap();
        map[EventNames.Slot(EventMask.CloseWrite)] = new SpecList<ActionSpec>(new ActionSpec("s", false));
        map[EventNames.Slot(EventMask.Delete)] = new SpecList<ActionSpec>(new ActionSpec("s", true));
        WatchSpec watch = new()
        {
            Path = new UnixPath(Encoding.UTF8.GetBytes(tree.Path)),
            EventMap = new EventMapSpec(new SpecList<SpecList<ActionSpec>>(map)),
            Rec = true,
            AutoAdd = true,
            Exclude = new SpecList<string>(".*\\.tmp$"),
            Include = new SpecList<string>(".*/file[^/]*$"),
        };
        EngineSpec spec = new()
        {
            Watches = new SpecList<WatchSpec>(watch),
            Schedulers = new SpecList<SchedulerSpec>(SchedulingRig.Scheduler(delayMs: 60_000)),
        };
        Log log = new();
        log.SetLevels(LogLevel.Warning, new Dictionary<string, LogLevel>());
        WatchEngine engine = new(spec, log, new ManualClock(), inotify, new Jobs());
        Assert.True(engine.Start());
        return engine;
    }

    /// <summary>Returns the bytes that the handling of an event for each of many files allocated.</summary>
    private static long Send(WatchEngine engine, ScriptedInotify inotify, uint mask, int count)
    {
        inotify.Clear();
        for (int i = 0; i < count; i++)
        {
            inotify.Add(1, mask, 0, [.. "file"u8, (byte)('0' + (i / 10)), (byte)('0' + (i % 10))]);
        }

        inotify.Rewind();
        long before = GC.GetAllocatedBytesForCurrentThread();
        engine.Reactor.EventSource!.Drain();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Drain(WatchEngine engine, ScriptedInotify inotify)
    {
        inotify.Rewind();
        engine.Reactor.EventSource!.Drain();
    }

    private sealed class Jobs : IJobFactory
    {
        public IJob Create(SchedulerSpec spec, ITaskEndSink ends) => new ScriptedJob(ends);
    }
}
