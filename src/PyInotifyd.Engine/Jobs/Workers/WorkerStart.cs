using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>Starts the processes of a worker; what is the same each time lies prepared.</summary>
/// <remarks>Owns: native memory, until <see cref="Dispose"/>.   Threads: reactor only.</remarks>
internal sealed class WorkerStart : IDisposable
{
    private readonly ChildTable _children;
    private readonly WorkerSpec _spec;
    private readonly SpawnPlan _plan;
    private readonly ProgramSearch _search;
    private readonly byte[] _directory;
    private readonly byte[] _argv;
    private readonly int _programLength;

    public WorkerStart(ChildTable children, WorkerSpec spec)
    {
        (_children, _spec) = (children, spec);
        byte[] environment = ChildEnvironment.Build(children.Environment, spec.Process);
        _directory = [.. ChildEnvironment.Encode(spec.Process.Cwd), 0];
        _plan = new SpawnPlan(environment, _directory);
        ReadOnlySpan<byte> path = ChildEnvironment.Find(environment, "PATH"u8, out bool found);
        _search = new ProgramSearch(found ? path.ToArray() : "/bin:/usr/bin"u8.ToArray(), _directory);
        _argv = [];
        foreach (string argument in spec.Command)
        {
            _argv = [.. _argv, .. ChildEnvironment.Encode(argument), 0];
        }

        _programLength = _argv.AsSpan().IndexOf((byte)0);
    }

    private ReadOnlySpan<byte> Program => _argv.AsSpan(0, _programLength);

    /// <summary>Starts a process and returns 0 and our ends of its pipes, or minus errno.</summary>
    public int Spawn(Worker worker, out Child? child, out int input, out int output)
    {
        ChildStreams streams = new(_children.NullInput, _children.NullOutput);
        int pid = 0;
        int result = streams.OpenWorker(_spec.Process.Output);
        if (result >= 0)
        {
            result = Program.Contains((byte)'/')
                ? _plan.Spawn(_argv.AsSpan(0, _programLength + 1), _argv, default, streams.Input, streams.Output, streams.Errors, out pid)
                : _search.Spawn(_plan, _argv, default, in streams, out pid);
        }

        streams.CloseTheirs();
        if (result < 0)
        {
            streams.CloseOurs();
            (child, input, output) = (null, -1, -1);
            return result;
        }

        (input, output) = (streams.OurInput, streams.OurAnswers);
        child = _children.Add(worker, null, pid, in streams, default);
        return 0;
    }

    /// <summary>Takes over a process that runs already, and our ends of its pipes.</summary>
    public Child Adopt(Worker worker, StartedWorker started)
    {
        ChildStreams streams = new(started);
        return _children.Add(worker, null, started.Pid, in streams, default);
    }

    /// <summary>Says why it could not be started, and what to do about it.</summary>
    public string FailureText(int errno) => StartFailure.Text(errno, Program, _directory, Program.Contains((byte)'/') ? default : _search.Path);

    public void Dispose() => _plan.Dispose();
}
