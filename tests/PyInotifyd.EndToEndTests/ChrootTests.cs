using System;
using System.IO;
using System.Linq;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>A whole run where there is nothing but busybox and a configuration: no /proc, no /etc, no /dev, no environment.</summary>
public sealed class ChrootTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Daemon_does_its_job_in_a_chroot_of_busybox_alone(bool withoutEnvironment)
    {
        using TempTree tree = new();
        tree.MakeDirectory("bin");
        tree.MakeDirectory("w/old");
        tree.MakeDirectory("out");
        File.Copy("/bin/busybox", tree.PathOf("bin/busybox"));
        tree.Link("bin/busybox", "bin/sh");
        File.Copy(PublishedBinary.X64, tree.PathOf("pyinotifyd"));
        tree.Write("config.json", """
            {
              "control_socket": null,
              "include": ["conf/*.json"],
              "logging": { "syslog": [ { "address": "/dev/log" } ] },
              "schedulers": {
                "shell": { "type": "shell", "cmd": "/bin/busybox cat {pathname} > /out/{name}; echo done" },
                "exec": { "type": "exec", "argv": ["/bin/busybox", "touch", "/out/{name}.exec"], "delay": "100ms" },
                "path": { "type": "exec", "argv": ["busybox", "touch", "/out/{name}.path"] },
                "cancelled": { "type": "exec", "argv": ["/bin/busybox", "touch", "/out/{name}.never"], "delay": "1h" }
              },
              "watches": [ { "path": "/w", "rec": true, "auto_add": true,
                "event_map": { "IN_CLOSE_WRITE": ["shell", "exec", "cancelled"], "IN_MOVED_TO": "path", "IN_DELETE": { "cancel": "cancelled" } } } ]
            }
            """);
        using DaemonProcess daemon = DaemonProcess.Start("{}", start =>
        {
            start.ArgumentList.Clear();
            string[] words = Libc.geteuid() == 0 ? ["chroot", tree.Path, "/pyinotifyd", "-c", "/config.json"] : ["unshare", "--map-root-user", "--root=" + tree.Path, "/pyinotifyd", "-c", "/config.json"];
            start.FileName = words[0];
            foreach (string word in words[1..])
            {
                start.ArgumentList.Add(word);
            }

            if (withoutEnvironment)
            {
                string path = start.Environment["PATH"]!;
                start.Environment.Clear();
                start.FileName = path.Split(':').Select(folder => Path.Combine(folder, words[0])).First(File.Exists);
            }
        });
        daemon.WaitForReady();

        tree.Write("w/plain", "one");
        tree.Write("w/old/deep", "two");
        tree.MakeDirectory("w/new/a/b");
        tree.Write("w/new/a/b/at-once", "three");
        tree.Write("w/gone", "four");
        daemon.WaitForCount(4, "delay=3600");
        tree.Delete("w/gone");
        daemon.WaitFor("scheduled task cancelled");
        tree.Move("w/plain", "w/moved");
        tree.MakeDirectory("out/dir");
        tree.Write("out/dir/inside", "five");
        tree.Move("out/dir", "w/dir");
        string[] wanted = ["at-once", "at-once.exec", "deep", "deep.exec", "inside", "inside.exec", "moved.path", "plain", "plain.exec"];
        daemon.WaitUntil(log => wanted.All(name => log.Any(line => line.Contains("execute", StringComparison.Ordinal) && line.Contains("/out/" + name, StringComparison.Ordinal))));
        daemon.Signal(Libc.SIGHUP);
        daemon.WaitForCount(2, "ready, watching");

        Assert.Equal(0, daemon.Stop());
        Assert.Equal("three", tree.ReadText("out/at-once"));
        Assert.Equal("two", tree.ReadText("out/deep"));
        Assert.Equal("five", tree.ReadText("out/inside"));
        Assert.All(wanted, name => Assert.True(tree.Exists("out/" + name), daemon.WithLog(name)));
        Assert.DoesNotContain(tree.List("out"), name => Encoding.UTF8.GetString(name).EndsWith(".never", StringComparison.Ordinal));
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("task failed", StringComparison.Ordinal) && !line.Contains("gone", StringComparison.Ordinal));
        Assert.Contains(daemon.Log(), line => line.EndsWith("line=done", StringComparison.Ordinal));
        Assert.EndsWith("shutdown complete", daemon.Log()[^1]);

        // Nothing was made that nobody asked for: no /dev, no /tmp, no /run.
        Assert.Equal(["bin", "config.json", "out", "pyinotifyd", "w"], tree.List().Select(Encoding.UTF8.GetString));
    }
}
