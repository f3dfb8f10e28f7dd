using System;
using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.TestKit;
using Xunit;
using EventLoop = PyInotifyd.Engine.Reactor.Reactor;

namespace PyInotifyd.UnitTests.Reactor;

public sealed class MailboxTests : IDisposable
{
    private readonly List<string> _log = [];
    private readonly EventLoop _reactor;

    public MailboxTests()
    {
        _reactor = new EventLoop(new ManualClock(), new LoggingTimerSink(_log));
    }

    public void Dispose() => _reactor.Dispose();

    [Fact]
    public void Mail_is_delivered_in_the_order_of_posting_whatever_its_kind()
    {
        Assert.True(_reactor.Mailbox.Post(new LoggingMail("1", _log)));
        Assert.True(_reactor.Mailbox.Post(() => _log.Add("2")));
        Assert.True(_reactor.Mailbox.Post(new LoggingMail("3", _log)));

        Assert.True(_reactor.Step());
        Assert.Equal(["1", "2", "3"], _log);
        Assert.False(_reactor.Step(0));
    }

    [Fact]
    public void Mail_posted_by_mail_is_delivered_in_the_next_step_without_a_wait()
    {
        _reactor.Mailbox.Post(() => _reactor.Mailbox.Post(new LoggingMail("answer", _log)));

        Assert.True(_reactor.Step());
        Assert.Empty(_log);
        Assert.True(_reactor.Step());
        Assert.Equal(["answer"], _log);
    }

    [Fact]
    public void Mail_posted_while_events_are_read_waits_until_the_events_that_its_sender_caused_are_read_too()
    {
        using EventFdSource events = new("events", _log);
        events.MakeReady();
        events.Action = () =>
        {
            // A worker writes a file and reports right after the queue was read.
            if (_log.Count == 1)
            {
                events.MakeReady();
                _reactor.Mailbox.Post(new LoggingMail("finished", _log));
            }
        };
        _reactor.EventSource = events;

        _reactor.Step();
        Assert.Equal(["events"], _log);
        _reactor.Step();
        Assert.Equal(["events", "events", "finished"], _log);
        _reactor.EventSource = null;
    }

    [Fact]
    public void Mail_from_another_thread_ends_an_endless_wait()
    {
        for (int round = 0; round < 200; round++)
        {
            _log.Clear();
            Thread other = new(() => _reactor.Mailbox.Post(new LoggingMail("mail", _log)));
            other.Start();
            while (_log.Count == 0)
            {
                _reactor.Step();
            }

            other.Join();
            Assert.False(_reactor.Step(0));
        }
    }

    [Fact]
    public void Stop_from_another_thread_ends_an_endless_wait()
    {
        for (int round = 0; round < 200; round++)
        {
            using EventLoop reactor = new(new ManualClock(), new LoggingTimerSink(_log));
            Thread other = new(reactor.Stop);
            other.Start();
            reactor.Run();
            other.Join();
        }

        Assert.Empty(_log);
    }

    [Fact]
    public void Wake_ends_one_wait_and_leaves_nothing_behind()
    {
        _reactor.Mailbox.Wake();
        _reactor.Mailbox.Wake();

        Assert.False(_reactor.Step());
        Assert.Equal(-1, _reactor.NextTimeoutMs);
    }

    [Fact]
    public void Nothing_is_lost_or_reordered_when_many_threads_post_at_once()
    {
        const int threads = 4;
        const int perThread = 20_000;
        int[] last = new int[threads];
        int received = 0;
        Thread[] posters = new Thread[threads];
        for (int t = 0; t < threads; t++)
        {
            int id = t;
            posters[t] = new Thread(() =>
            {
                for (int i = 1; i <= perThread; i++)
                {
                    int number = i;
                    _reactor.Mailbox.Post(() =>
                    {
                        Assert.Equal(number, ++last[id]);
                        if (++received == threads * perThread)
                        {
                            _reactor.Stop();
                        }
                    });
                }
            });
        }

        Array.ForEach(posters, poster => poster.Start());
        _reactor.Run();
        Array.ForEach(posters, poster => poster.Join());

        Assert.Equal(threads * perThread, received);
        Assert.False(_reactor.Step(0));
    }

    [Fact]
    public void A_flood_is_delivered_whole_and_later_mail_still_works()
    {
        int delivered = 0;
        Action count = () => delivered++;
        for (int i = 0; i < 100_000; i++)
        {
            _reactor.Mailbox.Post(count);
        }

        _reactor.Step();
        Assert.Equal(100_000, delivered);
        _reactor.Mailbox.Post(count);
        _reactor.Step();
        _reactor.Mailbox.Post(count);
        _reactor.Step();
        Assert.Equal(100_002, delivered);
    }

    [Fact]
    public void Mail_after_the_end_is_refused()
    {
        _reactor.Dispose();

        Assert.False(_reactor.Mailbox.Post(() => _log.Add("lost")));
        _reactor.Mailbox.Wake();
        _reactor.Dispose();
    }
}
