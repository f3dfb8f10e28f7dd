using System.Diagnostics;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>Limits of the kernel, set in a user namespace of the daemon's own: the machine's are not touched.</summary>
public sealed class LimitTests
{
    [Fact]
    public void Limit_of_watches_is_named_the_rest_is_polled_and_all_is_well_once_it_is_raised()
    {
        using TempTree tree = new();
        foreach (string name in (string[])["a", "b", "c", "d"])
        {
            tree.MakeDirectory("w/" + name);
        }

        using DaemonProcess daemon = Start(tree, "echo 3 > /proc/sys/user/max_inotify_watches");
        string error = daemon.WaitFor("the limit of inotify watches is reached");
        Assert.Contains(" of 3)", error, System.StringComparison.Ordinal);
        Assert.Contains("sysctl fs.inotify.max_user_watches=", error, System.StringComparison.Ordinal);
        daemon.WaitForReady();
        foreach (string name in (string[])["a", "b", "c", "d"])
        {
            tree.Write($"w/{name}/f", "x");
            daemon.WaitFor($"start task, mask=IN_CLOSE_WRITE, path={tree.PathOf($"w/{name}/f")},");
        }

        CommandResult raise = CommandResult.Of("/usr/bin/nsenter", ["-U", "-t", daemon.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), "sh", "-c", "echo 1000 > /proc/sys/user/max_inotify_watches"]);
        Assert.True(raise.ExitStatus == 0, raise.Error);
        daemon.WaitFor("all directories are watched again, 5 in all");
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Limit_of_instances_is_named_with_its_value()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        using DaemonProcess daemon = Start(tree, "echo 0 > /proc/sys/user/max_inotify_instances");
        Assert.Equal(1, daemon.WaitForExit());
        string line = Assert.Single(daemon.Log(), l => l.Contains("ERROR", System.StringComparison.Ordinal));
        Assert.Contains("the limit of inotify instances is reached (0 for each user)", line, System.StringComparison.Ordinal);
        Assert.Contains("sysctl fs.inotify.max_user_instances=", line, System.StringComparison.Ordinal);
    }

    private static DaemonProcess Start(TempTree tree, string limit) => DaemonProcess.Start(
        $$"""
        {
          "control_socket": null,
          "schedulers": { "s": { "type": "shell", "cmd": "true" } },
          "watches": [ { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "poll": "1s", "event_map": { "IN_CLOSE_WRITE": "s" } } ]
        }
        """,
        start =>
        {
            string binary = start.FileName;
            start.FileName = "/usr/bin/unshare";
            string[] wrapper = ["-U", "-r", "sh", "-ec", limit + "; exec \"$0\" \"$@\"", binary];
            for (int i = 0; i < wrapper.Length; i++)
            {
                start.ArgumentList.Insert(i, wrapper[i]);
            }
        });
}
