using System;
using System.Collections.Generic;
using System.Linq;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

[Collection(ProcessCollection.Name)]
public sealed class BatchJobTests : IDisposable
{
    private readonly JobRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Json_list_has_one_event_a_line()
    {
        string output = Run(Job("cat"), _rig.Task("/watched/a\n\xff"), _rig.Task("/watched/b", "/watched/old"));

        Assert.Equal(
            """
            {"maskname":"IN_CLOSE_WRITE","mask":8,"pathname":"/watched/a\n\udcff","src_pathname":null,"name":"a\n\udcff","dir":false,"cookie":0,"watch":"/watched"}
            {"maskname":"IN_CLOSE_WRITE","mask":8,"pathname":"/watched/b","src_pathname":"/watched/old","name":"b","dir":false,"cookie":0,"watch":"/watched"}
            """.Replace("\r", "", StringComparison.Ordinal),
            output);
    }

    [Fact]
    public void Nul_list_has_raw_paths_each_with_NUL()
    {
        Assert.Equal("/watched/a '\xff|/watched/-b|", Run(Job("tr '\\0' '|'", nul: true), _rig.Task("/watched/a '\xff"), _rig.Task("/watched/-b")));
    }

    [Fact]
    public void Process_has_the_id_of_the_first_task_and_no_variable_of_a_single_event()
    {
        string output = Run(Job("env | grep PYINOTIFYD_ | grep -v PYINOTIFYD_BIN; echo {task_id}"), _rig.Task("/watched/a"), _rig.Task("/watched/b"));

        Assert.Equal("PYINOTIFYD_TASK_ID=000000000000abc0\n000000000000abc0", output);
    }

    [Fact]
    public void Process_that_does_not_read_a_long_list_holds_up_nobody_and_leaves_nothing_behind()
    {
        int before = JobRig.OpenDescriptors();
        TaskEntry[] tasks = [.. Enumerable.Range(0, 5000).Select(i => _rig.Task("/watched/" + new string('x', 200) + i))];
        Assert.Equal("", Run(Job("exit 0"), tasks));
        Assert.Equal("1", Run(Job("head -c 1 | wc -c"), tasks));
        Assert.Equal("5000", Run(Job("wc -l"), tasks));

        Assert.Equal(before, JobRig.OpenDescriptors());
    }

    [Fact]
    public void Execution_is_logged_without_a_path()
    {
        Run(Job("true"), _rig.Task("/watched/a"), _rig.Task("/watched/b"));

        Assert.Equal("Info execute shell command, cmd=true", _rig.Lines[0]);
    }

    private CommandJob Job(string command, bool nul = false) => _rig.Job(new ShellJobSpec(command, ProcessSpec.Default), new BatchSpec(10_000, 0, nul));

    private string Run(CommandJob job, params TaskEntry[] tasks)
    {
        int before = _rig.Ends.Count;
        int lines = _rig.Lines.Count;
        JobStart start = job.StartBatch(new List<TaskEntry>(tasks), out string? error);
        Assert.True(start == JobStart.Started, error);
        _rig.StepUntil(() => _rig.Ends.Count > before);
        Assert.Same(tasks[0], _rig.Ends[before].Task);
        Assert.True(_rig.Ends[before].Outcome.Succeeded, string.Join('\n', _rig.Lines));
        return string.Join('\n', _rig.Lines.Skip(lines).Where(line => line.StartsWith("Info stdout: ", StringComparison.Ordinal)).Select(line => line["Info stdout: ".Length..]));
    }
}
