using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Monitor;

/// <summary>How a monitor starts, prints and ends.</summary>
public sealed class MonitorTests
{
    [Theory]
    [InlineData(Libc.SIGINT)]
    [InlineData(Libc.SIGTERM)]
    [InlineData(Libc.SIGHUP)]
    public void Signal_ends_it_after_everything_was_printed(int signal)
    {
        using TempTree tree = new();
        using DaemonProcess monitor = MonitorProcess.Start("-e", "create", "--format", "{name}", tree.Path);
        ProcessState.Suspend(monitor);
        string[] names = [.. Enumerable.Range(0, 5000).Select(i => $"{i}")];
        foreach (string name in names)
        {
            tree.Write(name);
        }

        monitor.Signal(signal);
        monitor.Signal(Libc.SIGCONT);
        Assert.Equal(0, monitor.WaitForExit());
        Assert.Equal(names, monitor.Output());
        Assert.Equal(["ready"], monitor.Log());
    }

    [Fact]
    public void Count_ends_it_after_so_many_events_and_no_more()
    {
        using TempTree tree = new();
        using DaemonProcess monitor = MonitorProcess.Start("--count", "3", "-e", "IN_CREATE", "--format", "{name}", tree.Path);
        ProcessState.Suspend(monitor);
        foreach (string name in (string[])["a", "b", "c", "d"])
        {
            tree.Write(name);
        }

        monitor.Signal(Libc.SIGCONT);
        Assert.Equal(0, monitor.WaitForExit());
        Assert.Equal(["a", "b", "c"], monitor.Output());
    }

    [Fact]
    public void Timeout_without_an_event_is_exit_status_4_and_0_after_one()
    {
        using TempTree tree = new();
        Stopwatch watch = Stopwatch.StartNew();
        CommandResult nothing = Run("--timeout", "300ms", tree.Path);
        Assert.Equal(new CommandResult(4, "", "ready\n"), nothing);
        Assert.True(watch.ElapsedMilliseconds >= 300);

        using DaemonProcess monitor = MonitorProcess.Start("--timeout", "1", "-e", "create", "--format", "{name}", tree.Path);
        watch.Restart();
        tree.Write("a");
        Assert.Equal(0, monitor.WaitForExit());
        Assert.True(watch.ElapsedMilliseconds >= 1000);
        Assert.Equal(["a"], monitor.Output());
    }

    [Fact]
    public void Paths_that_are_not_there_are_all_named_and_nothing_is_watched()
    {
        using TempTree tree = new();
        CommandResult result = Run(tree.PathOf("a"), tree.Path, tree.PathOf("b\n"));
        Assert.Equal(new CommandResult(
            1, "", $"pyinotifyd: cannot watch '{tree.PathOf("a")}': ENOENT no such file or directory\npyinotifyd: cannot watch '{tree.PathOf("b\\x0a")}': ENOENT no such file or directory\n"), result);
    }

    [Fact]
    public void Wrong_usage_is_exit_status_2()
    {
        CommandResult result = Run("--exclude", "a(b", "/tmp");
        Assert.Equal(new CommandResult(2, "", "pyinotifyd: option '--exclude': 'a(b': missing ), unterminated subpattern at position 1 (see pyinotifyd --help)\n"), result);
    }

    [Fact]
    public void Files_links_and_relative_paths_are_watched_under_their_own_names()
    {
        using TempTree tree = new();
        tree.MakeDirectory("d");
        tree.Symlink("d", "link");
        tree.Write("file");
        using DaemonProcess monitor = MonitorProcess.StartOnly("/bin/sh", ["-c", "cd \"$1\" && exec \"$0\" monitor --json -e create,modify ./link file file", PublishedBinary.X64, tree.Path]);
        monitor.WaitFor(line => line == "ready");
        tree.Write("d/a");
        tree.Append("file", "x");
        monitor.WaitForOutput(lines => lines.Length == 2);
        Assert.Equal([$"CREATE {tree.PathOf("link/a")}", $"MODIFY {tree.PathOf("file")}"], monitor.Output().Select(MonitorProcess.Event));
        Assert.Equal(0, monitor.Stop());
    }

    [Fact]
    public void Excluded_directories_are_not_descended_into()
    {
        using TempTree tree = new();
        using DaemonProcess monitor = MonitorProcess.Start("-r", "-e", "create", "--format", "{pathname}", "--exclude", @".*/\.git(/|$)", "--exclude=.*~$", tree.Path);
        foreach (string path in (string[])[".git/x/y", "a/.git", "a/b"])
        {
            tree.MakeDirectory(path);
        }

        tree.Write("a/b/f~");
        tree.Write("a/b/f");
        monitor.WaitForOutput(lines => lines.Contains(tree.PathOf("a/b/f")));
        Assert.Equal([tree.PathOf("a"), tree.PathOf("a/b"), tree.PathOf("a/b/f")], monitor.Output());
        Assert.Equal(0, monitor.Stop());
    }

    [Fact]
    public void A_move_alone_still_says_where_from()
    {
        using TempTree tree = new();
        tree.MakeDirectory("a/d");
        tree.MakeDirectory("b");
        tree.Write("a/f");
        using DaemonProcess monitor = MonitorProcess.Start("-r", "-e", "moved_to", "--format", "{pathname} < {src_pathname}", tree.PathOf("a"), tree.PathOf("b"));
        tree.Move("a/f", "a/g");
        tree.Move("a/d", "b/e");
        tree.Write("out");
        tree.Move("out", "b/o");
        monitor.WaitForOutput(lines => lines.Length == 3);
        Assert.Equal([$"{tree.PathOf("a/g")} < {tree.PathOf("a/f")}", $"{tree.PathOf("b/e")} < {tree.PathOf("a/d")}", $"{tree.PathOf("b/o")} < "], monitor.Output());
        Assert.Equal(0, monitor.Stop());
    }

    [Fact]
    public void Lines_that_end_with_nul_have_names_as_they_are()
    {
        using TempTree tree = new();
        byte[] name = [.. "a\n "u8, 0xff];
        using DaemonProcess monitor = MonitorProcess.StartOnly(
            "/bin/sh", ["-c", "\"$0\" monitor -0 -e create --count 2 --format '{name}' \"$1\" | od -An -v -tx1", PublishedBinary.X64, tree.Path]);
        monitor.WaitFor(line => line == "ready");
        tree.Write(name, default);
        tree.Write("b");
        Assert.Equal(0, monitor.WaitForExit());
        Assert.Equal([" 61 0a 20 ff 00 62 00"], monitor.Output());
    }

    [Fact]
    public void Reader_that_goes_ends_it_without_a_word()
    {
        using TempTree tree = new();
        using DaemonProcess idle = MonitorProcess.StartOnly("/bin/sh", ["-c", "{ \"$0\" monitor \"$1\"; echo \"status $?\" >&2; } | exec true", PublishedBinary.X64, tree.Path]);
        Assert.Equal(0, idle.WaitForExit());
        Assert.Equal(["ready", "status 0"], idle.Log());

        using DaemonProcess busy = MonitorProcess.StartOnly("/bin/sh", ["-c", "{ \"$0\" monitor -e create --format '{name}' \"$1\"; echo \"status $?\" >&2; } | head -1", PublishedBinary.X64, tree.Path]);
        busy.WaitFor(line => line == "ready");
        tree.Write("a");
        Assert.Equal(0, busy.WaitForExit());
        Assert.Equal(["a"], busy.Output());
        Assert.Equal(["ready", "status 0"], busy.Log());
    }

    [Fact]
    public void Output_that_cannot_be_written_is_a_failure()
    {
        using TempTree tree = new();
        using DaemonProcess monitor = MonitorProcess.StartOnly("/bin/sh", ["-c", "exec \"$0\" monitor \"$1\" >/dev/full", PublishedBinary.X64, tree.Path]);
        monitor.WaitFor(line => line == "ready");
        tree.Write("a");
        Assert.Equal(1, monitor.WaitForExit());
        Assert.Equal(2, monitor.Log().Length);
        Assert.StartsWith("pyinotifyd: standard output: ENOSPC no space left", monitor.Log()[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Output_that_grows_in_the_watched_tree_does_not_feed_itself()
    {
        using TempTree tree = new();
        using DaemonProcess monitor = MonitorProcess.StartOnly(
            "/bin/sh", ["-c", "exec \"$0\" monitor -e modify,create --count 3 --format '{maskname} {name}' \"$1\" > \"$1\"/log", PublishedBinary.X64, tree.Path]);
        monitor.WaitFor(line => line == "ready");
        tree.Write("a");
        ProcessState.Await(() => tree.ReadText("log").Length != 0, "the first line");
        tree.Move("log", "renamed");
        tree.Write("b");
        tree.Append("b", "x");
        Assert.Equal(0, monitor.WaitForExit());
        Assert.Equal("IN_CREATE a\nIN_CREATE b\nIN_MODIFY b\n", tree.ReadText("renamed"));
    }

    [Theory]
    [InlineData("", "\e[32mIN_CREATE\e[m a")]
    [InlineData("NO_COLOR=1", "IN_CREATE a")]
    [InlineData("TERM=dumb", "IN_CREATE a")]
    public void Terminal_gets_colours_unless_nobody_wants_them(string environment, string line)
    {
        using TempTree tree = new();
        string command = $"env -u NO_COLOR TERM=xterm {environment} {PublishedBinary.X64} monitor -e create --count 1 --format '{{maskname}} {{name}}' {tree.Path}";
        using DaemonProcess script = MonitorProcess.StartOnly("/usr/bin/python3", ["-c", "import pty, sys; pty.spawn(['/bin/sh', '-c', sys.argv[1]])", command]);
        script.WaitForOutput(lines => lines.Contains("ready"));
        tree.Write("a");
        script.WaitForExit();
        Assert.Equal(["ready", line], script.Output());
    }

    [Fact]
    public void Large_set_up_shows_its_progress_on_a_terminal_only_and_does_not_see_its_own_looks()
    {
        using TempTree tree = new();
        for (int i = 0; i < 60; i++)
        {
            for (int j = 0; j < 100; j++)
            {
                tree.MakeDirectory($"{i}/{j}");
            }
        }

        // strace slows it down, so that there is progress to be seen. With all events the looks of the walk itself are more than the kernel's queue holds.
        CommandResult slow = CommandResult.Of(
            "/usr/bin/python3",
            ["-c", "import pty, sys; pty.spawn(sys.argv[1:])", "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=inotify_add_watch", "-e", "inject=inotify_add_watch:delay_enter=1000", PublishedBinary.X64, "monitor", "-r", "--timeout", "50ms",
                .. Enumerable.Range(0, 7).Select(i => tree.PathOf($"{i}"))]);
        Assert.Matches("^(\r\e\\[Kwatching \\d+ directories so far)+\r\e\\[Kready\r\n$", slow.Output);

        CommandResult result = Run("-r", "--timeout", "50ms", tree.Path);
        Assert.Equal(new CommandResult(4, "", "ready\n"), result);
    }

    private static CommandResult Run(params string[] arguments) => CommandResult.Of(PublishedBinary.X64, ["monitor", .. arguments]);
}
