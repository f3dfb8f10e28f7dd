using System;
using System.Linq;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Control;

/// <summary>A reload that has to ask a name service that does not answer.</summary>
public sealed class SlowReloadTests
{
    [Fact]
    public void Daemon_works_and_answers_while_a_reload_waits_for_the_name_service()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");

        // Knows everybody, once it answers.
        tree.Write("getent", $"#!/bin/sh\nwhile [ ! -e {tree.PathOf("go")} ]; do sleep 0.05; done\n[ \"$1\" != passwd ] || echo \"$2:x:4242:4242::/:/bin/sh\"\n");
        tree.SetMode("getent", 0x1ED); // 0755
        using DaemonProcess daemon = DaemonProcess.Start(
            Configuration(tree, ""),
            start =>
            {
                string[] words = [start.FileName, .. start.ArgumentList];
                start.FileName = "unshare";
                start.ArgumentList.Clear();
                foreach (string word in (string[])["--mount", "sh", "-c", "mount --bind \"$0\" /usr/bin/getent && exec \"$@\"", tree.PathOf("getent"), .. words])
                {
                    start.ArgumentList.Add(word);
                }
            });
        daemon.WaitForReady();

        // Seconds for each of them.
        string slow = string.Concat(Enumerable.Range(0, 8).Select(i => $"\"s{i}\": {{ \"type\": \"shell\", \"cmd\": \"true\", \"user\": \"ghost{i}\" }}, "));
        daemon.Reload(Configuration(tree, slow));
        ProcessState.Await(() => State(tree) == "reloading", "the state while the file is read");
        tree.Write("w/meanwhile");
        daemon.WaitFor(line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("w/meanwhile,", StringComparison.Ordinal));

        // What was not answered in time is an error of the first one, so another one overtakes it.
        tree.Write("go");
        CommandResult reload = CommandResult.Of(PublishedBinary.X64, ["reload", "-s", tree.PathOf("s")], TimeSpan.FromSeconds(60));
        Assert.Equal(new CommandResult(0, "", ""), reload);
        Assert.Equal("ready", State(tree));

        daemon.Reload("{ nonsense");
        reload = CommandResult.Of(PublishedBinary.X64, ["reload", "-s", tree.PathOf("s")], TimeSpan.FromSeconds(60));
        Assert.Equal(1, reload.ExitStatus);
        Assert.Contains("$: expected a name", reload.Error);
        Assert.Equal(0, daemon.Stop());
    }

    private static string State(TempTree tree)
    {
        string status = CommandResult.Of(PublishedBinary.X64, ["status", "--json", "-s", tree.PathOf("s")]).Output;
        const string Key = "\"state\":\"";
        int start = status.IndexOf(Key, StringComparison.Ordinal) + Key.Length;
        return status[start..status.IndexOf('"', start)];
    }

    private static string Configuration(TempTree tree, string more) =>
        $$"""
        {
          "control_socket": "{{tree.PathOf("s")}}",
          "schedulers": { {{more}}"s": { "type": "shell", "cmd": "true" } },
          "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CREATE": "s" } } ]
        }
        """;
}
