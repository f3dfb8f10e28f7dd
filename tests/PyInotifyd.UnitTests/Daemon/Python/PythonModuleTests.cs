using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using PyInotifyd.Configuration;
using PyInotifyd.Daemon.Python;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon.Python;

/// <summary>The Python module: what it makes of a file, by the machine's python3, through the same pipes as in the daemon.</summary>
public sealed class PythonModuleTests
{
    private const string Job = "async def job(event, task_id):\n    pass\n";
    private const string Shell = "s = ShellScheduler('true')\n";
    private const string Empty = "pyinotifyd = Pyinotifyd()\n";

    /// <summary>A file, a path into the JSON, and what stands there.</summary>
    public static TheoryData<string, string, string> Exported => new()
    {
        { Shell + Empty, "schedulers", """{"s":{"type":"shell","cmd":"true"}}""" },
        { Shell + Empty, "defaults", """{"on_busy":"skip"}""" },
        { "ShellScheduler(cmd='a {pathname}', job=None, files=False, dirs=True, delay=5, logname='l', singlejob=True)\n" + Empty, "schedulers.sched", """{"type":"shell","cmd":"a {pathname}","files":false,"dirs":true,"delay":5,"logname":"l","singlejob":true}""" },
        { "a = b = ShellScheduler('true', delay=0.5)\n" + Empty, "schedulers", """{"a":{"type":"shell","cmd":"true","delay":0.5}}""" },
        { Job + "t = TaskScheduler(job, False, True, 3, 'x', globals(), True)\npyinotifyd = Pyinotifyd(Watch('/a', default_sched=t))\n", "schedulers.t", """{"type":"task","worker":"python","job":"job","files":false,"dirs":true,"delay":3,"logname":"x","singlejob":true}""" },
        { Job + "pyinotifyd = Pyinotifyd(watches=[Watch('/a', {'IN_CREATE': job, 'IN_DELETE': [job]})])\n", "schedulers", """{"job_IN_CREATE":{"type":"task","worker":"python","job":"job"},"job_IN_DELETE":{"type":"task","worker":"python","job":"job"}}""" },
        { Job + "TaskScheduler(job)\n" + Empty, "schedulers", "{}" },
        { "import functools\nclass C:\n    async def m(self, e, i): pass\n    async def __call__(self, e, i): pass\npyinotifyd = Pyinotifyd([Watch('/a', {'IN_OPEN': [C().m, C(), functools.partial(C().m, 1)]})])\n", "event_maps", "{}" },
        { "FileManagerScheduler(FileManagerRule('copy', '^/a', '/b', True, True, 0o755, 0o644, 'u', 'g', True))\n" + Empty, "schedulers.sched.rules", """[{"action":"copy","src_re":"^/a","dst_re":"/b","auto_create":true,"override":true,"rec":true,"filemode":"0644","dirmode":"0755","user":"u","group":"g"}]""" },
        { "FileManagerScheduler([Rule(action='move', src_re=re.compile('x', re.I), dst_re='/b', override=True, user=0)], singlejob=False)\n" + Empty, "schedulers.sched.rules", """[{"action":"move","src_re":"(?i)x","dst_re":"/b","override":true,"user":"0"}]""" },
        { Shell + "m = {'IN_CREATE': s, 'IN_DELETE': Cancel(s), 'IN_OPEN': None, 'IN_MODIFY': [s, Cancel(s)]}\npyinotifyd = Pyinotifyd()\npyinotifyd.add_watch('/a', m)\npyinotifyd.add_watch('/b', event_map=m)\n", "event_maps", """{"m":{"IN_CREATE":"s","IN_DELETE":{"cancel":"s"},"IN_MODIFY":["s",{"cancel":"s"}]}}""" },
        { Shell + "m = EventMap({'IN_OPEN': None}, default_sched=s, exclude_filter=['x'])\nm.set_scheduler('IN_DELETE', Cancel(s))\npyinotifyd = Pyinotifyd([Watch('/a', m)])\n", "event_maps.m", """{"default_sched":"s","IN_OPEN":null,"IN_DELETE":{"cancel":"s"},"exclude_filter":["x"]}""" },
        { Shell + "w = Watch(path=['/a', b'/b', '/c/../d/'], event_map={'IN_OPEN': s}, rec=True, auto_add=True, exclude_filter='/x/y')\npyinotifyd = Pyinotifyd()\npyinotifyd.add_watch(watch=w)\n", "watches", "[{\"path\":[\"/a\",\"/b\",\"/d\"],\"event_map\":{\"IN_OPEN\":\"s\"},\"rec\":true,\"auto_add\":true,\"exclude_filter\":\"/x/y\"}]" },
        { "from pyinotify import ExcludeFilter\nimport pyinotifyd as p\nfrom pyinotifyd.scheduler import *\n" + Shell + "w = p.Watch('/a', default_sched=s, exclude_filter=ExcludeFilter(['q']))\npyinotifyd = Pyinotifyd(watches=w)\n", "watches[0].exclude_filter", """["q"]""" },
        { "pyinotifyd = Pyinotifyd([], 5, 'me')\n", "logname", "\"me\"" },
        { "pyinotifyd = Pyinotifyd(shutdown_timeout=7)\npyinotifyd.set_shutdown_timeout(9)\n", "shutdown_timeout", "9" },
        { "setLoglevel(WARNING)\nsetLoglevel('debug', logname='x')\nlogging.getLogger('y').setLevel(ERROR)\nlogging.getLogger('x.child')\n" + Empty, "logging", """{"level":"WARNING","loggers":{"x":"DEBUG","x.child":"DEBUG","y":"ERROR"}}""" },
        { "enableSyslog()\nenableSyslog(INFO, ('h', 514), 'l')\nenableSyslog(loglevel=ERROR, address=('::1', 5))\n" + Empty, "logging.syslog", """[{"level":"DEBUG","address":"/dev/log"},{"level":"INFO","address":"h:514","logname":"l"},{"level":"ERROR","address":"[::1]:5"}]""" },
        { "é = ShellScheduler('true')\nif __name__ == '__main__':\n    raise SystemExit\nassert __file__.endswith('config.py')\n" + Empty, "schedulers", """{"é":{"type":"shell","cmd":"true"}}""" },
    };

    /// <summary>A file, and its problems as they are printed after the name of the file.</summary>
    public static TheoryData<string, string[]> Faulty => new()
    {
        { "x = 1\nfoo(\n", ["2: SyntaxError: "] },
        { "def f():\n    return 1 / 0\n\nf()\n", ["2: ZeroDivisionError: division by zero"] },
        { "import no_such_module\n", ["1: ModuleNotFoundError: "] },
        { "\n\nimport sys\nsys.exit(3)\n", ["4: the file ends Python with sys.exit(3)"] },
        { "import os\nos._exit(3)\n", [" python3 ended before the file was executed: exit status 3"] },
        { "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", [" python3 ended before the file was executed: signal SIGKILL"] },
        { "x = Pyinotifyd()\n", [" the file sets no variable pyinotifyd; it must hold an instance of Pyinotifyd, as x is"] },
        { "pyinotifyd = 5\n", [" the variable pyinotifyd must hold an instance of Pyinotifyd, found int 5"] },
        { "def job(e, i):\n    pass\nTaskScheduler(\n    files=True,\n    job=job)\n" + Empty, ["5: TaskScheduler: job: job of line 1 is no coroutine function: define it with async def"] },
        { "TaskScheduler(lambda e, i: None)\nTaskScheduler()\nTaskScheduler(job=5)\n" + Empty, ["1: TaskScheduler: job: <lambda> of line 1 ", "2: TaskScheduler: argument 'job' is missing", "3: TaskScheduler: job: expected a coroutine function (async def), found int 5"] },
        { "FileManagerRule(\n    action='move',\n    src_re=5,\n    filemode='0644',\n    auto_crate=True)\n" + Empty, ["5: FileManagerRule: unknown argument 'auto_crate'; did you mean 'auto_create'?", "3: FileManagerRule: src_re: expected a str, found int 5", "4: FileManagerRule: filemode: expected a mode such as 0o644, found str '0644'"] },
        { Shell + "pyinotifyd = Pyinotifyd(Watch('/a', {\n    'IN_OPEN': s,\n    'IN_CRATE': s}))\n", ["4: event map: unknown event 'IN_CRATE'; did you mean 'IN_CREATE'?"] },
        { "class S(TaskScheduler):\n    async def process_event(self, e):\n        pass\n" + Job + "S(job)\n" + Empty, ["6: S: its method process_event would not be called here; put what it does into a job"] },
        { "Cancel(5)\nWatch(5)\nWatch('/a', rec=1)\n" + Empty, ["1: Cancel: expected a scheduler, found int 5", "2: Watch: path: expected a str or a list of them, found int 5", "3: Watch: rec: expected True or False, found int 1"] },
        { "setLoglevel('LOUD')\nsetLoglevel(INFO, 'a', 'b')\n" + Empty, ["1: setLoglevel: loglevel: expected DEBUG, INFO, WARNING, ERROR or CRITICAL, found str 'LOUD'", "2: setLoglevel takes 2 arguments at most, 3 given"] },
    };

    [Theory]
    [MemberData(nameof(Exported))]
    public void A_file_becomes_its_configuration(string text, string path, string expected)
    {
        PythonExport export = Run(text);

        Assert.Empty(export.Errors);
        Assert.Empty(export.Warnings);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), At(export, path)), At(export, path)?.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void A_faulty_file_is_reported_with_the_line(string text, string[] expected)
    {
        PythonExport export = Run(text);

        string[] found = [.. export.Errors.Select(e => e.ToString()["config.py:".Length..])];
        Assert.True(expected.Length == found.Length && expected.Zip(found).All(pair => pair.Second.StartsWith(pair.First, StringComparison.Ordinal)), string.Join('\n', found));
        Assert.Null(export.Configuration);
    }

    [Fact]
    public void Slips_of_the_original_documentation_are_understood_with_a_warning_that_names_the_right_spelling()
    {
        PythonExport export = Run(Shell + "m = {'IN_WRITE_CLOSE': s}\nenableSyslog(lglevel=INFO, name='daemon')\npyinotifyd = Pyinotifyd(Watch('/a', m))\n");

        Assert.Empty(export.Errors);
        Assert.Equal(
            [
                "config.py:3: enableSyslog: 'lglevel' is taken as 'loglevel', which is the right spelling",
                "config.py:3: enableSyslog: 'name' is taken as 'logname', which is the right spelling",
                "config.py:2: event map: 'IN_WRITE_CLOSE' is taken as 'IN_CLOSE_WRITE', which is the right spelling",
            ],
            export.Warnings.Select(w => w.ToString()));
        Assert.Equal("""{"IN_CLOSE_WRITE":"s"}""", At(export, "event_maps.m")!.ToJsonString());
    }

    [Fact]
    public void Differences_that_matter_to_the_file_are_noted()
    {
        PythonExport export = Run("s = ShellScheduler(\n    cmd='bin/x {name}')\nFileManagerScheduler([FileManagerRule('copy', 'a', 'b')])\npyinotifyd = Pyinotifyd(Watch('/a', {'IN_Q_OVERFLOW': s}))\n");

        Assert.Equal([2, 2, 3, 4], export.Notes.Select(n => n.Line));
    }

    [Fact]
    public void An_error_of_the_configuration_gets_the_line_of_the_argument_it_comes_from()
    {
        PythonExport export = Run("r = FileManagerRule(\n    action='move',\n    src_re='(')\ns = FileManagerScheduler(\n    rules=[r])\n" + Empty);
        ConfigurationResult result = ConfigurationReader.ReadText(export.Configuration!, "config.py");

        Assert.Contains(result.Errors, e => export.Locate(e).ToString().StartsWith("config.py:3: src_re: regular expression: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_path_may_be_any_bytes()
    {
        PythonExport export = Run("pyinotifyd = Pyinotifyd(Watch(b'/\\xff', {}))\n");

        Assert.Contains("\"path\": \"/\\udcff\"", Encoding.UTF8.GetString(export.Configuration!));
    }

    [Fact]
    public void What_the_file_prints_and_its_children_write_does_not_touch_the_protocol()
    {
        PythonExport export = Run("import os, sys\nprint('{\"error\": \"x\", \"line\": 1}')\nos.system('echo y')\nos.write(1, b'z\\n')\nsys.stdout.buffer.write(b'q')\nif os.fork() == 0:\n    pass\n" + Empty);

        Assert.Empty(export.Errors);
        Assert.NotNull(export.Configuration);
    }

    [Fact]
    public void Without_python_the_error_says_where_it_was_looked_for()
    {
        Assert.Contains("looked for /usr/bin/python3 and /usr/local/bin/python3", PythonInterpreter.Complaint(-PyInotifyd.Linux.Errno.ENOENT));
        Assert.Equal(["/usr/bin/python3\0", "/usr/local/bin/python3\0"], PythonInterpreter.Places(0, "/home/x/bin").Select(p => Encoding.UTF8.GetString(p)));
        Assert.Equal(["/a/python3\0", "/b/python3\0"], PythonInterpreter.Places(1000, "/a:relative::/b").Skip(2).Select(p => Encoding.UTF8.GetString(p)));
    }

    [Fact]
    public void The_module_keeps_to_the_syntax_of_Python_3_8()
    {
        using TempTree tree = new();
        File.WriteAllBytes(tree.PathOf("module.py"), PythonModule.Text.ToArray());

        CommandResult result = CommandResult.Of(
            "/usr/bin/python3", ["-c", "import ast,sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 8))", tree.PathOf("module.py")]);

        Assert.Equal((0, ""), (result.ExitStatus, result.Error));
    }

    private static PythonExport Run(string text)
    {
        using PythonRun run = PythonRun.Start("config.py"u8.ToArray(), Encoding.UTF8.GetBytes(text), "check", insecure: false, debug: false, new PythonOutput(null));
        run.Wait();
        return run.Export;
    }

    private static JsonNode? At(PythonExport export, string path)
    {
        JsonNode? node = JsonNode.Parse(export.Configuration);
        foreach (string step in path.Replace("[", ".[", StringComparison.Ordinal).Split('.'))
        {
            node = step[0] == '[' ? node![int.Parse(step[1..^1])] : node![step];
        }

        return node;
    }
}
