using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

[Collection(ProcessCollection.Name)]
public sealed class ChildEnvironmentTests : IDisposable
{
    private readonly JobRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Environment_of_this_process_is_read_as_bytes()
    {
        string[] copy = Encoding.Latin1.GetString(ProcessEnvironment.Copy()).Split('\0');

        Assert.Equal("", copy[^1]);
        Assert.Contains("PATH=" + Environment.GetEnvironmentVariable("PATH"), copy);
    }

    [Fact]
    public void Child_gets_the_daemons_environment_without_what_is_the_daemons_own()
    {
        _rig.Children.Environment = JobRig.Latin1(
            "PATH=/usr/bin:/bin\0HOME=/r\xe9\xff\0LD_PRELOAD=x\0LD_LIBRARY_PATH=x\0NOTIFY_SOCKET=x\0NOTIFY_SOCKETS=kept\0WATCHDOG_USEC=1\0WATCHDOG_PID=1\0LISTEN_FDS=1\0"
            + "JOURNAL_STREAM=1:2\0INVOCATION_ID=x\0EMPTY=\0PYINOTIFYD_PATHNAME=outer\0");

        Assert.Equal(
            ["PATH=/usr/bin:/bin", "HOME=/r\xe9\xff", "NOTIFY_SOCKETS=kept", "EMPTY=", .. TaskVariables],
            Variables(ProcessSpec.Default));
    }

    [Fact]
    public void Configured_variables_replace_add_and_remove()
    {
        _rig.Children.Environment = "PATH=/usr/bin:/bin\0A=1\0B=2\0NOTIFY_SOCKET=x\0"u8.ToArray();
        ProcessSpec spec = new()
        {
            Env = new SpecList<EnvSpec>(
                new EnvSpec("A", "new=\udce9"), new EnvSpec("B", null), new EnvSpec("C", ""), new EnvSpec("NOTIFY_SOCKET", "wanted"), new EnvSpec("PYINOTIFYD_WATCH", "no")),
        };

        Assert.Equal(["PATH=/usr/bin:/bin", "A=new=\xe9", "C=", "NOTIFY_SOCKET=wanted", .. TaskVariables], Variables(spec));
    }

    [Fact]
    public void Cleared_environment_keeps_PATH_and_the_tasks_variables()
    {
        _rig.Children.Environment = "HOME=/root\0PATH=/usr/bin:/bin\0A=1\0"u8.ToArray();

        Assert.Equal(
            ["PATH=/usr/bin:/bin", "B=2", .. TaskVariables],
            Variables(new ProcessSpec { ClearEnv = true, Env = new SpecList<EnvSpec>(new EnvSpec("B", "2")) }));
    }

    [Fact]
    public void Task_variables_hold_raw_bytes()
    {
        _rig.Children.Environment = "PATH=/usr/bin:/bin\0"u8.ToArray();

        Assert.Equal(
            ["PATH=/usr/bin:/bin", "PYINOTIFYD_MASKNAME=IN_CLOSE_WRITE", "PYINOTIFYD_PATHNAME=/w/\xff\n=", "PYINOTIFYD_SRC_PATHNAME=/old\x80", "PYINOTIFYD_WATCH=/watched",
                "PYINOTIFYD_TASK_ID=000000000000abc0"],
            Variables(ProcessSpec.Default, "/w/\xff\n=", "/old\x80"));
    }

    private static List<string> TaskVariables =>
        ["PYINOTIFYD_MASKNAME=IN_CLOSE_WRITE", "PYINOTIFYD_PATHNAME=/watched/file", "PYINOTIFYD_SRC_PATHNAME=", "PYINOTIFYD_WATCH=/watched", "PYINOTIFYD_TASK_ID=000000000000abc0"];

    private List<string> Variables(ProcessSpec process, string path = "/watched/file", string? srcPath = null)
    {
        CommandJob job = _rig.Job(new ExecJobSpec(new SpecList<string>("cat", "/proc/self/environ"), process));
        string text = _rig.OutputOf(job, _rig.Task(path, srcPath));
        Assert.EndsWith("\0", text);
        return text[..^1].Split('\0').ToList();
    }
}
