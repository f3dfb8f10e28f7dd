using System;
using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;
using EventLoop = PyInotifyd.Engine.Reactor.Reactor;

namespace PyInotifyd.UnitTests.Reactor;

public sealed class ReactorTests : IDisposable
{
    private readonly List<string> _log = [];
    private readonly List<EventFdSource> _sources = [];
    private readonly ManualClock _clock = new();
    private readonly EventLoop _reactor;

    public ReactorTests()
    {
        _reactor = new EventLoop(_clock, new LoggingTimerSink(_log));
    }

    public void Dispose()
    {
        _reactor.Dispose();
        _sources.ForEach(source => source.Dispose());
    }

    [Fact]
    public void A_step_runs_its_phases_in_order()
    {
        _reactor.AddHook(StepPhase.Flush, new LoggingHook("flush", _log));
        _reactor.AddHook(StepPhase.Start, new LoggingHook("start 1", _log));
        _reactor.AddHook(StepPhase.Start, new LoggingHook("start 2", _log));
        Arm("timer", 0);
        _reactor.Mailbox.Post(new LoggingMail("mail", _log));
        AddReady("source 1");
        AddReady("source 2");
        _reactor.EventSource = Source("events").MakeReady();

        Assert.True(_reactor.Step(0));
        Assert.Equal(["events", "source 1", "source 2", "mail", "timer", "start 1", "start 2", "flush"], _log);

        _log.Clear();
        Assert.False(_reactor.Step(0));
        Assert.Equal(["start 1", "start 2", "flush"], _log);
    }

    [Fact]
    public void An_event_in_the_queue_beats_the_timer_that_is_due()
    {
        NamedTimer timer = Arm("timer", 10);
        EventFdSource events = Source("cancel").MakeReady();
        events.Action = () => _reactor.Wheel.Cancel(timer);
        _reactor.EventSource = events;
        _clock.AdvanceMs(50);

        _reactor.Step(0);

        Assert.Equal(["cancel"], _log);
    }

    [Fact]
    public void An_event_that_comes_between_poll_and_the_stamp_beats_the_timer_that_the_stamp_makes_due()
    {
        StampClock clock = new();
        using EventLoop reactor = new(clock, new LoggingTimerSink(_log));
        NamedTimer timer = new("timer");
        reactor.Wheel.Arm(timer, MonotonicTime.DeadlineTick(clock.NowNs, 10));
        EventFdSource events = Source("cancel");
        events.Action = () => reactor.Wheel.Cancel(timer);
        reactor.EventSource = events;
        reactor.Mailbox.Post(() => { });
        clock.OnRead = () =>
        {
            clock.NowNs += 10 * MonotonicTime.NsPerTick;
            events.MakeReady();
        };

        // With mail waiting the clock is read once in the step: for the stamp.
        reactor.Step(0);

        Assert.Equal(["cancel"], _log);
        Assert.False(timer.IsArmed);
    }

    [Fact]
    public void An_event_that_comes_after_poll_looked_at_the_queue_is_seen_before_the_end_that_followed_it()
    {
        StampClock clock = new();
        using EventLoop reactor = new(clock, new LoggingTimerSink(_log));
        EventFdSource events = Source("last file");
        EventFdSource child = Source("exit").MakeReady();
        reactor.EventSource = events;
        reactor.Add(child);
        reactor.Mailbox.Post(new LoggingMail("report", _log));
        clock.OnRead = () => events.MakeReady();

        reactor.Step(0);

        Assert.Equal(["last file", "exit", "report"], _log);
    }

    [Fact]
    public void A_rest_is_not_ended_by_events_and_what_came_in_it_is_read_at_its_end()
    {
        EventFdSource events = Source("events").MakeReady();
        (events.NextRestMs, events.Action) = (2, () => events.Left.Enqueue(true));
        _reactor.EventSource = events;
        Assert.True(_reactor.Step(0));
        Assert.Equal(["events"], _log);
        Assert.Equal(2, _reactor.NextTimeoutMs);

        events.MakeReady();
        KernelClock clock = new();
        long before = clock.NowNs;
        Assert.True(_reactor.Step());
        Assert.True(clock.NowNs - before >= 2_000_000);
        Assert.Equal(["events", "events"], _log);
    }

    [Fact]
    public void A_step_that_may_not_wait_takes_no_rest()
    {
        EventFdSource events = Source("events").MakeReady();
        events.NextRestMs = 60_000;
        _reactor.EventSource = events;
        _reactor.Step(0);

        events.MakeReady();
        Assert.True(_reactor.Step(0));
        Assert.Equal(["events", "events"], _log);
        Assert.Equal(-1, _reactor.NextTimeoutMs);
    }

    [Fact]
    public void Whatever_else_happens_ends_a_rest_and_the_queue_is_read_before_it()
    {
        EventFdSource events = Source("events").MakeReady();
        EventFdSource child = Source("exit");
        NamedTimer timer = new("timer");
        _reactor.EventSource = events;
        _reactor.Add(child);
        foreach (Action cause in (Action[])[() => child.MakeReady(), () => _reactor.Mailbox.Post(new LoggingMail("mail", _log)), () => _reactor.Wheel.Arm(timer, 0)])
        {
            // A test that waits for a minute here has failed.
            events.NextRestMs = 60_000;
            _reactor.Step(0);
            events.MakeReady();
            cause();
            _reactor.Step();
        }

        Assert.Equal(["events", "events", "exit", "events", "mail", "events", "timer"], _log);
    }

    [Fact]
    public void A_source_that_is_replaced_takes_its_rest_along()
    {
        EventFdSource events = Source("events").MakeReady();
        events.NextRestMs = 60_000;
        events.Action = () => _reactor.EventSource = Source("other").MakeReady();
        _reactor.EventSource = events;
        _reactor.Step(0);
        _reactor.Step();

        Assert.Equal(["events", "other"], _log);
    }

    [Fact]
    public void A_deadline_that_ends_while_events_are_read_waits_for_the_next_step()
    {
        Arm("timer", 10);
        EventFdSource events = Source("slow").MakeReady();
        events.Action = () => _clock.AdvanceMs(10);
        _reactor.EventSource = events;

        _reactor.Step(0);
        Assert.Equal(["slow"], _log);
        Assert.Equal(0, _reactor.NextTimeoutMs);

        _reactor.Step(0);
        Assert.Equal(["slow", "timer"], _log);
    }

    [Fact]
    public void Events_left_over_are_read_in_the_next_steps_and_what_is_due_has_its_turn_between()
    {
        EventFdSource events = Source("events").MakeReady();
        events.Left.Enqueue(true);
        events.Left.Enqueue(true);
        _reactor.EventSource = events;
        Arm("timer 1", 0);
        Arm("timer 2", 5);

        Assert.True(_reactor.Step(0));
        Assert.Equal(0, _reactor.NextTimeoutMs);
        _clock.AdvanceMs(5);
        Assert.True(_reactor.Step());
        Assert.True(_reactor.Step());
        Assert.False(_reactor.Step(0));

        Assert.Equal(["events", "timer 1", "events", "timer 2", "events"], _log);
    }

    [Fact]
    public void A_quiet_event_source_is_not_called()
    {
        _reactor.EventSource = Source("events");

        Assert.False(_reactor.Step(0));
        Assert.Empty(_log);
    }

    [Fact]
    public void An_event_source_replaced_while_it_drains_leaves_nothing_to_its_successor()
    {
        EventFdSource first = Source("first").MakeReady();
        EventFdSource second = Source("second");
        first.Left.Enqueue(true);
        first.Action = () => _reactor.EventSource = second;
        _reactor.EventSource = first;

        _reactor.Step(0);
        Assert.Equal(-1, _reactor.NextTimeoutMs);
        second.MakeReady();
        _reactor.Step();
        _reactor.EventSource = null;
        second.MakeReady();
        Assert.False(_reactor.Step(0));

        Assert.Equal(["first", "second"], _log);
    }

    [Fact]
    public void NextTimeoutMs_follows_the_nearest_deadline_and_is_endless_without()
    {
        Assert.Equal(-1, _reactor.NextTimeoutMs);
        NamedTimer timer = Arm("timer", 1500);
        Assert.Equal(1500, _reactor.NextTimeoutMs);
        _clock.AdvanceNs(1);
        Assert.Equal(1500, _reactor.NextTimeoutMs);
        _clock.AdvanceMs(1500);
        Assert.Equal(0, _reactor.NextTimeoutMs);
        _reactor.Wheel.Cancel(timer);
        Assert.Equal(-1, _reactor.NextTimeoutMs);
        _reactor.Mailbox.Post(() => { });
        Assert.Equal(0, _reactor.NextTimeoutMs);
    }

    [Fact]
    public void A_timer_that_arms_itself_without_delay_does_not_hold_up_the_step()
    {
        NamedTimer timer = Arm("again", 0);
        timer.Action = () => _reactor.Wheel.Arm(timer, MonotonicTime.DeadlineTick(_clock.NowNs, 0));

        Assert.True(_reactor.Step(0));
        Assert.True(_reactor.Step());

        Assert.Equal(["again", "again"], _log);
    }

    [Fact]
    public void Work_left_by_a_hook_keeps_the_next_step_from_waiting()
    {
        _reactor.AddHook(StepPhase.Start, new LoggingHook("scan", _log) { Left = 2 });
        _reactor.AddHook(StepPhase.Flush, new LoggingHook("flush", _log));

        Assert.True(_reactor.Step(0));
        Assert.True(_reactor.Step());
        Assert.False(_reactor.Step());

        Assert.Equal(["scan", "flush", "scan", "flush", "scan", "flush"], _log);
        Assert.Equal(-1, _reactor.NextTimeoutMs);
    }

    [Fact]
    public void Sources_are_called_in_order_of_registration_after_others_have_left()
    {
        List<EventFdSource> sources = [];
        for (int i = 0; i < 100; i++)
        {
            sources.Add(AddReady(i.ToString()));
        }

        List<string> expected = [];
        for (int i = 0; i < 100; i++)
        {
            if (i % 3 == 0)
            {
                Assert.True(_reactor.Remove(sources[i]));
            }
            else
            {
                expected.Add(i.ToString());
            }
        }

        AddReady("last");
        expected.Add("last");
        _reactor.Step(0);

        Assert.Equal(expected, _log);
    }

    [Fact]
    public void A_source_removed_in_the_same_step_is_not_called()
    {
        EventFdSource first = AddReady("first");
        EventFdSource second = AddReady("second");
        AddReady("third");
        first.Action = () => Assert.True(_reactor.Remove(second));
        EventFdSource fourth = AddReady("fourth");
        _reactor.EventSource = Source("events").MakeReady();
        ((EventFdSource)_reactor.EventSource).Action = () => _reactor.Remove(fourth);

        _reactor.Step(0);
        Assert.Equal(["events", "first", "third"], _log);
        Assert.False(_reactor.Remove(second));
        Assert.False(_reactor.Step(0));
    }

    [Fact]
    public void A_source_added_in_a_step_is_first_called_in_the_next()
    {
        EventFdSource added = Source("added").MakeReady();
        AddReady("adds").Action = () => _reactor.Add(added);

        _reactor.Step(0);
        Assert.Equal(["adds"], _log);
        _reactor.Step(0);
        Assert.Equal(["adds", "added"], _log);
    }

    [Fact]
    public void A_descriptor_reused_in_the_same_step_gets_nothing_of_its_predecessor()
    {
        EventFdSource first = AddReady("first");
        EventFdSource old = new("old", _log);
        _reactor.Add(old.MakeReady());
        EventFdSource? young = null;
        first.Action = () =>
        {
            // The number cannot be had for sure by opening anew while other tests run, so the description behind it is replaced in one call.
            Assert.True(_reactor.Remove(old));
            young = new EventFdSource("young", _log);
            Assert.Equal(old.Fd, Libc.dup3(young.Fd, old.Fd, Libc.O_CLOEXEC));
            _reactor.Add(new SourceOn(old.Fd, "young", _log));
        };

        _reactor.Step(0);
        Assert.Equal(["first"], _log);
        Assert.False(_reactor.Step(0));
        young!.MakeReady();
        _reactor.Step(0);
        Assert.Equal(["first", "young"], _log);
        young.Dispose();
        old.Dispose();
    }

    [Fact]
    public void A_change_of_events_counts_at_once()
    {
        EventFdSource first = AddReady("first");
        EventFdSource second = AddReady("second");
        second.Events = (short)(Libc.POLLIN | Libc.POLLOUT);
        Assert.True(_reactor.Update(second));
        first.Action = () =>
        {
            second.Events = (short)Libc.POLLOUT;
            Assert.True(_reactor.Update(second));
        };

        _reactor.Step(0);
        Assert.Equal(Libc.POLLOUT, second.LastEvents);

        _log.Clear();
        second.MakeReady().Events = 0;
        _reactor.Update(second);
        Assert.False(_reactor.Step(0));
        Assert.Empty(_log);
        Assert.False(_reactor.Update(Source("stranger")));
    }

    [Fact]
    public void A_hang_up_reaches_a_source_that_waits_for_nothing()
    {
        Assert.Equal(0, Libc.pipe2(out int readEnd, out int writeEnd, Libc.O_CLOEXEC));
        SourceOn source = new(readEnd, "pipe", _log) { Events = 0 };
        _reactor.Add(source);
        Assert.False(_reactor.Step(0));
        Libc.close(writeEnd);

        _reactor.Step(0);

        Assert.Equal(["pipe"], _log);
        Assert.Equal(Libc.POLLHUP, source.LastEvents);
        _reactor.Remove(source);
        Libc.close(readEnd);
    }

    [Fact]
    public void A_registered_descriptor_registered_again_throws()
    {
        EventFdSource source = AddReady("source");

        Assert.Throws<InvalidOperationException>(() => _reactor.Add(new SourceOn(source.Fd, "other", _log)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _reactor.Add(new SourceOn(-1, "none", _log)));
        Assert.False(_reactor.Remove(new SourceOn(source.Fd, "other", _log)));
        _reactor.Step(0);
        Assert.Equal(["source"], _log);
    }

    [Fact]
    public void A_descriptor_that_is_not_open_stops_the_loop()
    {
        // A number far above any that is in use: nobody opens it meanwhile.
        _reactor.Add(new SourceOn(1_000_000, "closed", _log));

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => _reactor.Run());
        Assert.Contains("1000000", error.Message);
    }

    [Fact]
    public void An_exception_out_of_a_source_leaves_Run()
    {
        AddReady("bad").Action = () => throw new FormatException("boom");

        Assert.Throws<FormatException>(() => _reactor.Run());
        Assert.Equal(["bad"], _log);
    }

    [Fact]
    public void A_handler_cannot_step_the_reactor()
    {
        AddReady("source").Action = () => _reactor.Step(0);

        Assert.Throws<InvalidOperationException>(() => _reactor.Step(0));
    }

    [Fact]
    public void Run_ends_after_the_step_in_which_Stop_was_called()
    {
        EventFdSource first = AddReady("first");
        AddReady("second");
        first.Action = () =>
        {
            _reactor.Stop();
            _reactor.Stop();
        };

        _reactor.Run();
        Assert.Equal(["first", "second"], _log);
        Assert.True(_reactor.IsStopped);

        _reactor.Run();
        Assert.Equal(["first", "second"], _log);
    }

    [Fact]
    public void A_step_after_Dispose_throws()
    {
        _reactor.Dispose();

        Assert.Throws<ObjectDisposedException>(() => _reactor.Step(0));
    }

    [Fact]
    public void Steps_with_sources_mail_and_timers_allocate_nothing()
    {
        Counting counting = new();
        using EventLoop reactor = new(_clock, counting);
        CountingSource source = new(counting);
        reactor.Add(source);
        NamedTimer timer = new("timer");
        for (int i = 0; i < 100; i++)
        {
            Round();
        }

        Assert.Equal(0, Allocations.Least(
            () =>
            {
                for (int i = 0; i < 1_000; i++)
                {
                    Round();
                }
            },
            times: 10));
        Assert.Equal(3 * 10_100, counting.Count);
        source.Dispose();

        void Round()
        {
            source.MakeReady();
            reactor.Remove(source);
            reactor.Add(source);
            reactor.Mailbox.Post(counting);
            reactor.Wheel.Arm(timer, MonotonicTime.DeadlineTick(_clock.NowNs, 3));
            _clock.AdvanceMs(3);
            reactor.Step();
        }
    }

    [Fact]
    public void A_wait_on_the_kernel_clock_ends_at_the_deadline_and_not_before()
    {
        KernelClock clock = new();
        using EventLoop reactor = new(clock, new LoggingTimerSink(_log));
        for (int delayMs = 0; delayMs < 4; delayMs++)
        {
            _log.Clear();
            long start = clock.NowNs;
            reactor.Wheel.Arm(new NamedTimer("timer"), MonotonicTime.DeadlineTick(start, delayMs));
            while (_log.Count == 0)
            {
                reactor.Step();
            }

            Assert.True(clock.NowNs - start >= delayMs * MonotonicTime.NsPerTick, "early");
        }
    }

    [Fact]
    public void A_signal_during_the_wait_is_an_empty_result()
    {
        using System.Runtime.InteropServices.PosixSignalRegistration registration =
            System.Runtime.InteropServices.PosixSignalRegistration.Create((System.Runtime.InteropServices.PosixSignal)SignalWinch, _ => { });
        nuint self = NativeThreads.pthread_self();
        bool over = false;
        Thread signals = new(() =>
        {
            while (!Volatile.Read(ref over))
            {
                Assert.Equal(0, NativeThreads.pthread_kill(self, SignalWinch));
                Thread.Yield();
            }
        });
        AddReady("cleared").Clear();
        signals.Start();

        // Nothing else can end this wait.
        bool happened = _reactor.Step();
        Volatile.Write(ref over, true);
        signals.Join();

        Assert.False(happened);
        Assert.Empty(_log);
    }

    private const int SignalWinch = 28;

    private EventFdSource Source(string name)
    {
        EventFdSource source = new(name, _log);
        _sources.Add(source);
        return source;
    }

    private EventFdSource AddReady(string name)
    {
        EventFdSource source = Source(name).MakeReady();
        _reactor.Add(source);
        return source;
    }

    private NamedTimer Arm(string name, long delayMs)
    {
        NamedTimer timer = new(name);
        _reactor.Wheel.Arm(timer, MonotonicTime.DeadlineTick(_clock.NowNs, delayMs));
        return timer;
    }

    private sealed class SourceOn(int fd, string name, List<string> log) : IPollSource
    {
        public int Fd { get; } = fd;

        public short Events { get; set; } = (short)Libc.POLLIN;

        public short LastEvents { get; private set; }

        public void OnReady(short revents)
        {
            LastEvents = revents;
            log.Add(name);
        }
    }

    /// <summary>A clock that does something the next time it is read.</summary>
    private sealed class StampClock : IClock
    {
        private long _nowNs = 1_000_000_000;

        public Action? OnRead { get; set; }

        public long NowNs
        {
            get
            {
                Action? action = OnRead;
                OnRead = null;
                action?.Invoke();
                return _nowNs;
            }

            set => _nowNs = value;
        }

        public long RealtimeCoarseNs => 0;
    }

    private sealed class Counting : ITimerSink, IMail
    {
        public int Count { get; set; }

        public void OnExpired(Engine.Timing.TimerEntry entry) => Count++;

        public void Deliver() => Count++;
    }

    private sealed class CountingSource(Counting counting) : IPollSource, IDisposable
    {
        public int Fd { get; } = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);

        public short Events => (short)Libc.POLLIN;

        public void MakeReady() => Libc.write(Fd, [1, 0, 0, 0, 0, 0, 0, 0]);

        public void OnReady(short revents)
        {
            counting.Count++;
            Libc.read(Fd, stackalloc byte[8]);
        }

        public void Dispose() => Libc.close(Fd);
    }

    private static class NativeThreads
    {
        [System.Runtime.InteropServices.DllImport("libc")]
        public static extern nuint pthread_self();

        [System.Runtime.InteropServices.DllImport("libc")]
        public static extern int pthread_kill(nuint thread, int signal);
    }
}
