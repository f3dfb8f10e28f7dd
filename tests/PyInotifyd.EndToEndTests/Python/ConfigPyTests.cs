using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Python;

/// <summary>Configurations of the original: they run as they are, and their jobs in one Python process.</summary>
public sealed class ConfigPyTests
{
    private const string Jobs =
        """
        print("executed")
        runs = 0

        async def part(n):
            await asyncio.sleep(0.01)
            return n

        async def custom_job(event, task_id):
            global runs
            runs += sum(await asyncio.gather(part(0), part(1)))
            logging.info(f"{task_id}: execute example task: {event} run {runs} of FIRST")
            logging.getLogger("mine").warning("is dir: %s", event.dir)
            if event.name == "fails":
                raise ValueError("it failed")
            if event.name == "waits":
                try:
                    await asyncio.sleep(1000)
                finally:
                    print("cleaned up")

        task_sched = TaskScheduler(job=custom_job, files=True, dirs=True)
        event_map = {"IN_CLOSE_WRITE": task_sched, "IN_MOVED_TO": task_sched, "IN_DELETE": Cancel(task_sched)}
        pyinotifyd = Pyinotifyd(shutdown_timeout=1)
        pyinotifyd.add_watch(path="SOURCE", event_map=event_map, rec=True, auto_add=True)

        """;

    public static TheoryData<int> Blocks => [.. Enumerable.Range(0, CodeBlocks("# Examples", "# End").Count)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Every_example_of_the_original_is_a_configuration(int number)
    {
        using TempTree tree = new();
        tree.Write("config.py", CodeBlocks("# Examples", "# End")[number]);

        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["-t", "-c", tree.PathOf("config.py")]);

        Assert.True(result is { ExitStatus: 0, Output: "config file ok\n" }, result.Error);
        Assert.Equal(number == 1, result.Error.Contains("config.py:7: warning: event map: 'IN_WRITE_CLOSE' is taken as 'IN_CLOSE_WRITE', which is the right spelling\n"));
    }

    [Fact]
    public void All_that_the_original_documents_about_its_configuration_makes_one_together()
    {
        using TempTree tree = new();
        tree.Write("config.py", string.Join('\n', CodeBlocks("# Configuration", "# Examples")));

        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["-t", "-c", tree.PathOf("config.py")]);

        Assert.True(result is { ExitStatus: 0, Output: "config file ok\n" }, result.Error);
        Assert.Contains("'lglevel' is taken as 'loglevel'", result.Error);
        Assert.Contains("'name' is taken as 'logname'", result.Error);
    }

    [Fact]
    public void Job_runs_with_the_events_and_messages_of_the_original()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree);
        daemon.WaitForReady();

        tree.Write("src/a b", "x");
        string run = daemon.WaitFor("run 1 of FIRST");
        string path = tree.PathOf("src/a b");
        Assert.Matches(
            "pyinotifyd/root - INFO - (?<id>[0-9a-f]+): execute example task: <Event dir=False mask=0x8 maskname=IN_CLOSE_WRITE name=a b path="
                + Regex.Escape(tree.PathOf("src")) + " pathname=" + Regex.Escape(path) + " wd=[1-9][0-9]* > run 1 of FIRST, task_id=\\k<id>$",
            run);
        string id = run[(run.LastIndexOf('=') + 1)..];
        daemon.WaitFor(line => Regex.IsMatch(line, "pyinotifyd/sched - INFO - start task, mask=IN_CLOSE_WRITE, path=" + Regex.Escape(path) + ", task_id=" + id + "$"));
        daemon.WaitFor("pyinotifyd/mine - WARNING - is dir: False");
        daemon.WaitFor(line => line.Contains("pyinotifyd/sched - INFO - task finished, ", StringComparison.Ordinal) && line.EndsWith("task_id=" + id, StringComparison.Ordinal));

        tree.Move("src/a b", "src/c");
        Assert.Contains(" src_pathname=" + path + " ", daemon.WaitFor("run 2 of FIRST"));
        Assert.Equal(0, daemon.Stop());
        Assert.Single(daemon.Log(), line => line.EndsWith("executed", StringComparison.Ordinal));
    }

    [Fact]
    public void Exception_of_a_job_is_logged_with_its_lines_and_fails_that_task_alone()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree);
        daemon.WaitForReady();

        tree.Write("src/fails");
        daemon.WaitFor("task failed, ");
        tree.Write("src/works");
        daemon.WaitFor("task finished, ");

        string[] log = daemon.Log();
        Assert.Contains(log, line => line.Contains("pyinotifyd/sched - ERROR - Traceback (most recent call last):", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("config.py\", line 14, in custom_job", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("task failed, ", StringComparison.Ordinal) && line.Contains("error=ValueError: it failed", StringComparison.Ordinal));
        Assert.DoesNotContain(log, line => line.Contains("File \"pyinotifyd\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Shutdown_cancels_a_job_which_may_clean_up()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree);
        daemon.WaitForReady();
        tree.Write("src/waits");
        daemon.WaitFor("run 1 of FIRST");

        Assert.Equal(0, daemon.Stop());

        Assert.Contains(daemon.Log(), line => line.Contains("ongoing task cancelled", StringComparison.Ordinal));
        Assert.Contains(daemon.Log(), line => line.Contains("cleaned up", StringComparison.Ordinal));
    }

    [Fact]
    public void Reload_takes_the_new_jobs_and_a_broken_file_changes_nothing()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree);
        daemon.WaitForReady();

        tree.Write("config.py", Text(tree).Replace("FIRST", "SECOND", StringComparison.Ordinal));
        int mark = daemon.Mark();
        daemon.Signal(Libc.SIGHUP);
        daemon.WaitForAfter(mark, line => line.Contains("ready, watching", StringComparison.Ordinal));
        tree.Write("src/a");
        daemon.WaitFor("run 1 of SECOND");

        tree.Write("config.py", "import os\n\nraise KeyError('x')\n");
        daemon.Signal(Libc.SIGHUP);
        daemon.WaitFor("config.py:3: KeyError: 'x'");
        daemon.WaitFor("the configuration has errors, nothing is changed");
        tree.Write("src/b");
        daemon.WaitFor("run 2 of SECOND");
    }

    [Fact]
    public async Task Reload_by_hand_is_answered_when_Python_has_executed_the_file()
    {
        using TempTree tree = Tree();
        string waiting = $"import os, time\nwhile not os.path.exists('{tree.PathOf("go")}'): time.sleep(0.01)\n" + Text(tree);
        tree.Write("config.py", waiting);
        tree.Write("go");

        // The socket of root is one for the whole machine: this daemon has a /run of its own.
        using DaemonProcess daemon = Start(tree, start =>
        {
            start.ArgumentList.Clear();
            foreach (string word in (string[])["-m", "sh", "-ec", "mount -t tmpfs none /run; exec \"$@\"", "sh", start.FileName, "-c", tree.PathOf("config.py")])
            {
                start.ArgumentList.Add(word);
            }

            start.FileName = "unshare";
        });
        daemon.WaitForReady();
        CommandResult Ask(params string[] words) => CommandResult.Of("nsenter", ["-m", "-t", daemon.Id.ToString(CultureInfo.InvariantCulture), "--", PublishedBinary.X64, .. words]);
        Task<CommandResult> Reload() => Task.Run(() => Ask("reload"));
        bool IsReloading() => Ask("status", "--json").Output.Contains("\"state\":\"reloading\"", StringComparison.Ordinal);

        tree.Delete("go");
        Task<CommandResult> first = Reload();
        Assert.True(Until(IsReloading));
        Task<CommandResult> second = Reload();
        daemon.WaitForCount(2, "control: reload");
        Assert.False(first.IsCompleted);
        tree.Write("go");
        Assert.Equal(new CommandResult(0, "", ""), await first);
        Assert.Equal(new CommandResult(0, "", ""), await second);
        Assert.False(IsReloading());

        tree.Write("config.py", "import os\n\nraise KeyError('x')\n");
        CommandResult broken = Ask("reload");
        Assert.Equal(1, broken.ExitStatus);
        Assert.Equal($"pyinotifyd: the configuration has errors, nothing is changed\n{tree.PathOf("config.py")}:3: KeyError: 'x'\n", broken.Error);

        tree.Write("config.py", waiting);
        tree.Delete("go");
        Task<CommandResult> late = Reload();
        Assert.True(Until(IsReloading));
        Assert.Equal(0, daemon.Stop());
        Assert.Equal(new CommandResult(1, "", "pyinotifyd: the daemon is shutting down\n"), await late);
    }

    [Fact]
    public void Python_that_dies_is_started_again_and_its_task_runs_again()
    {
        using TempTree tree = Tree();
        using DaemonProcess daemon = Start(tree);
        daemon.WaitForReady();
        tree.Write("src/waits");
        daemon.WaitFor("run 1 of FIRST");

        string started = daemon.WaitFor("worker python started, pid=");
        Libc.kill(int.Parse(started[(started.LastIndexOf('=') + 1)..]), Libc.SIGKILL);

        daemon.WaitForCount(2, "run 1 of FIRST");
    }

    [Fact]
    public void What_convert_prints_is_a_configuration_that_does_the_same()
    {
        using TempTree tree = Tree();
        CommandResult converted = CommandResult.Of(PublishedBinary.X64, ["convert", tree.PathOf("config.py")]);
        Assert.Equal(0, converted.ExitStatus);

        using DaemonProcess daemon = DaemonProcess.Start(converted.Output);
        daemon.WaitForReady();
        tree.Write("src/a");
        daemon.WaitFor("run 1 of FIRST");
    }

    [Fact]
    public void Explain_reads_the_file_without_running_anything_of_it_but_the_file()
    {
        using TempTree tree = Tree();
        tree.Write("config.py", $"r = FileManagerRule('move', r'^(.*)\\.in$', r'\\1.out')\ns = FileManagerScheduler(r)\npyinotifyd = Pyinotifyd(Watch('{tree.PathOf("src")}', default_sched=s))\n");

        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["explain", "-c", tree.PathOf("config.py"), tree.PathOf("src/x.in")]);

        Assert.Contains(tree.PathOf("src/x.out"), result.Output);
        Assert.Equal(0, result.ExitStatus);
    }

    [Fact]
    public void Without_jobs_no_Python_stays()
    {
        using TempTree tree = Tree();
        tree.Write("config.py", $"s = ShellScheduler('echo ran {{pathname}}')\npyinotifyd = Pyinotifyd(Watch('{tree.PathOf("src")}', {{'IN_CLOSE_WRITE': s}}))\n");
        using DaemonProcess daemon = Start(tree);
        daemon.WaitForReady();

        Assert.Empty(File.ReadAllText($"/proc/{daemon.Id}/task/{daemon.Id}/children"));
        tree.Write("src/a");
        daemon.WaitFor("ran " + tree.PathOf("src/a"));
    }

    [Fact]
    public void Python_that_executes_an_endless_file_ends_with_the_daemon()
    {
        using TempTree tree = Tree();
        tree.Write("config.py", $"import os\nopen('{tree.PathOf("pid")}', 'w').write(str(os.getpid()))\nos.rename('{tree.PathOf("pid")}', '{tree.PathOf("done")}')\nwhile True:\n    pass\n");
        using DaemonProcess daemon = Start(tree);
        Assert.True(Until(() => File.Exists(tree.PathOf("done"))));
        int python = int.Parse(File.ReadAllText(tree.PathOf("done")));

        daemon.Signal(Libc.SIGTERM);

        daemon.WaitForExit();
        Assert.True(Until(() => !Directory.Exists($"/proc/{python}") || File.ReadAllText($"/proc/{python}/stat").Contains(") Z ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Errors_of_the_file_are_a_line_each_and_no_stack_unless_it_is_asked_for()
    {
        using TempTree tree = Tree();
        tree.Write("config.py", "def f():\n    return 1 / 0\nf()\n");
        string file = tree.PathOf("config.py");

        Assert.Equal(new CommandResult(1, "", file + ":2: ZeroDivisionError: division by zero\n"), CommandResult.Of(PublishedBinary.X64, ["-c", file]));
        Assert.StartsWith("Traceback (most recent call last):\n  File \"" + file + "\", line 3", CommandResult.Of(PublishedBinary.X64, ["-d", "-t", "-c", file]).Error);
    }

    private static bool Until(Func<bool> condition)
    {
        long end = Environment.TickCount64 + (long)DaemonProcess.DefaultDeadline.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
            {
                return false;
            }

            System.Threading.Thread.Yield();
        }

        return true;
    }

    private static TempTree Tree()
    {
        TempTree tree = new();
        tree.MakeDirectory("src");
        tree.Write("config.py", Text(tree));
        return tree;
    }

    private static string Text(TempTree tree) => Jobs.Replace("SOURCE", tree.PathOf("src"), StringComparison.Ordinal);

    private static DaemonProcess Start(TempTree tree, Action<ProcessStartInfo>? prepare = null) => DaemonProcess.Start("", start =>
    {
        start.ArgumentList.Clear();
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(tree.PathOf("config.py"));
        prepare?.Invoke(start);
    });

    private static List<string> CodeBlocks(string from, string to)
    {
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "OriginalReadme.md")) + "\n# End";
        int start = text.IndexOf("\n" + from + "\n", StringComparison.Ordinal);
        text = text[start..text.IndexOf("\n" + to, start + 1, StringComparison.Ordinal)];
        return [.. Regex.Matches(text, "```python\n(.*?)```", RegexOptions.Singleline).Select(m => m.Groups[1].Value)];
    }
}
