using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Workers;

/// <summary>Workers in Python under the published binary: good ones, bad ones, and such as die.</summary>
public sealed class WorkerTests
{
    private const string Prelude = """
        import json, os, sys, time
        def say(**message):
            sys.stdout.write(json.dumps(message) + "\n")
            sys.stdout.flush()
        def tasks():
            for line in iter(sys.stdin.readline, ""):
                message = json.loads(line)
                if "cancel" in message:
                    print("cancel " + message["cancel"], file=sys.stderr, flush=True)
                else:
                    yield message

        """;

    private const string Echo = "for task in tasks(): say(id=task['id'], status='ok')\n";

    [Fact]
    public void Task_goes_to_the_worker_with_its_event_and_ends_with_the_answer()
    {
        using TempTree tree = Tree("""
            for task in tasks():
                say(id=task["id"], log="ERROR", message="two\nlines of " + task["event"]["name"])
                say(log="WARNING", logger="jobs", message="of no task")
                say(id=task["id"], status="error", message=json.dumps(task))
            """);
        using DaemonProcess daemon = Start(tree, "\"logname\": \"mine\"", "\"logging\": { \"format\": \"json\" },");

        tree.Write("w/a b");
        JsonNode failed = JsonNode.Parse(daemon.WaitFor("task failed"))!;

        string id = (string)failed["task_id"]!;
        Assert.Equal("mine", (string)failed["logger"]!);
        JsonNode task = JsonNode.Parse((string)failed["error"]!)!;
        string expected = $$$"""
            {"id":"{{{id}}}","job":"custom_job","event":{"maskname":"IN_CLOSE_WRITE","mask":8,"pathname":"{{{tree.Path}}}/w/a b","src_pathname":null,"name":"a b","dir":false,"cookie":0,"watch":"{{{tree.Path}}}/w"}}
            """;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), task), task.ToJsonString());
        JsonNode said = JsonNode.Parse(daemon.WaitFor("two"))!;
        Assert.Equal(("ERROR", "mine", "two\nlines of a b", id), ((string)said["level"]!, (string)said["logger"]!, (string)said["message"]!, (string)said["task_id"]!));
        JsonNode other = JsonNode.Parse(daemon.WaitFor("of no task"))!;
        Assert.Equal(("WARNING", "jobs"), ((string)other["level"]!, (string)other["logger"]!));
        Assert.Null(other["task_id"]);
        Assert.Equal(0, daemon.Stop());
        Assert.Contains(daemon.Log(), line => line.Contains("worker w ended, exit_status=0", StringComparison.Ordinal));
    }

    [Fact]
    public void Batch_is_one_message_and_one_answer_for_all_of_its_paths()
    {
        using TempTree tree = Tree("""
            for task in tasks():
                print("worker got " + " ".join(sorted(e["name"] for e in task["events"])), file=sys.stderr, flush=True)
                say(id=task["id"], status="ok")
            """);
        using DaemonProcess daemon = Start(tree, "\"batch\": { \"max\": 3, \"wait\": \"1h\" }");

        tree.Write("w/a");
        tree.Write("w/b");
        tree.Write("w/c");

        Assert.Contains("worker got a b c", daemon.WaitFor("worker got "));
        daemon.WaitUntil(lines => lines.Count(line => line.Contains("task finished", StringComparison.Ordinal)) == 3);
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Names_that_are_not_UTF8_travel_both_ways()
    {
        using TempTree tree = Tree("""
            for task in tasks():
                size = os.stat(os.fsencode(task["event"]["pathname"])).st_size
                say(id=task["id"], status="error", message="%d %s" % (size, task["event"]["name"]))
            """);
        using DaemonProcess daemon = Start(tree);

        tree.Write("w/\u00fc\n"u8.ToArray().Concat(new byte[] { 0xe9, 0xff }).ToArray(), "12345"u8);

        Assert.Contains("error=5 \u00fc\\x0a\\xe9\\xff,", daemon.WaitFor("task failed"));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Nonsense_is_complained_of_in_bounds_and_does_no_harm()
    {
        using TempTree tree = Tree("""
            for task in tasks():
                for i in range(20000): sys.stdout.write("garbage %d\n" % i)
                sys.stdout.write("x" * 10_000_000 + "\n" + '{"id":"' + task["id"] + '","status":"ok"')
                sys.stdout.flush()
                time.sleep(0.1)
                sys.stdout.write("\n[]\n{\"id\":7,\"status\":\"ok\"}\n")
                say(id="0123456789abcdef", status="ok")
                say(id=task["id"] + "-2", status="error")
                say(id=task["id"], status="error", message="real")
                say(id=task["id"], status="ok")
                say(id=task["id"], log="INFO", message="end of nonsense")
            """);
        using DaemonProcess daemon = Start(tree);

        tree.Write("w/a");
        daemon.WaitFor("end of nonsense");
        tree.Write("w/b");
        daemon.WaitForCount(2, "end of nonsense");

        Assert.Equal(2, daemon.Log().Count(line => line.Contains("task failed", StringComparison.Ordinal) && line.Contains("error=real", StringComparison.Ordinal)));
        Assert.Equal(5, daemon.Log().Count(line => line.Contains("line ignored", StringComparison.Ordinal)));
        Assert.InRange(Memory(daemon.Id, "VmHWM"), 1, 32 * 1024);
        Assert.Equal(0, daemon.Stop());
        Assert.Contains(daemon.Log(), line => line.Contains("more lines ignored", StringComparison.Ordinal));
    }

    [Fact]
    public void Task_that_is_never_answered_is_cancelled_and_fails_and_others_go_on_in_the_same_process()
    {
        using TempTree tree = Tree("""
            for task in tasks():
                if task["event"]["name"] != "never": say(id=task["id"], status="ok")
            """);
        using DaemonProcess daemon = Start(tree, "\"timeout\": 0.3, \"kill_after\": 0.2, \"retries\": 1, \"retry_delay\": 0.1");

        tree.Write("w/never");
        string id = After(daemon.WaitFor("start task"), "task_id=");
        daemon.WaitFor("line=cancel " + id);
        daemon.WaitFor("line=cancel " + id + "-2");
        daemon.WaitForCount(2, "task failed");
        tree.Write("w/good");

        Assert.Contains("/w/good", daemon.WaitFor("task finished"));
        Assert.Single(daemon.Log(), line => line.Contains("worker w started", StringComparison.Ordinal));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Worker_that_closes_its_output_is_replaced_and_its_task_tried_again()
    {
        using TempTree tree = Tree("""
            for task in tasks():
                if not os.path.exists(sys.argv[1]):
                    open(sys.argv[1], "w").close()
                    os.close(1)
                    os.read(0, 1)
                    sys.exit(9)
                say(id=task["id"], status="ok")
            """);
        using DaemonProcess daemon = Start(tree);

        tree.Write("w/a");
        daemon.WaitFor("task finished");

        Assert.Contains(" - WARNING - worker w ended, exit_status=9", daemon.WaitFor("worker w ended"));
        Assert.Equal(2, daemon.Log().Count(line => line.Contains("worker w started", StringComparison.Ordinal)));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Task_with_which_the_worker_dies_three_times_has_failed_and_leaves_no_descriptor()
    {
        // A process that it leaves behind holds its output open: nobody waits for that.
        using TempTree tree = Tree("""
            import subprocess
            for task in tasks():
                if task["event"]["name"] == "fine":
                    say(id=task["id"], status="ok")
                else:
                    subprocess.Popen(["sleep", "20"], stderr=subprocess.DEVNULL)
                    os._exit(3)
            """);
        using DaemonProcess daemon = Start(tree);
        int before = ProcessState.Descriptors(daemon.Id).Count;

        tree.Write("w/poison");

        Assert.Contains("error=worker w has ended 3 times while it had this task", daemon.WaitFor("task failed"));
        Assert.Equal(2, daemon.Log().Count(line => line.Contains("task interrupted, it will be tried again", StringComparison.Ordinal)));
        daemon.Reload(Configuration(tree, "\"delay\": 0", "", "\"env\": { \"A\": \"1\" }"));
        daemon.WaitForCount(2, "ready, watching");
        tree.Write("w/fine");
        daemon.WaitFor("task finished");
        Assert.Equal(before, ProcessState.Descriptors(daemon.Id).Count);
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Worker_that_cannot_start_is_an_error_with_a_remedy_and_tasks_wait_for_a_reload_that_mends_it()
    {
        using TempTree tree = Tree(Echo);
        string good = Configuration(tree);
        using DaemonProcess daemon = DaemonProcess.Start(good.Replace("python3", "pyhton3", StringComparison.Ordinal));

        Assert.Contains(" - ERROR - worker w: cannot start pyhton3: ENOENT", daemon.WaitFor("cannot start"));
        daemon.WaitForReady();
        tree.Write("w/a");
        daemon.Reload(good);

        daemon.WaitFor("task finished");
        Assert.Equal(0, daemon.Stop());
    }

    [Theory]
    [InlineData("pyhton3", "cannot start pyhton3: ENOENT")]
    [InlineData("/bin/false", "started again in 2 s")]
    public void Worker_that_cannot_start_does_not_hold_up_a_shutdown(string program, string sign)
    {
        using TempTree tree = Tree("");
        string configuration = Configuration(tree, top: "\"shutdown_timeout\": \"1h\",").Replace("python3", program, StringComparison.Ordinal);
        using DaemonProcess daemon = DaemonProcess.Start(configuration);
        daemon.WaitForReady();
        tree.Write("w/a");
        daemon.WaitFor(sign);

        Assert.Equal(0, daemon.Stop());

        Assert.Contains(daemon.Log(), line => line.Contains("shutdown", StringComparison.Ordinal) && line.Contains("/w/a,", StringComparison.Ordinal));
    }

    [Fact]
    public void Reload_keeps_an_equal_worker_and_replaces_a_changed_one_when_its_tasks_have_ended()
    {
        using TempTree tree = Tree("""
            for task in tasks():
                if task["event"]["name"] == "slow":
                    while not os.path.exists(sys.argv[1]): time.sleep(0.01)
                say(id=task["id"], log="INFO", message="done in %s %s" % (os.environ.get("VERSION"), task["event"]["name"]))
                say(id=task["id"], status="ok")
            """);
        using DaemonProcess daemon = Start(tree);

        daemon.Reload(Configuration(tree, "\"delay\": 0", "\"shutdown_timeout\": 20,"));
        daemon.WaitForCount(2, "ready, watching");
        Assert.Single(daemon.Log(), line => line.Contains("worker w started", StringComparison.Ordinal));
        tree.Write("w/slow");
        daemon.WaitFor("start task");
        daemon.Reload(Configuration(tree, "\"delay\": 0", "", "\"env\": { \"VERSION\": \"2\" }"));
        daemon.WaitForCount(2, "worker w started");
        tree.Write("w/new");
        daemon.WaitFor("done in 2 new");
        tree.Write("go");

        daemon.WaitFor("done in None slow");
        Assert.Contains(" - INFO - worker w ended, exit_status=0", daemon.WaitFor("worker w ended"));
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Shutdown_cancels_what_runs_at_the_end_and_leaves_no_process()
    {
        using TempTree tree = Tree("for task in tasks(): pass\n");
        using DaemonProcess daemon = Start(tree, "\"kill_after\": 0.2", "\"shutdown_timeout\": 0.2,");

        tree.Write("w/a");
        daemon.WaitFor("start task");
        int worker = Pid(daemon.WaitFor("worker w started"));

        Assert.Equal(0, daemon.Stop());
        Assert.Contains(daemon.Log(), line => line.Contains("line=cancel ", StringComparison.Ordinal));
        Assert.Contains(daemon.Log(), line => line.Contains("worker w did not answer the cancel message", StringComparison.Ordinal));
        Assert.False(Directory.Exists($"/proc/{worker}"));
    }

    [Fact]
    public void Worker_that_does_not_read_holds_up_nobody_and_costs_no_memory()
    {
        using TempTree tree = Tree(Echo);
        using DaemonProcess daemon = DaemonProcess.Start(Configuration(tree, "\"delay\": 0", "\"max_concurrency\": 10000, \"logging\": { \"loggers\": { \"sched\": \"ERROR\", \"other\": \"INFO\" } },")
            .Replace("\"IN_CLOSE_WRITE\": \"s\"", "\"IN_CLOSE_WRITE\": \"s\", \"IN_ATTRIB\": \"x\"", StringComparison.Ordinal)
            .Replace("\"schedulers\": {", "\"schedulers\": { \"x\": { \"type\": \"exec\", \"argv\": [\"true\"], \"logname\": \"other\" },", StringComparison.Ordinal));
        daemon.WaitForReady();
        int worker = Pid(daemon.WaitFor("worker w started"));
        Assert.Equal(0, Libc.kill(worker, Libc.SIGSTOP));
        for (int i = 0; i < 5_000; i++)
        {
            tree.Write("w/f" + i);
        }

        tree.SetMode("w/f0", 0x180);
        daemon.WaitFor("task finished");
        Assert.InRange(Memory(daemon.Id, "VmRSS"), 1, 32 * 1024);
        daemon.Signal(Libc.SIGUSR1);
        string counters = daemon.WaitFor("counters of scheduler s,");
        Assert.InRange(int.Parse(After(counters, "running=").Split(',')[0], CultureInfo.InvariantCulture), 100, 2_000);

        Assert.Equal(0, Libc.kill(worker, Libc.SIGCONT));
        int mark = daemon.Mark();
        ProcessState.Await(
            () =>
            {
                daemon.Signal(Libc.SIGUSR1);
                string line = daemon.WaitForAfter(mark, l => l.Contains("counters of scheduler s,", StringComparison.Ordinal));
                mark = daemon.Mark();
                return line.Contains("finished=5000,", StringComparison.Ordinal);
            },
            "all tasks to finish");
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Twenty_thousand_tasks_go_through_one_worker_that_is_killed_again_and_again()
    {
        const int Files = 20_000;
        const int Kills = 20;
        using TempTree tree = Tree("""
            import select
            lives = os.open(sys.argv[1] + ".lives", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(lives, b"x")
            is_doomed = os.fstat(lives).st_size <= 20
            done = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            waiting, most, rest = [], 0, b""
            while True:
                if len(waiting) < 1000 and select.select([0], [], [], 0.2)[0]:
                    data = os.read(0, 65536)
                    if not data: break
                    *lines, rest = (rest + data).split(b"\n")
                    waiting += [task for task in map(json.loads, lines) if "id" in task]
                    continue
                if len(waiting) > most:
                    most = len(waiting)
                    say(log="INFO", message="most at once %d" % most)
                answered = waiting[:500] if is_doomed else waiting[::-1]
                os.write(done, "".join(task["event"]["name"] + "\n" for task in answered).encode())
                for task in answered: sys.stdout.write('{"id":"%s","status":"ok"}\n' % task["id"])
                sys.stdout.flush()
                waiting = []
                if is_doomed and answered: time.sleep(1000)
            """);
        using DaemonProcess daemon = DaemonProcess.Start(
            Configuration(tree, "\"retries\": 100", "\"max_concurrency\": 1000, \"logging\": { \"loggers\": { \"sched\": \"ERROR\" } },"));
        daemon.WaitForReady();
        int mark = 0;
        long size = 0;
        for (int i = 0; i < Files; i++)
        {
            tree.Write("w/f" + i);
        }

        for (int kill = 0; kill < Kills; kill++)
        {
            string started = daemon.WaitForAfter(mark, line => line.Contains("worker w started", StringComparison.Ordinal));
            mark = daemon.Mark();
            ProcessState.Await(() => Length(tree) != size, "the worker to have answered");
            size = Length(tree);
            Assert.Equal(0, Libc.kill(Pid(started), Libc.SIGKILL));
            daemon.WaitForAfter(mark, line => line.Contains("worker w ended, signal=SIGKILL", StringComparison.Ordinal));
        }

        daemon.WaitFor("most at once 1000");
        HashSet<string> names = [];
        ProcessState.Await(
            () =>
            {
                names = [.. tree.ReadText("go").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
                return names.Count == Files;
            },
            "every task to be done");
        mark = daemon.Mark();
        ProcessState.Await(
            () =>
            {
                daemon.Signal(Libc.SIGUSR1);
                string line = daemon.WaitForAfter(mark, l => l.Contains("counters of scheduler s,", StringComparison.Ordinal));
                mark = daemon.Mark();
                return line.Contains("delayed=0, waiting=0, running=0, finished=20000, failed=0,", StringComparison.Ordinal);
            },
            "all answers to be read");
        Assert.InRange(Memory(daemon.Id, "VmHWM"), 1, 48 * 1024);
        Assert.Equal(0, daemon.Stop());
    }

    private static long Length(TempTree tree) => tree.Exists("go") ? new FileInfo(tree.PathOf("go")).Length : 0;

    private static TempTree Tree(string program)
    {
        TempTree tree = new();
        tree.MakeDirectory("w");
        tree.Write("worker.py", Prelude + program);
        return tree;
    }

    private static DaemonProcess Start(TempTree tree, string scheduler = "\"delay\": 0", string top = "")
    {
        DaemonProcess daemon = DaemonProcess.Start(Configuration(tree, scheduler, top));
        daemon.WaitForReady();
        return daemon;
    }

    private static string Configuration(TempTree tree, string scheduler = "\"delay\": 0", string top = "", string worker = "\"cwd\": \"/\"") => $$"""
        { {{top}}
          "workers": { "w": { "command": ["python3", "{{tree.Path}}/worker.py", "{{tree.Path}}/go"], {{worker}} } },
          "schedulers": { "s": { "type": "task", "worker": "w", "job": "custom_job", {{scheduler}} } },
          "watches": [{ "path": "{{tree.Path}}/w", "event_map": { "IN_CLOSE_WRITE": "s" } }] }
        """;

    private static int Pid(string line) => int.Parse(After(line, "pid="), CultureInfo.InvariantCulture);

    private static string After(string line, string mark) => line[(line.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..];

    private static int Memory(int pid, string what) =>
        int.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(what, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
