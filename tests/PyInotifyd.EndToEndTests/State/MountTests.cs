using System;
using System.Diagnostics;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>Roots on file systems that come and go, in a mount namespace of the daemon's own: the machine's mounts are not touched.</summary>
public sealed class MountTests
{
    [Fact]
    public void Root_that_is_mounted_over_unmounted_and_mounted_again_is_followed()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.MakeDirectory("disk");
        using DaemonProcess daemon = Start(tree, $"mount -t tmpfs none {tree.PathOf("disk")} && echo old > {tree.PathOf("disk/old")} && sleep 1");
        tree.Write("w/under", "x");
        daemon.WaitFor("task finished");
        string space = $"nsenter -m -t {daemon.Id} sh -ec ";
        Run(space, $"mount --bind {tree.PathOf("disk")} {tree.PathOf("w")}");
        daemon.WaitFor("is another directory now");
        daemon.WaitFor("is there, start listening");
        Run(space, $"echo x > {tree.PathOf("w/on-disk")}");
        daemon.WaitForCount(2, "task finished");
        Run(space, $"umount {tree.PathOf("w")}; echo x > {tree.PathOf("disk/while-away")}");
        daemon.WaitForCount(2, "is there, start listening");
        tree.Write("w/under-again", "x");
        daemon.WaitForCount(3, "w/under-again,");
        Run(space, $"mount --bind {tree.PathOf("disk")} {tree.PathOf("w")}");
        daemon.WaitFor(line => line.Contains("start task", StringComparison.Ordinal) && line.Contains("w/while-away,", StringComparison.Ordinal));
        daemon.WaitUntil(log => log.Count(line => line.Contains("task finished", StringComparison.Ordinal)) == log.Count(line => line.Contains("start task", StringComparison.Ordinal)));
        Assert.Equal(0, daemon.Stop());
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("w/old", StringComparison.Ordinal));
    }

    private static void Run(string space, string script)
    {
        CommandResult result = CommandResult.Of("/bin/sh", ["-c", space + "'" + script + "'"]);
        Assert.True(result.ExitStatus == 0, result.Error);
    }

    private static DaemonProcess Start(TempTree tree, string before)
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { "s": { "type": "shell", "cmd": "true {pathname}" } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s" } } ]
            }
            """,
            start =>
            {
                string binary = start.FileName;
                start.FileName = "/usr/bin/unshare";
                string[] wrapper = ["-m", "--propagation", "private", "sh", "-ec", before + "; exec \"$0\" \"$@\"", binary];
                for (int i = 0; i < wrapper.Length; i++)
                {
                    start.ArgumentList.Insert(i, wrapper[i]);
                }
            });
        daemon.WaitForReady();
        return daemon;
    }
}
