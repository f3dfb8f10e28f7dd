using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;
using Xunit;
using EngineReactor = PyInotifyd.Engine.Reactor.Reactor;

namespace PyInotifyd.UnitTests.Jobs;

/// <summary>A reactor with real processes under it; what they write and how they end is collected.</summary>
internal sealed class JobRig : ITaskEndSink, ITimerSink, ILogSink, IClock, IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    // The runtime makes a pipe for signals when the first is registered; it should not do so while descriptors are counted.
    private static readonly PosixSignalRegistration s_signals = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => { });

    private readonly KernelClock _clock = new();
    private readonly Log _log = new();
    private readonly EngineReactor _reactor;
    private ulong _nextId = 0xabc0;

    public JobRig(bool usePidfd = true, string nullDevice = "/dev/null")
    {
        _reactor = new EngineReactor(this, this);
        _log.SetSinks(this);
        Children = new ChildTable(_reactor, _log.GetLogger("daemon"), usePidfd, Latin1(nullDevice + "\0"));
        Directory = System.IO.Directory.CreateTempSubdirectory("jobs").FullName;
    }

    public ChildTable Children { get; }

    public string Directory { get; }

    public List<(TaskEntry Task, TaskOutcome Outcome)> Ends { get; } = [];

    /// <summary>Gets what was logged: <c>LEVEL message</c>, or <c>LEVEL stdout: line</c>; bytes as Latin-1.</summary>
    public List<string> Lines { get; } = [];

    public List<string> TaskIds { get; } = [];

    /// <summary>Gets or sets whether nothing is collected, only counted: for tests of allocation.</summary>
    public bool CountsOnly { get; set; }

    public int LineCount { get; private set; }

    public int EndCount { get; private set; }

    public Action? OnEnd { get; set; }

    /// <summary>Gets or sets what the clock shows; null: the kernel's.</summary>
    public long? NowNs { get; set; }

    long IClock.NowNs => NowNs ?? _clock.NowNs;

    long IClock.RealtimeCoarseNs => _clock.RealtimeCoarseNs;

    public static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    public CommandJob Shell(string command, ProcessSpec? process = null) => Job(new ShellJobSpec(command, process ?? ProcessSpec.Default));

    public CommandJob Exec(params string[] argv) => Job(new ExecJobSpec(new SpecList<string>(argv), ProcessSpec.Default));

    public CommandJob Job(JobSpec spec, BatchSpec? batch = null) =>
        new(Children, new SchedulerSpec { Name = "test", Job = spec, Batch = batch }, _log.GetLogger("sched"), this);

    public TaskEntry Task(string path = "/watched/file", string? srcPath = null) => new()
    {
        Id = _nextId++,
        Path = Latin1(path),
        SrcPath = srcPath is null ? null : Latin1(srcPath),
        WatchPath = "/watched"u8.ToArray(),
        Mask = EventMask.CloseWrite,
        Run = new TaskRun(),
    };

    public TaskEntry Start(CommandJob job, TaskEntry? task = null)
    {
        task ??= Task();
        JobStart start = job.Start(task, out string? error);
        Assert.True(start == JobStart.Started, error);
        Assert.Null(error);
        return task;
    }

    /// <summary>Runs one task to its end.</summary>
    public TaskOutcome Run(CommandJob job, TaskEntry? task = null)
    {
        int before = Ends.Count;
        task = Start(job, task);
        Assert.Equal(before, Ends.Count);
        StepUntil(() => Ends.Count > before);
        Assert.Same(task, Ends[before].Task);
        return Ends[before].Outcome;
    }

    /// <summary>Runs a program and returns all it wrote to its standard output, newlines included except a last one.</summary>
    public string OutputOf(CommandJob job, TaskEntry? task = null)
    {
        int before = Lines.Count;
        TaskOutcome outcome = Run(job, task);
        Assert.True(outcome.Succeeded, string.Join('\n', Lines));
        List<string> lines = [];
        foreach (string line in Lines[before..])
        {
            if (line.StartsWith("Info stdout: ", StringComparison.Ordinal))
            {
                lines.Add(line["Info stdout: ".Length..]);
            }
        }

        return string.Join('\n', lines);
    }

    public void StepUntil(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < s_deadline, "not within 30 s; log:\n" + string.Join('\n', Lines));
            _reactor.Step(100);
        }
    }

    public void Step(int maxWaitMs = 0) => _reactor.Step(maxWaitMs);

    public string Script(string name, string text, bool executable = true)
    {
        string path = Path.Combine(Directory, name);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = executable ? (UnixFileMode)0x1ed : (UnixFileMode)0x1a4;
        }

        using FileStream stream = new(path, options);
        stream.Write(Latin1(text));
        return path;
    }

    /// <summary>Has the reactor's table reach up to high descriptors, whatever numbers the test host leaves free later.</summary>
    public void GrowTable()
    {
        HighDescriptor high = new(Libc.fcntl(Children.NullInput, Libc.F_DUPFD_CLOEXEC, 1000));
        _reactor.Add(high);
        _reactor.Remove(high);
        Assert.Equal(0, Libc.close(high.Fd));
    }

    /// <summary>Counts open pidfds, pipes and memory files: what a start may leave behind. The test host opens and closes others at any time.</summary>
    /// <remarks>What earlier tests left to finalizers is closed first, or it would be between two counts.</remarks>
    public static int OpenDescriptors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int count = 0;
        foreach (string link in System.IO.Directory.GetFiles("/proc/self/fd"))
        {
            string target = new FileInfo(link).LinkTarget ?? "";
            count += target.Contains("pidfd") || target.StartsWith("pipe:", StringComparison.Ordinal) || target.Contains("memfd:") ? 1 : 0;
        }

        return count;
    }

    /// <summary>Returns the states of this process's children, as ps shows them.</summary>
    public static string ChildStates()
    {
        StringBuilder states = new();
        foreach (string directory in System.IO.Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out _))
            {
                continue;
            }

            string stat;
            try
            {
                stat = File.ReadAllText(directory + "/stat");
            }
            catch (IOException)
            {
                continue;
            }

            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            if (fields[1] == Environment.ProcessId.ToString())
            {
                states.Append(fields[0]);
            }
        }

        return states.ToString();
    }

    public void TaskEnded(TaskEntry task, TaskOutcome outcome)
    {
        EndCount++;
        if (!CountsOnly)
        {
            Ends.Add((task, outcome));
        }

        OnEnd?.Invoke();
    }

    public void OnExpired(TimerEntry entry) => (entry as ActingTimer)?.OnExpired();

    public void Write(in LogRecord record)
    {
        LineCount++;
        if (CountsOnly)
        {
            return;
        }

        string text = record.Stream is null ? record.Message : record.Stream + ": " + Encoding.Latin1.GetString(record.Line);
        if (record.Stream is null && !record.Command.IsEmpty)
        {
            text += ", cmd=" + Encoding.Latin1.GetString(record.Command);
        }

        if (record.Stream is null && !record.Argv.IsEmpty)
        {
            text += ", argv=" + Encoding.Latin1.GetString(record.Argv);
        }

        Lines.Add(record.Level + " " + text);
        TaskIds.Add(Encoding.Latin1.GetString(record.TaskId));
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
        Children.Dispose();
        _reactor.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private sealed class HighDescriptor(int fd) : IPollSource
    {
        public int Fd { get; } = fd;

        public short Events => (short)Libc.POLLIN;

        public void OnReady(short revents)
        {
        }
    }
}
