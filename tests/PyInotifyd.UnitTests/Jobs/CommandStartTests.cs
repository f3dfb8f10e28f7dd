using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

[Collection(ProcessCollection.Name)]
public sealed class CommandStartTests : IDisposable
{
    private readonly JobRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Missing_program_fails_and_says_where_it_was_looked_for()
    {
        _rig.Children.Environment = "PATH=/usr/bin:/nowhere\0"u8.ToArray();

        Assert.Equal(
            "cannot start no-such-program: ENOENT no such file or directory; it is in no directory of PATH=/usr/bin:/nowhere: check the name, or write the whole path",
            ErrorOf(_rig.Exec("no-such-program")));
        Assert.Equal("cannot start /no/such: ENOENT no such file or directory; check that the file is there", ErrorOf(_rig.Exec("/no/such", "x")));
    }

    [Fact]
    public void Missing_interpreter_is_told_from_a_missing_file()
    {
        string script = _rig.Script("script", "#!/no/such/interpreter\n");

        Assert.Contains("the file is there, so check that the interpreter", ErrorOf(_rig.Exec(script)));
    }

    [Fact]
    public void Script_without_permission_fails_with_the_remedy()
    {
        string script = _rig.Script("script", "#!/bin/sh\n", executable: false);

        Assert.StartsWith("cannot start " + script + ": EACCES permission denied; check that it is a file with permission to execute (chmod +x)", ErrorOf(_rig.Exec(script)));
        Assert.StartsWith("cannot start " + _rig.Directory + ": EACCES", ErrorOf(_rig.Exec(_rig.Directory)));
    }

    [Fact]
    public void Script_without_first_line_fails_with_the_remedy()
    {
        Assert.Contains("ENOEXEC exec format error; check that it is a program for this machine; a script needs", ErrorOf(_rig.Exec(_rig.Script("script", "echo\n"))));
    }

    [Fact]
    public void Argument_that_is_too_long_fails_with_the_remedy()
    {
        Assert.Contains("E2BIG argument list too long; arguments and environment are too long", ErrorOf(_rig.Exec("true", new string('x', 200_000))));
    }

    [Fact]
    public void Missing_directory_is_told_from_a_missing_program()
    {
        CommandJob job = _rig.Shell("true", new ProcessSpec { Cwd = "/no/where" });

        Assert.Equal("cannot start /bin/sh: ENOENT no such file or directory for its directory /no/where; check cwd", ErrorOf(job));
    }

    [Fact]
    public void Failed_start_leaves_no_descriptor()
    {
        CommandJob job = _rig.Job(new ExecJobSpec(new SpecList<string>("/no/such"), new ProcessSpec { Stdin = StdinMode.Event }));
        int before = JobRig.OpenDescriptors();

        ErrorOf(job);

        Assert.Equal(before, JobRig.OpenDescriptors());
        Assert.Equal(0, _rig.Children.Running);
    }

    [Fact]
    public void Program_without_slash_is_looked_up_in_the_childs_PATH()
    {
        _rig.Script("tool", "#!/bin/sh\necho tool $1\n");
        _rig.Script("not-executable", "#!/bin/sh\n", executable: false);
        ProcessSpec process = new() { Env = new SpecList<EnvSpec>(new EnvSpec("PATH", "/nowhere:/etc/passwd:" + _rig.Directory + ":/usr/bin:/bin")) };
        CommandJob job = _rig.Job(new ExecJobSpec(new SpecList<string>("tool", "x"), process));

        Assert.Equal("tool x", _rig.OutputOf(job));
        Assert.Equal("tool x", _rig.OutputOf(job));
        Assert.Contains("EACCES", ErrorOf(_rig.Job(new ExecJobSpec(new SpecList<string>("not-executable"), process))));
    }

    [Fact]
    public void Program_that_moves_to_another_directory_is_found_again()
    {
        string second = Directory.CreateDirectory(Path.Combine(_rig.Directory, "second")).FullName;
        string tool = _rig.Script("tool", "#!/bin/sh\necho here\n");
        CommandJob job = _rig.Job(new ExecJobSpec(
            new SpecList<string>("tool"), new ProcessSpec { Cwd = _rig.Directory, Env = new SpecList<EnvSpec>(new EnvSpec("PATH", ":second")) }));

        Assert.Equal("here", _rig.OutputOf(job));
        File.Move(tool, Path.Combine(second, "tool"));
        Assert.Equal("here", _rig.OutputOf(job));
        File.Delete(Path.Combine(second, "tool"));
        Assert.Contains("ENOENT", ErrorOf(job));
    }

    [Fact]
    public void Program_open_for_writing_is_tried_again_for_two_seconds()
    {
        string program = Path.Combine(_rig.Directory, "true");
        File.Copy("/bin/true", program);
        CommandJob job = _rig.Exec(program);
        TaskEntry task = _rig.Task();
        _rig.NowNs = new KernelClock().NowNs;
        using (FileStream writer = new(program, FileMode.Open, FileAccess.Write))
        {
            Assert.Equal(JobStart.TryAgain, job.Start(task, out string? error));
            Assert.Contains("ETXTBSY", error);
            _rig.NowNs += 1_999_999_999;
            Assert.Equal(JobStart.TryAgain, job.Start(task, out _));
            _rig.NowNs += 1;
            Assert.Contains("ETXTBSY", ErrorOf(job, task));
        }

        Assert.True(_rig.Run(job, task).Succeeded);
    }

    [Fact]
    public void Limit_of_descriptors_asks_for_another_try()
    {
        CommandJob job = _rig.Shell("true");
        TaskEntry task = _rig.Task();
        int before = JobRig.OpenDescriptors();

        JobStart start = default;
        string? error = null;
        WithFreeDescriptors(1, () => start = job.Start(task, out error));

        Assert.Equal(JobStart.TryAgain, start);
        Assert.StartsWith("EMFILE", error);
        Assert.Equal(before, JobRig.OpenDescriptors());
        Assert.True(_rig.Run(job, task).Succeeded);
    }

    [Fact]
    public void Child_for_which_no_pidfd_is_left_is_not_lost()
    {
        // The limit is inherited, but not what fills it up, so the shell runs as usual.
        CommandJob job = _rig.Shell("exit 3", new ProcessSpec { Output = OutputMode.Discard });
        TaskEntry task = _rig.Task();

        WithFreeDescriptors(0, () => _rig.Start(job, task));
        Child child = Assert.IsType<Child>(task.JobState);
        Assert.Equal(-1, child.Fd);
        _rig.StepUntil(() => _rig.Ends.Count == 1);

        Assert.Same(task, _rig.Ends[0].Task);
        Assert.Equal(3, _rig.Ends[0].Outcome.ExitStatus);
        Assert.DoesNotContain('Z', JobRig.ChildStates());
    }

    [Fact]
    public void Without_pidfds_ends_are_learnt_from_the_signal()
    {
        using JobRig rig = new(usePidfd: false);
        CommandJob job = rig.Shell("echo x; exit 4");
        int started = 0;
        while (rig.Ends.Count < 200)
        {
            while (started < 200 && rig.Children.Running < 20)
            {
                rig.Start(job);
                started++;
            }

            rig.Step(1000);
        }

        Assert.All(rig.Ends, end => Assert.Equal(4, end.Outcome.ExitStatus));
        Assert.Equal(200, rig.Ends.Select(end => end.Task).Distinct().Count());
        Assert.Equal(200, rig.Lines.Count(line => line == "Info stdout: x"));
        Assert.DoesNotContain('Z', JobRig.ChildStates());
    }

    [Fact]
    public void Ignored_SIGCHLD_does_not_lose_the_status()
    {
        // The runtime sets its handler only once: without it, tests that come later would learn of no end by a signal.
        nint runtimes = signal(Libc.SIGCHLD, 1);
        try
        {
            using JobRig rig = new();

            Assert.Equal(0, Libc.is_ignored_signal(Libc.SIGCHLD));
            Assert.Equal(6, rig.Run(rig.Shell("exit 6")).ExitStatus);
        }
        finally
        {
            _ = signal(Libc.SIGCHLD, runtimes);
        }
    }

    [Theory]
    [InlineData("/no/where")]
    [InlineData("/etc/passwd")]
    public void Without_null_device_input_is_empty_and_discarded_output_goes_nowhere(string nullDevice)
    {
        using JobRig rig = new(nullDevice: nullDevice);

        Assert.Equal("0", rig.OutputOf(rig.Shell("wc -c")));
        rig.Lines.Clear();
        Assert.True(rig.Run(rig.Shell("yes | head -c 300000", new ProcessSpec { Output = OutputMode.Discard })).Succeeded);
        Assert.Single(rig.Lines);
    }

    [Fact]
    public void Disposed_table_leaves_no_descriptor_and_reports_no_end()
    {
        int before = JobRig.OpenDescriptors();
        JobRig rig = new();
        TaskEntry first = rig.Start(rig.Shell("sleep 300"));
        TaskEntry second = rig.Start(rig.Shell("sleep 300", new ProcessSpec { Output = OutputMode.Discard }));
        int[] pids = [Assert.IsType<Child>(first.JobState).Pid, Assert.IsType<Child>(second.JobState).Pid];

        rig.Dispose();

        int after = JobRig.OpenDescriptors();
        foreach (int pid in pids)
        {
            Assert.Equal(0, Libc.kill(-pid, Libc.SIGKILL));
            Assert.Equal(0, Libc.waitid(Libc.P_PID, (uint)pid, out _, Libc.WEXITED));
        }

        Assert.Equal(before, after);
        Assert.Empty(rig.Ends);
    }

    private string ErrorOf(CommandJob job, TaskEntry? task = null)
    {
        Assert.Equal(JobStart.Failed, job.Start(task ?? _rig.Task(), out string? error));
        Assert.NotNull(error);
        return error;
    }

    [DllImport("libc")]
    private static extern nint signal(int signum, nint handler);

    private static void WithFreeDescriptors(int count, Action action)
    {
        Assert.Equal(0, Libc.getrlimit(Libc.RLIMIT_NOFILE, out rlimit limit));
        rlimit low = limit;
        low.rlim_cur = 512;
        Assert.Equal(0, Libc.setrlimit(Libc.RLIMIT_NOFILE, in low));
        Stack<int> fillers = new();
        try
        {
            int fd;
            while ((fd = Libc.fcntl(1, Libc.F_DUPFD_CLOEXEC, 3)) >= 0)
            {
                fillers.Push(fd);
            }

            for (int i = 0; i < count; i++)
            {
                _ = Libc.close(fillers.Pop());
            }

            action();
        }
        finally
        {
            foreach (int fd in fillers)
            {
                _ = Libc.close(fd);
            }

            Assert.Equal(0, Libc.setrlimit(Libc.RLIMIT_NOFILE, in limit));
        }
    }
}
