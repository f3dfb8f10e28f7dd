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
    private readonly ProgramStart _start;
    private readonly byte[] _argv;

    public WorkerStart(ChildTable children, WorkerSpec spec)
    {
        (_children, _spec) = (children, spec);
        _start = new ProgramStart(children.Environment, spec.Process);
        _argv = [];
        foreach (string argument in spec.Command)
        {
            _argv = [.. _argv, .. ChildEnvironment.Encode(argument), 0];
        }
    }

    /// <summary>Starts a process and returns 0 and our ends of its pipes, or minus errno.</summary>
    public int Spawn(Worker worker, out Child? child, out int input, out int output)
    {
        ChildStreams streams = new(_children.NullInput, _children.NullOutput);
        int pid = 0;
        int record = -1;
        int result = streams.OpenWorker(_spec.Process.Output);
        if (result >= 0)
        {
            result = _start.Spawn(_argv, default, in streams, out pid, out record);
        }

        streams.CloseTheirs();
        if (result < 0)
        {
            streams.CloseOurs();
            (child, input, output) = (null, -1, -1);
            return result;
        }

        (input, output) = (streams.OurInput, streams.OurAnswers);
        child = _children.Add(worker, null, pid, in streams, default, record);
        return 0;
    }

    /// <summary>Takes over a process that runs already, and our ends of its pipes.</summary>
    public Child Adopt(Worker worker, StartedWorker started)
    {
        ChildStreams streams = new(started);
        return _children.Add(worker, null, started.Pid, in streams, default);
    }

    /// <summary>Says why it could not be started, and what to do about it.</summary>
    public string FailureText(int errno) => _start.FailureText(errno, _argv);

    /// <summary>Says why a process was not the worker's program yet when it ended.</summary>
    public string LaunchFailureText(int status) => _start.LaunchFailureText(status, _spec.Command[0]);

    public void Dispose() => _start.Dispose();
}
