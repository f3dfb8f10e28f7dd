using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>Limits of the kernel, set in a user namespace or for the daemon's own process: the machine's are not touched. Each is named, survived, shown by status, and forgotten once it is raised.</summary>
public sealed class LimitTests
{
    private const string Stranger = "54321";

    [Fact]
    public void Limit_of_watches_is_named_the_rest_is_polled_and_all_is_well_once_it_is_raised()
    {
        using TempTree tree = new();
        foreach (string name in (string[])["a", "b", "c", "d"])
        {
            tree.MakeDirectory("w/" + name);
        }

        using DaemonProcess daemon = StartLimited(tree, "echo 3 > /proc/sys/user/max_inotify_watches");
        string error = daemon.WaitFor("the limit of inotify watches is reached");
        Assert.Contains(" of 3)", error, StringComparison.Ordinal);
        Assert.Contains("sysctl fs.inotify.max_user_watches=", error, StringComparison.Ordinal);
        daemon.WaitForReady();
        AwaitState(tree, daemon, "degraded", "the limit of inotify watches is reached");
        foreach (string name in (string[])["a", "b", "c", "d"])
        {
            tree.Write($"w/{name}/f", "x");
            daemon.WaitFor($"start task, mask=IN_CLOSE_WRITE, path={tree.PathOf($"w/{name}/f")},");
        }

        InNamespace(daemon, "echo 1000 > /proc/sys/user/max_inotify_watches");
        daemon.WaitFor("all directories are watched again, 5 in all");
        AwaitState(tree, daemon, "ready", "");
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Without_an_inotify_instance_everything_is_polled_and_one_is_taken_once_it_is_granted()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w/a");
        tree.Write("w/a/old", "x");
        using DaemonProcess daemon = StartLimited(tree, "echo 0 > /proc/sys/user/max_inotify_instances");
        string error = daemon.WaitFor("the limit of inotify instances is reached (0 for each user)");
        Assert.Contains("sysctl fs.inotify.max_user_instances=", error, StringComparison.Ordinal);
        daemon.WaitForReady();
        AwaitState(tree, daemon, "degraded", "the limit of inotify instances is reached");
        tree.Write("w/a/f", "x");
        daemon.WaitFor($"start task, mask=IN_CLOSE_WRITE, path={tree.PathOf("w/a/f")},");
        tree.MakeDirectory("w/b");
        tree.Write("w/b/g", "x");
        daemon.WaitFor($"start task, mask=IN_CLOSE_WRITE, path={tree.PathOf("w/b/g")},");

        InNamespace(daemon, "echo 10 > /proc/sys/user/max_inotify_instances");
        daemon.WaitFor("all directories are watched again, 3 in all");
        AwaitState(tree, daemon, "ready", "");
        int mark = daemon.Mark();
        tree.Write("w/b/h", "x");
        daemon.WaitForAfter(mark, line => line.Contains("start task", StringComparison.Ordinal) && line.Contains("/w/b/h,", StringComparison.Ordinal));
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("/old", StringComparison.Ordinal));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Without_descriptors_no_task_is_lost_and_all_is_done_once_there_are_some()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w/a/b");
        tree.MakeDirectory("out");
        using DaemonProcess daemon = DaemonProcess.Start(Configuration(tree, $$"""
            "copy": { "type": "filemanager", "rules": [ { "action": "copy", "src_re": "{{tree.Path}}/w/(?:.*/)?(?P<name>[^/]+)", "dst_re": "{{tree.Path}}/out/\\g<name>", "override": true } ] },
            "late": { "type": "shell", "cmd": "true", "delay": "1h" }
            """, "[ \"s\", \"copy\", \"late\" ]"));
        daemon.WaitForReady();
        tree.Write("w/a/b/early", "x");
        daemon.WaitForCount(2, "task finished");

        // The tests may have left it a high number, and a scan may hold a low one for a moment.
        Limit(daemon, "--nofile=" + Enumerable.Range(0, 50).Select(_ => LowestFree(daemon)).Min());
        tree.Write("w/a/b/f", "x");
        tree.MakeDirectory("w/new");
        tree.Write("w/new/g", "x");
        Assert.Contains("EMFILE too many open files in this process (RLIMIT_NOFILE is ", daemon.WaitFor("cannot start task now, it will be tried again"), StringComparison.Ordinal);
        Assert.Contains("raise the limit of open files (ulimit -n, LimitNOFILE=)", daemon.WaitFor($"cannot look at '{tree.PathOf("w")}"), StringComparison.Ordinal);

        // Some scans later nothing has been taken for gone.
        Assert.True(SpinWait.SpinUntil(() => Client(tree).Contains($"cannot look at '{tree.PathOf("w")}", StringComparison.Ordinal), DaemonProcess.DefaultDeadline), daemon.WithLog(Client(tree)));
        AwaitState(tree, daemon, "degraded", "EMFILE too many open files in this process (RLIMIT_NOFILE is ");

        Limit(daemon, "--nofile=1024");
        daemon.WaitFor("all directories are watched again, 4 in all");
        daemon.WaitUntil(log => Finished(log, "s", tree.PathOf("w/a/b/f")) && Finished(log, "s", tree.PathOf("w/new/g"))
            && Finished(log, "copy", tree.PathOf("w/a/b/f")) && Finished(log, "copy", tree.PathOf("w/new/g")));
        AwaitState(tree, daemon, "ready", "");
        Assert.Equal("x", tree.ReadText("out/f"));
        Assert.Equal("x", tree.ReadText("out/g"));
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("task failed", StringComparison.Ordinal) || line.Contains("cancelled", StringComparison.Ordinal) || line.Contains("another directory", StringComparison.Ordinal));
        Assert.Equal(3, Status(tree, daemon).GetProperty("schedulers").GetProperty("late").GetProperty("delayed").GetInt32());
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Without_processes_no_task_is_lost_and_all_is_done_once_there_are_some()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.MakeDirectory("out");
        File.Copy(PublishedBinary.X64, tree.PathOf("pyinotifyd"));
        using DaemonProcess daemon = DaemonProcess.Start(
            Configuration(tree, $$"""
                "copy": { "type": "filemanager", "rules": [ { "action": "copy", "src_re": "{{tree.Path}}/w/(?P<name>[^/]+)", "dst_re": "{{tree.Path}}/out/\\g<name>" } ] }
                """, "[ \"s\", \"copy\" ]"),
            start =>
            {
                start.FileName = tree.PathOf("pyinotifyd");
                if (Libc.geteuid() == 0)
                {
                    // The kernel lets root have as many as it likes.
                    foreach (string path in (string[])[tree.Path, Path.GetDirectoryName(start.ArgumentList[^1])!])
                    {
                        Assert.Equal(0, CommandResult.Of("/usr/bin/chown", ["-R", $"{Stranger}:{Stranger}", path]).ExitStatus);
                    }

                    Wrap(start, "/usr/bin/setpriv", "--reuid=" + Stranger, "--regid=" + Stranger, "--clear-groups");
                }
            });
        daemon.WaitForReady();
        Limit(daemon, "--nproc=1");
        tree.Write("w/f", "x");
        daemon.WaitForCount(2, "cannot start task now, it will be tried again, error=EAGAIN too many processes (RLIMIT_NPROC is 1");
        AwaitState(tree, daemon, "degraded", "EAGAIN too many processes (RLIMIT_NPROC is 1");

        Limit(daemon, "--nproc=1000");
        daemon.WaitForCount(2, "task finished");
        daemon.WaitForCount(2, "can be started again");
        AwaitState(tree, daemon, "ready", "");
        Assert.Equal("x", tree.ReadText("out/f"));
        Assert.Equal(0, daemon.Stop());
    }

    private static int LowestFree(DaemonProcess daemon)
    {
        int[] used = [.. Directory.GetFileSystemEntries($"/proc/{daemon.Id}/fd").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
        return Enumerable.Range(0, 1024).First(fd => !used.Contains(fd));
    }

    private static bool Finished(System.Collections.Generic.IReadOnlyList<string> log, string scheduler, string path) =>
        log.Any(line => line.Contains($"/{scheduler} - ", StringComparison.Ordinal) && line.Contains("task finished", StringComparison.Ordinal) && line.Contains($"path={path},", StringComparison.Ordinal));

    /// <summary>Waits for a state, and sees that all three forms of status tell it.</summary>
    private static void AwaitState(TempTree tree, DaemonProcess daemon, string state, string reason)
    {
        Assert.True(
            SpinWait.SpinUntil(() => Status(tree, daemon).GetProperty("state").GetString() == state, DaemonProcess.DefaultDeadline),
            daemon.WithLog("the state did not become " + state + ": " + Client(tree)));
        string text = Client(tree);
        Assert.Contains("state:       " + state, text, StringComparison.Ordinal);
        Assert.Contains(reason, text, StringComparison.Ordinal);
        Assert.Contains($"pyinotifyd_state{{state=\"{state}\"}} 1\n", Client(tree, "--prometheus"), StringComparison.Ordinal);
        string[] reasons = [.. Status(tree, daemon).GetProperty("degraded_by").EnumerateArray().Select(element => element.GetString()!)];
        Assert.True(reason.Length == 0 ? reasons.Length == 0 : reasons.Any(each => each.Contains(reason, StringComparison.Ordinal)), string.Join('\n', reasons));
    }

    private static System.Text.Json.JsonElement Status(TempTree tree, DaemonProcess daemon)
    {
        string answer = Client(tree, "--json");
        Assert.True(answer.StartsWith('{'), daemon.WithLog(answer));
        return System.Text.Json.JsonDocument.Parse(answer).RootElement;
    }

    private static string Client(TempTree tree, params string[] arguments)
    {
        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["status", .. arguments, "-s", tree.PathOf("sock")]);
        return result.Output + result.Error;
    }

    private static void InNamespace(DaemonProcess daemon, string command)
    {
        CommandResult result = CommandResult.Of("/usr/bin/nsenter", ["-U", "-t", daemon.Id.ToString(CultureInfo.InvariantCulture), "sh", "-c", command]);
        Assert.True(result.ExitStatus == 0, result.Error);
    }

    /// <summary>Sets a soft limit of the daemon, as the user that it runs as.</summary>
    private static void Limit(DaemonProcess daemon, string limit)
    {
        string[] arguments = ["/usr/bin/prlimit", "--pid", daemon.Id.ToString(CultureInfo.InvariantCulture), limit + ":"];
        bool isStranger = File.ReadLines($"/proc/{daemon.Id}/status").Any(line => line.StartsWith("Uid:\t" + Stranger, StringComparison.Ordinal));
        CommandResult result = isStranger
            ? CommandResult.Of("/usr/bin/setpriv", ["--reuid=" + Stranger, "--regid=" + Stranger, "--clear-groups", .. arguments])
            : CommandResult.Of(arguments[0], arguments[1..]);
        Assert.True(result.ExitStatus == 0, result.Error);
    }

    private static DaemonProcess StartLimited(TempTree tree, string limit) =>
        DaemonProcess.Start(Configuration(tree, "", "\"s\""), start => Wrap(start, "/usr/bin/unshare", "-U", "-r", "sh", "-ec", limit + "; exec \"$0\" \"$@\""));

    private static void Wrap(ProcessStartInfo start, params string[] wrapper)
    {
        start.ArgumentList.Insert(0, start.FileName);
        start.FileName = wrapper[0];
        for (int i = 1; i < wrapper.Length; i++)
        {
            start.ArgumentList.Insert(i - 1, wrapper[i]);
        }
    }

    private static string Configuration(TempTree tree, string schedulers, string actions) =>
        $$"""
        {
          "control_socket": "{{tree.PathOf("sock")}}",
          "shutdown_timeout": 0,
          "schedulers": {
            "s": { "type": "shell", "cmd": "true", "logname": "s" }{{(schedulers.Length == 0 ? "" : "," + schedulers.Replace("\"type\": \"filemanager\"", "\"type\": \"filemanager\", \"logname\": \"copy\"", StringComparison.Ordinal))}}
          },
          "watches": [ { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "poll": "250ms", "event_map": { "IN_CLOSE_WRITE": {{actions}} } } ]
        }
        """;
}
