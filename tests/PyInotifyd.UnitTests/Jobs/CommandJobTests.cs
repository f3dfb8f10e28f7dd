using System;
using System.IO;
using System.Linq;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

[Collection(ProcessCollection.Name)]
public sealed class CommandJobTests : IDisposable
{
    private readonly JobRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("exit 0", 0, 0)]
    [InlineData("exit 3", 3, 0)]
    [InlineData("exit 255", 255, 0)]
    [InlineData("kill -TERM $$", -1, 15)]
    [InlineData("kill -KILL $$", -1, 9)]
    public void Process_end_is_reported_with_status_or_signal(string command, int status, int signal)
    {
        TaskOutcome outcome = _rig.Run(_rig.Shell(command));

        Assert.Equal((status, signal, status == 0), (outcome.ExitStatus, outcome.Signal, outcome.Succeeded));
        Assert.Null(outcome.Error);
    }

    [Fact]
    public void Shell_command_is_logged_as_it_is_run()
    {
        _rig.Run(_rig.Shell("true {pathname}"), _rig.Task("/watched/a b"));

        Assert.Equal("Info execute shell command, cmd=true '/watched/a b'", _rig.Lines[0]);
        Assert.Equal("000000000000abc0", _rig.TaskIds[0]);
    }

    [Fact]
    public void Argument_vector_is_logged_as_it_is_run()
    {
        _rig.Run(_rig.Exec("true", "{name}", ""));

        Assert.Equal("Info execute program, argv=true\0file\0\0", _rig.Lines[0]);
    }

    [Fact]
    public void Arguments_arrive_byte_for_byte()
    {
        const string Path = "/watched/ \n'\"$(id)\\\x01\xe9\xff";

        Assert.Equal(Path, _rig.OutputOf(_rig.Exec("printf", "%s", "{pathname}"), _rig.Task(Path)));
        Assert.Equal(Path, _rig.OutputOf(_rig.Shell("printf %s {pathname}"), _rig.Task(Path)));
    }

    [Fact]
    public void Child_has_no_descriptor_but_0_1_2()
    {
        // The glob shows the shell's own descriptor of the directory too, which is closed when the loop runs.
        string fds = _rig.OutputOf(_rig.Shell("for f in /proc/$$/fd/*; do [ -e $f ] && echo ${f##*/}; done; :"));

        Assert.Equal("0\n1\n2", fds);
    }

    [Fact]
    public void Child_has_default_signals_and_an_empty_mask()
    {
        Assert.Equal(0, Libc.ignore_signal(Libc.SIGIO));
        Assert.Equal(0, Libc.ignore_signal(Libc.SIGPIPE));

        string signals = _rig.OutputOf(_rig.Exec("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"));

        Assert.Equal("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000", signals);
    }

    [Fact]
    public void Child_leads_a_process_group_of_its_own()
    {
        string[] ids = _rig.OutputOf(_rig.Shell("echo $$; cut -d' ' -f5 /proc/$$/stat")).Split('\n');

        Assert.Equal(ids[0], ids[1]);
    }

    [Fact]
    public void Current_directory_is_the_root_or_as_configured()
    {
        Assert.Equal("/", _rig.OutputOf(_rig.Shell("pwd -P")));
        Assert.Equal(_rig.Directory, _rig.OutputOf(_rig.Shell("pwd -P", new ProcessSpec { Cwd = _rig.Directory })));
    }

    [Fact]
    public void Standard_input_is_empty_by_default()
    {
        Assert.Equal("0", _rig.OutputOf(_rig.Shell("wc -c")));
    }

    [Fact]
    public void Standard_input_event_is_one_line_of_json()
    {
        CommandJob job = _rig.Job(new ExecJobSpec(new SpecList<string>("cat"), new ProcessSpec { Stdin = StdinMode.Event }));

        Assert.Equal(
            """{"maskname":"IN_CLOSE_WRITE","mask":8,"pathname":"/watched/\udce9\"","src_pathname":null,"name":"\udce9\"","dir":false,"cookie":0,"watch":"/watched"}""",
            _rig.OutputOf(job, _rig.Task("/watched/\xe9\"")));
        Assert.Contains("\"src_pathname\":\"/old\"", _rig.OutputOf(job, _rig.Task("/watched/b", "/old")));
    }

    [Fact]
    public void Event_that_nobody_reads_holds_up_nobody()
    {
        CommandJob job = _rig.Shell("exit 0", new ProcessSpec { Stdin = StdinMode.Event });

        Assert.True(_rig.Run(job, _rig.Task("/watched/" + new string('x', 4000))).Succeeded);
    }

    [Theory]
    [InlineData(false, Libc.SIGTERM)]
    [InlineData(true, Libc.SIGKILL)]
    public void Stop_ends_the_whole_group(bool kill, int signal)
    {
        CommandJob job = _rig.Shell("sleep 300 & echo $!; wait");
        TaskEntry task = _rig.Start(job);
        _rig.StepUntil(() => _rig.Lines.Any(line => line.StartsWith("Info stdout: ", StringComparison.Ordinal)));
        int sleeper = int.Parse(_rig.Lines[^1]["Info stdout: ".Length..]);

        job.Stop(task, kill);
        Assert.Empty(_rig.Ends);
        _rig.StepUntil(() => _rig.Ends.Count == 1);

        Assert.Equal(signal, _rig.Ends[0].Outcome.Signal);
        _rig.StepUntil(() => !IsAlive(sleeper));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stopped_task_ends_when_nobody_is_left_in_its_group(bool kill)
    {
        // The shell in front ends at once, the one behind does not care.
        string fifo = _rig.Directory + "/fifo";
        Assert.True(_rig.Run(_rig.Exec("mkfifo", fifo)).Succeeded);
        _rig.Ends.Clear();
        CommandJob job = _rig.Shell("(trap '' TERM; sh -c 'echo $$; read x < " + fifo + "') & wait");
        TaskEntry task = _rig.Start(job);
        _rig.StepUntil(() => _rig.Lines.Any(line => line.StartsWith("Info stdout: ", StringComparison.Ordinal)));
        int rest = int.Parse(_rig.Lines[^1]["Info stdout: ".Length..]);
        Child child = Assert.IsType<Child>(task.JobState);

        job.Stop(task, kill: false);
        _rig.StepUntil(() => child.AwaitsGroup);
        for (int i = 0; i < 10; i++)
        {
            _rig.Step(10);
        }

        Assert.Empty(_rig.Ends);
        Assert.True(IsAlive(rest));
        if (kill)
        {
            job.Stop(task, kill: true);
        }
        else
        {
            File.WriteAllText(fifo, "word\n");
        }

        _rig.StepUntil(() => _rig.Ends.Count == 1);
        Assert.Equal(Libc.SIGTERM, _rig.Ends[0].Outcome.Signal);
        _rig.StepUntil(() => !IsAlive(rest));
        Assert.Equal(0, _rig.Children.Running);
    }

    [Fact]
    public void Stop_reaches_a_stopped_process()
    {
        CommandJob job = _rig.Shell("echo here; kill -STOP $$");
        TaskEntry task = _rig.Start(job);
        _rig.StepUntil(() => _rig.Lines.Count == 2 && JobRig.ChildStates().Contains('T'));

        job.Stop(task, kill: false);
        _rig.StepUntil(() => _rig.Ends.Count == 1);

        Assert.Equal(Libc.SIGTERM, _rig.Ends[0].Outcome.Signal);
    }

    [Fact]
    public void Stop_of_a_task_that_has_ended_does_nothing()
    {
        CommandJob job = _rig.Shell("exit 0");
        TaskEntry task = _rig.Start(job);
        _rig.StepUntil(() => _rig.Ends.Count == 1);

        job.Stop(task, kill: true);

        Assert.Null(task.JobState);
        Assert.Single(_rig.Ends);
    }

    [Fact]
    public void Thousand_starts_with_64_at_once_leave_no_zombie_and_no_descriptor()
    {
        CommandJob job = _rig.Shell("echo out; echo err >&2");
        int descriptors = JobRig.OpenDescriptors();
        int started = 0;
        int most = 0;
        while (_rig.Ends.Count < 1000)
        {
            while (started < 1000 && _rig.Children.Running < 64)
            {
                _rig.Start(job);
                started++;
            }

            most = Math.Max(most, _rig.Children.Running);
            _rig.Step(100);
        }

        Assert.Equal(64, most);
        Assert.Equal(1000, _rig.Ends.Select(end => end.Task).Distinct().Count());
        Assert.Equal(1000, _rig.Lines.Count(line => line == "Info stdout: out"));
        Assert.Equal(1000, _rig.Lines.Count(line => line == "Warning stderr: err"));
        Assert.Equal(0, _rig.Children.Lingering);
        Assert.Equal(descriptors, JobRig.OpenDescriptors());
        Assert.DoesNotContain('Z', JobRig.ChildStates());
    }

    [Theory]
    [InlineData(OutputMode.Discard)]
    [InlineData(OutputMode.Log)]
    public void Start_and_end_allocate_nothing(OutputMode output)
    {
        CommandJob job = _rig.Shell("echo line", new ProcessSpec { Output = output });
        TaskEntry task = _rig.Task();
        _rig.CountsOnly = true;
        _rig.GrowTable();
        RunMany(job, task, 50);
        int lines = _rig.LineCount;

        Assert.Equal(0, Allocations.Least(() => RunMany(job, task, 40)));
        Assert.Equal(output == OutputMode.Log ? 400 : 200, _rig.LineCount - lines);
    }

    private void RunMany(CommandJob job, TaskEntry task, int count)
    {
        int target = _rig.EndCount + count;
        while (_rig.EndCount < target)
        {
            if (_rig.Children.Running == 0 && job.Start(task, out _) != JobStart.Started)
            {
                throw new InvalidOperationException("not started");
            }

            _rig.Step(1000);
        }
    }

    private static bool IsAlive(int pid)
    {
        // Whoever inherited it may take its time to reap.
        try
        {
            string stat = File.ReadAllText("/proc/" + pid + "/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }
}
