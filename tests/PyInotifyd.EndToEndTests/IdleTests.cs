using System;
using System.IO;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>A daemon with nothing to do does nothing.</summary>
public sealed class IdleTests
{
    // The runtime's thread for signals goes on looking for a while after the last one.
    private static readonly TimeSpan s_afterSignal = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_watched = TimeSpan.FromSeconds(10);

    [Fact]
    public void Idle_daemon_makes_no_system_call()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": "{{tree.PathOf("s")}}", "shutdown_timeout": 0,
              "schedulers": { "s": { "type": "shell", "cmd": "true" }, "later": { "type": "shell", "cmd": "true", "delay": "1h" } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s", "IN_CREATE": "later" } } ]
            }
            """,
            start =>
            {
                // What others mount it has to look at; in a namespace of its own nobody mounts anything.
                string[] words = ["-m", "--propagation", "private", start.FileName, .. start.ArgumentList];
                start.FileName = "unshare";
                start.ArgumentList.Clear();
                foreach (string word in words)
                {
                    start.ArgumentList.Add(word);
                }
            });
        daemon.WaitForReady();

        // Not a fresh one: it has run a task, has one pending, has reloaded, logged its counters and told its status.
        tree.Write("w/f", "x");
        daemon.WaitFor("task finished");
        tree.MakeDirectory("w/d");
        daemon.Signal(Libc.SIGHUP);
        daemon.WaitForCount(2, "ready, watching");
        daemon.Signal(Libc.SIGUSR1);
        daemon.WaitFor("counters of scheduler");
        Assert.Equal(0, CommandResult.Of(PublishedBinary.X64, ["status", "-s", tree.PathOf("s")]).ExitStatus);
        Thread.Sleep(s_afterSignal);
        ProcessState.Await(() => !ProcessState.HasThread(daemon.Id, ".NET TP Worker"), "the threads that signals were handled on to end");

        string trace = tree.PathOf("trace");
        CommandResult result = CommandResult.Of("timeout", ["-s", "INT", $"{s_watched.TotalSeconds}", "strace", "-f", "-q", "-o", trace, "-p", $"{daemon.Id}"], TimeSpan.FromSeconds(60));
        Assert.True(File.Exists(trace), result.Error);
        Assert.DoesNotContain("attach: ", result.Error);

        // What was under way is shown as resumed, and as unfinished or detached at the end; anything else is a call.
        string[] calls = [.. File.ReadAllLines(trace).Where(line => !line.Contains("resuming interrupted", StringComparison.Ordinal)
            && !line.EndsWith("<unfinished ...>", StringComparison.Ordinal) && !line.EndsWith("<detached ...>", StringComparison.Ordinal))];
        Assert.True(calls.Length == 0, string.Join('\n', calls));

        // And it is still there.
        tree.Write("w/g", "x");
        daemon.WaitForCount(2, "task finished");
        Assert.Equal(0, daemon.Stop());
    }
}
