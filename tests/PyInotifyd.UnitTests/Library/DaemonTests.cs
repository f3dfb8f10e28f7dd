namespace PyInotifyd.UnitTests.Library;

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using PyInotifyd.Library;
using Xunit;
using Watch = PyInotifyd.Library.Watch;

/// <summary>Jobs that are code, on the engine of the daemon.</summary>
public sealed class DaemonTests
{
    // What a test does after it was told something is not done by the job that told it.
    private const TaskCreationOptions Apart = TaskCreationOptions.RunContinuationsAsynchronously;

    private static readonly Func<FileEvent, JobContext, CancellationToken, ValueTask> s_nothing = (_, _, _) => ValueTask.CompletedTask;

    [Fact]
    public async Task Job_gets_the_event_of_a_new_file()
    {
        await using DaemonRig rig = new();
        TaskCompletionSource<(FileEvent Event, JobContext Job)> got = new(Apart);
        Scheduler scheduler = new("copy", async (e, job, _) =>
        {
            await Task.Yield();
            job.Log(LogLevel.Warning, "I got " + e);
            got.SetResult((e, job));
        });
        await rig.Start(new EventMap().Schedule(FileEvents.CloseWrite, scheduler));
        rig.Tree.MakeDirectory("a");

        rig.Tree.Write("a/f\xe9"u8, "text"u8);

        (FileEvent e, JobContext job) = await DaemonRig.Await(got);
        byte[] path = [.. System.Text.Encoding.UTF8.GetBytes(rig.Tree.Path), .. "/a/f\xe9"u8];
        Assert.Equal(path, e.PathBytes.ToArray());
        Assert.Equal("fé", e.Name);
        Assert.Equal(rig.Tree.Path + "/a/fé", e.PathName);
        Assert.Equal(rig.Tree.Path, e.WatchPath);
        Assert.Equal("", e.SrcPathName);
        Assert.Equal(FileEvents.CloseWrite, e.Event);
        Assert.Equal("IN_CLOSE_WRITE", e.MaskName);
        Assert.False(e.IsDirectory);
        Assert.Equal("copy", job.Scheduler);
        Assert.Equal(1, job.Attempt);
        Assert.Equal($"WARNING sched: I got IN_CLOSE_WRITE {e.PathName}, task_id={job.TaskId}", Assert.Single(rig.WaitFor("I got")));
        Assert.Contains("task_id=" + job.TaskId, Assert.Single(rig.WaitFor("task finished")));
        Assert.True(await rig.Stop());
        Assert.Single(rig.WaitFor("shutdown complete"));
    }

    [Fact]
    public async Task Names_that_are_not_UTF_8_come_as_bytes_and_as_text_that_stands_for_them()
    {
        await using DaemonRig rig = new();
        TaskCompletionSource<FileEvent> got = new(Apart);
        Scheduler scheduler = new("s", (e, _, _) =>
        {
            got.SetResult(e);
            return ValueTask.CompletedTask;
        });
        await rig.Start(new EventMap().Schedule(FileEvents.MovedTo, scheduler));
        rig.Tree.Write("old");

        rig.Tree.Move("old"u8, [(byte)'n', 0xff]);

        FileEvent e = await DaemonRig.Await(got);
        Assert.Equal([(byte)'n', 0xff], e.PathBytes.ToArray()[^2..]);
        Assert.Equal("n\udcff", e.Name);
        Assert.EndsWith("/old", e.SrcPathName);
        Assert.EndsWith("/old", System.Text.Encoding.UTF8.GetString(e.SrcPathBytes.Span));
        Assert.NotEqual(0u, e.Cookie);
    }

    [Fact]
    public async Task Event_that_cancels_drops_the_delayed_job()
    {
        await using DaemonRig rig = new();
        Scheduler late = new("late", s_nothing) { Delay = TimeSpan.FromHours(1) };
        await rig.Start(new EventMap().Schedule(FileEvents.Create | FileEvents.CloseWrite, late).Cancel(FileEvents.Delete, late));

        rig.Tree.Write("f");
        rig.WaitFor("re-schedule task, delay=3600");
        rig.Tree.Delete("f");

        rig.WaitFor("scheduled task cancelled");
        Assert.Equal(0, rig.Count("start task"));
    }

    [Fact]
    public async Task Job_that_throws_is_tried_again_and_then_handed_over()
    {
        await using DaemonRig rig = new();
        ConcurrentQueue<int> attempts = new();
        TaskCompletionSource<string> failed = new(Apart);
        Scheduler report = new("report", (e, _, _) =>
        {
            failed.SetResult(e.Name);
            return ValueTask.CompletedTask;
        });
        Scheduler broken = new("broken", async (_, job, _) =>
        {
            attempts.Enqueue(job.Attempt);
            await Task.Yield();
            throw new IOException("the disk\nis full");
        })
        {
            Retries = 2,
            RetryDelay = TimeSpan.FromMilliseconds(1),
            OnFailure = report,
        };
        await rig.Start(new EventMap().Schedule(FileEvents.Create, broken));

        rig.Tree.Write("f");

        Assert.Equal("f", await DaemonRig.Await(failed));
        Assert.Equal([1, 2, 3], attempts);
        List<string> lines = rig.WaitFor("task failed", 3);
        Assert.All(lines, line => Assert.Contains(@"error=IOException: the disk\x0ais full", line));
        Assert.All(rig.WaitFor("System.IO.IOException", 3), line => Assert.StartsWith("DEBUG", line));
    }

    [Fact]
    public async Task Job_that_throws_before_its_first_await_has_failed_too()
    {
        await using DaemonRig rig = new();
        await rig.Start(new EventMap().Schedule(FileEvents.Create, new Scheduler("s", (_, _, _) => throw new InvalidOperationException("at once"))));

        rig.Tree.Write("f");

        rig.WaitFor("task failed");
        rig.WaitFor("error=InvalidOperationException: at once");
    }

    [Fact]
    public async Task Success_hands_the_event_over()
    {
        await using DaemonRig rig = new();
        TaskCompletionSource<string> second = new(Apart);
        Scheduler next = new("next", (e, _, _) =>
        {
            second.SetResult(e.MaskName);
            return ValueTask.CompletedTask;
        });
        await rig.Start(new EventMap().Schedule(FileEvents.Create, new Scheduler("first", s_nothing) { OnSuccess = next }));

        rig.Tree.Write("f");

        Assert.Equal("IN_CREATE", await DaemonRig.Await(second));
    }

    [Fact]
    public async Task Timeout_cancels_the_token_and_the_try_has_failed()
    {
        await using DaemonRig rig = new();
        Scheduler slow = new("slow", async (_, _, cancel) => await Task.Delay(Timeout.Infinite, cancel)) { Timeout = TimeSpan.FromMilliseconds(20) };
        await rig.Start(new EventMap().Schedule(FileEvents.Create, slow));

        rig.Tree.Write("f");

        Assert.Contains("error=it ran longer than its timeout", Assert.Single(rig.WaitFor("task failed")));
    }

    [Fact]
    public async Task Job_that_does_not_heed_its_token_keeps_its_path_and_never_runs_twice_at_once()
    {
        await using DaemonRig rig = new();
        TaskCompletionSource release = new(Apart);
        int running = 0;
        int most = 0;
        Scheduler deaf = new("deaf", async (_, _, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await release.Task;
            Interlocked.Decrement(ref running);
        })
        {
            Timeout = TimeSpan.FromMilliseconds(10),
            KillAfter = TimeSpan.FromMilliseconds(10),
            Retries = 1,
            RetryDelay = TimeSpan.Zero,
        };
        await rig.Start(new EventMap().Schedule(FileEvents.Create | FileEvents.CloseWrite, deaf));

        rig.Tree.Write("f");
        rig.WaitFor("the job does not heed its cancellation token; its path waits until it has ended");
        Assert.Equal(0, rig.Count("task failed"));
        release.SetResult();

        rig.WaitFor("task failed");
        rig.WaitFor("task finished");
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Orderly_end_gives_up_a_job_that_heeds_nothing()
    {
        await using DaemonRig rig = new();
        TaskCompletionSource forever = new(Apart);
        Scheduler deaf = new("deaf", async (_, _, _) => await forever.Task) { Timeout = TimeSpan.FromMilliseconds(10), KillAfter = TimeSpan.FromMilliseconds(10) };
        Scheduler late = new("late", async (_, _, _) => await forever.Task) { KillAfter = TimeSpan.FromMilliseconds(10) };
        await rig.Start(
            new EventMap().Schedule(FileEvents.Create, deaf).Schedule(FileEvents.Create, late),
            watch => new Setup { LogLevel = LogLevel.Debug, ShutdownTimeout = TimeSpan.FromMilliseconds(100), Watches = { watch } });
        rig.Tree.Write("f");
        rig.WaitFor("does not heed its cancellation token");
        rig.WaitFor("start task", 2);

        Assert.True(await rig.Stop());

        rig.WaitFor("error=the job goes on, it does not heed its cancellation token");
        rig.WaitFor("task failed", 2);
    }

    [Fact]
    public async Task Blocking_job_holds_up_neither_events_nor_other_jobs()
    {
        await using DaemonRig rig = new();
        using ManualResetEventSlim release = new();
        TaskCompletionSource<string> other = new(Apart);
        Scheduler scheduler = new("s", (e, _, _) =>
        {
            if (e.Name == "blocks")
            {
                release.Wait();
            }
            else
            {
                other.SetResult(e.Name);
            }

            return ValueTask.CompletedTask;
        });
        await rig.Start(new EventMap().Schedule(FileEvents.Create, scheduler));

        rig.Tree.Write("blocks");
        rig.WaitFor("start task");
        rig.Tree.Write("goes");

        Assert.Equal("goes", await DaemonRig.Await(other));
        rig.WaitFor("task finished");
        release.Set();
        rig.WaitFor("task finished", 2);
    }

    [Fact]
    public async Task Limit_of_jobs_at_once_is_kept()
    {
        await using DaemonRig rig = new();
        int running = 0;
        int most = 0;
        Scheduler scheduler = new("s", async (_, _, _) =>
        {
            int now = Interlocked.Increment(ref running);
            most = Math.Max(most, now);
            await Task.Yield();
            Interlocked.Decrement(ref running);
        })
        {
            MaxConcurrency = 1,
        };
        await rig.Start(new EventMap().Schedule(FileEvents.Create, scheduler));

        for (int i = 0; i < 100; i++)
        {
            rig.Tree.Write("f" + i);
        }

        rig.WaitFor("task finished", 100);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Newer_event_restarts_the_job()
    {
        await using DaemonRig rig = new();
        TaskCompletionSource<string> second = new(Apart);
        Scheduler scheduler = new("s", async (e, _, cancel) =>
        {
            if (e.Event == FileEvents.Create)
            {
                await Task.Delay(Timeout.Infinite, cancel);
            }

            second.SetResult(e.MaskName);
        })
        {
            OnBusy = BusyPolicy.Restart,
        };
        await rig.Start(new EventMap().Schedule(FileEvents.Create | FileEvents.Attrib, scheduler));

        rig.Tree.Write("f");
        rig.WaitFor("start task");
        rig.Tree.SetMode("f", 0x180);

        Assert.Equal("IN_ATTRIB", await DaemonRig.Await(second));
        rig.WaitFor("task stopped");
    }

    [Fact]
    public async Task Reload_keeps_pending_jobs_and_takes_new_ones()
    {
        await using DaemonRig rig = new();
        Scheduler late = new("same", s_nothing) { Delay = TimeSpan.FromHours(1) };
        await rig.Start(new EventMap().Schedule(FileEvents.Create, late));
        rig.Tree.Write("before");
        rig.WaitFor("schedule task, delay=3600");
        TaskCompletionSource<string> got = new(Apart);
        Scheduler soon = new("same", (e, _, _) =>
        {
            got.SetResult(e.Name);
            return ValueTask.CompletedTask;
        });
        Scheduler other = new("other", s_nothing);

        rig.Daemon.Reload(DaemonRig.SetupOf(new Watch(rig.Tree.Path, new EventMap().Schedule(FileEvents.Create, soon).Schedule(FileEvents.Attrib, other))));

        Assert.Equal("before", await DaemonRig.Await(got));
        rig.Tree.SetMode("before", 0x180);
        rig.WaitFor("task finished", 2);
    }

    [Fact]
    public async Task Orderly_end_waits_for_what_runs()
    {
        await using DaemonRig rig = new();
        TaskCompletionSource release = new(Apart);
        await rig.Start(new EventMap().Schedule(FileEvents.Create, new Scheduler("s", async (_, _, _) => await release.Task)));
        rig.Tree.Write("f");
        rig.WaitFor("start task");

        rig.Daemon.Stop();
        rig.Daemon.Stop();
        rig.WaitFor("told to stop, shutdown");
        Assert.False(rig.Ended.IsCompleted);
        release.SetResult();

        Assert.True(await rig.Stop());
        rig.WaitFor("task finished");
    }

    [Fact]
    public async Task End_at_once_waits_for_nothing()
    {
        await using DaemonRig rig = new();
        TaskCompletionSource forever = new(Apart);
        CancellationToken token = default;
        await rig.Start(new EventMap().Schedule(FileEvents.Create, new Scheduler("s", async (_, _, cancel) =>
        {
            token = cancel;
            await forever.Task;
        })));
        rig.Tree.Write("f");
        rig.WaitFor("start task");

        rig.Daemon.Kill();

        Assert.False(await rig.Ended.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Token_ends_the_daemon_though_it_was_cancelled_before_the_start()
    {
        Daemon daemon = new(new Setup(), _ => { });

        Assert.True(await daemon.RunAsync(new CancellationToken(canceled: true)).WaitAsync(TimeSpan.FromSeconds(30)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => daemon.RunAsync());
    }

    [Fact]
    public async Task State_file_brings_unfinished_jobs_to_the_next_run()
    {
        await using DaemonRig rig = new();
        string state = rig.Tree.Path + ".state";
        try
        {
            Scheduler slow = new("s", async (_, _, cancel) => await Task.Delay(Timeout.Infinite, cancel));
            EventMap map = new EventMap().Schedule(FileEvents.Create, slow);
            await rig.Start(map, watch => new Setup { LogLevel = LogLevel.Debug, StateFile = state, ShutdownTimeout = TimeSpan.Zero, Watches = { watch } });
            rig.Tree.Write("f");
            rig.WaitFor("start task");
            Assert.True(await rig.Stop());
            TaskCompletionSource<string> got = new(Apart);
            Scheduler quick = new("s", (e, _, _) =>
            {
                got.TrySetResult(e.Name);
                return ValueTask.CompletedTask;
            });

            await rig.Start(new EventMap().Schedule(FileEvents.Create, quick), watch => new Setup { StateFile = state, Watches = { watch } });

            Assert.Equal("f", await DaemonRig.Await(got));
            Assert.True(await rig.Stop());
        }
        finally
        {
            File.Delete(state);
        }
    }

    [Fact]
    public async Task Missing_path_that_must_be_there_ends_the_run()
    {
        ConcurrentQueue<string> lines = new();
        Watch watch = new("/nonexistent-pyinotifyd", new EventMap()) { FailIfMissing = true };
        Daemon daemon = new(new Setup { Watches = { watch } }, message => lines.Enqueue(message.Text));

        Assert.False(await daemon.RunAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => daemon.Ready);
        Assert.Contains(lines, line => line.Contains("/nonexistent-pyinotifyd", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_of_the_program_that_blocks_or_throws_holds_up_nothing()
    {
        await using DaemonRig rig = new();
        using ManualResetEventSlim release = new();
        TaskCompletionSource<string> got = new(Apart);
        Scheduler scheduler = new("s", (e, job, _) =>
        {
            for (int i = 0; i < 40_000; i++)
            {
                job.Log(LogLevel.Info, "line");
            }

            got.SetResult(e.Name);
            return ValueTask.CompletedTask;
        });
        ConcurrentQueue<string> lines = new();
        void Receive(LogMessage message)
        {
            release.Wait();
            lines.Enqueue(message.Text);
        }

        Daemon daemon = new(DaemonRig.SetupOf(new Watch(rig.Tree.Path, new EventMap().Schedule(FileEvents.Create, scheduler))), Receive);
        Task<bool> ended = daemon.RunAsync();
        await daemon.Ready;
        rig.Tree.Write("f");

        Assert.Equal("f", await DaemonRig.Await(got));
        release.Set();
        daemon.Stop();
        Assert.True(await ended.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains(lines, line => line.Contains("messages were dropped because the program's own log did not take them", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Watching_leaves_the_current_directory_of_the_program_alone()
    {
        string before = Environment.CurrentDirectory;
        await using DaemonRig rig = new();
        TaskCompletionSource<string> got = new(Apart);
        await rig.Start(new EventMap().Schedule(FileEvents.Create, new Scheduler("s", (_, _, _) =>
        {
            got.SetResult(Environment.CurrentDirectory);
            return ValueTask.CompletedTask;
        })));

        rig.Tree.Write("f");

        Assert.Equal(before, await DaemonRig.Await(got));
        Assert.Equal(before, Environment.CurrentDirectory);
    }

    [Fact]
    public void What_cannot_be_is_refused_before_anything_runs()
    {
        EventMap map = new();
        Assert.Contains("absolute path, found 'relative'", Assert.Throws<ArgumentException>(() => new Watch("relative", map)).Message);
        Assert.Contains("regular expression '('", Assert.Throws<ArgumentException>(() => new Watch("/a", map) { ExcludeFilter = ["("] }).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Scheduler("s", s_nothing) { Delay = TimeSpan.FromSeconds(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => map.Schedule((FileEvents)0x10000, new Scheduler("s", s_nothing)));
        EventMap twice = new EventMap().Schedule(FileEvents.Create, new Scheduler("s", s_nothing)).Cancel(FileEvents.Delete, new Scheduler("s", s_nothing));
        Assert.Contains("two schedulers with the name 's'", Assert.Throws<ArgumentException>(() => new Daemon(new Setup { Watches = { new Watch("/a", twice) } })).Message);
        Watch changed = new("/a", map) { ScanOnStart = StartScan.Changed };
        Assert.Contains("needs a StateFile", Assert.Throws<ArgumentException>(() => new Daemon(new Setup { Watches = { changed } })).Message);
    }

    [Fact]
    public void Events_of_a_map_do_what_was_stated_last_for_them()
    {
        Scheduler one = new("one", s_nothing) { OnSuccess = new Scheduler("after", s_nothing) };
        EventMap map = new EventMap().Schedule(FileEvents.All, one).Ignore(FileEvents.Open | FileEvents.Access).Cancel(FileEvents.Delete, one);

        PyInotifyd.Engine.Model.EngineSpec spec = new Setup { Watches = { new Watch("/a/../b//c/", map) } }.ToSpec();

        PyInotifyd.Engine.Model.WatchSpec watch = Assert.Single(spec.Watches);
        Assert.Equal("/b/c"u8.ToArray(), watch.Path.ToArray());
        Assert.Equal(PyInotifyd.Engine.Model.EventMask.All & ~(PyInotifyd.Engine.Model.EventMask.Open | PyInotifyd.Engine.Model.EventMask.Access), watch.EventMap.Mapped);
        Assert.Equal([false, true], watch.EventMap[PyInotifyd.Engine.Model.EventNames.Slot(PyInotifyd.Engine.Model.EventMask.Delete)].Select(action => action.IsCancel));
        Assert.Equal(["one", "after"], spec.Schedulers.Select(scheduler => scheduler.Name));
    }
}
