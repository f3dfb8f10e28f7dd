using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Engine.Timing;
using PyInotifyd.TestKit;
using Xunit;
using EngineReactor = PyInotifyd.Engine.Reactor.Reactor;

namespace PyInotifyd.UnitTests.Jobs.Files;

/// <summary>A file manager on real files, without a scheduler: tasks are started and their ends collected.</summary>
/// <remarks>The tree has <c>src</c>, which is the watch's root, and <c>dst</c>.</remarks>
internal sealed class FileRig : ITaskEndSink, ITimerSink, ILogSink, IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);
    private readonly Log _log = new();
    private readonly EngineReactor _reactor;
    private ulong _nextId = 1;

    public FileRig(string? parent = null)
    {
        Tree = parent is null ? new TempTree() : new TempTree(parent);
        Tree.MakeDirectory("src");
        Tree.MakeDirectory("dst");
        Tree.MakeDirectory("run");
        _reactor = new EngineReactor(new KernelClock(), this);
        _log.SetLevels(LogLevel.Debug, new Dictionary<string, LogLevel>());
        _log.SetSinks(this);
        Pool = NewPool();
    }

    public TempTree Tree { get; }

    public FilePool Pool { get; }

    public List<string> Lines { get; } = [];

    public List<(TaskEntry Task, TaskOutcome Outcome)> Ends { get; } = [];

    public string JournalDirectory => Tree.PathOf("run");

    long ILogSink.FlushDueNs => long.MaxValue;

    public FilePool NewPool() => new(_reactor.Mailbox, new TemporaryJournal(Encoding.UTF8.GetBytes(JournalDirectory)));

    /// <summary>A rule for everything in src, to the same name in dst.</summary>
    public RuleSpec Rule(RuleAction action, string? from = null, string? to = null) => new()
    {
        Action = action,
        SourcePattern = from ?? "^" + Tree.Path + "/src/(?P<path>.*)$",
        Destination = action == RuleAction.Delete ? null : to ?? Tree.Path + "/dst/\\g<path>",
    };

    public FileRuleJob Job(params RuleSpec[] rules) =>
        new(Pool, new SchedulerSpec { Name = "files", Job = new FileManagerJobSpec(new SpecList<RuleSpec>(rules)) }, _log.GetLogger("sched"), this);

    public TaskEntry Task(string name) => new()
    {
        Id = _nextId++,
        Path = Encoding.UTF8.GetBytes(Tree.PathOf(name)),
        WatchPath = Encoding.UTF8.GetBytes(Tree.PathOf("src")),
        Mask = EventMask.CloseWrite,
        Run = new TaskRun(),
    };

    /// <summary>Carries out the first rule that matches a name in the tree.</summary>
    public TaskOutcome Run(string name, params RuleSpec[] rules) => Run(Job(rules), Task(name));

    public TaskOutcome Run(FileRuleJob job, TaskEntry task)
    {
        int before = Ends.Count;
        if (job.Start(task, out string? error) == JobStart.Failed)
        {
            return TaskOutcome.Failure(error!);
        }

        StepUntil(() => Ends.Count > before);
        Assert.Same(task, Ends[before].Task);
        return Ends[before].Outcome;
    }

    /// <summary>Carries it out and expects success.</summary>
    public void Succeed(string name, params RuleSpec[] rules)
    {
        TaskOutcome outcome = Run(name, rules);
        Assert.True(outcome.Succeeded, outcome.Error);
        AssertNoTemporaries();
    }

    /// <summary>Carries it out and expects a failure whose text has all the parts.</summary>
    public void Fail(string name, RuleSpec rule, params string[] parts)
    {
        TaskOutcome outcome = Run(name, rule);
        Assert.False(outcome.Succeeded);
        foreach (string part in parts)
        {
            Assert.Contains(part, outcome.Error);
        }

        AssertNoTemporaries();
    }

    public void StepUntil(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < s_deadline, "not within a minute; log:\n" + string.Join('\n', Lines));
            _reactor.Step(100);
        }
    }

    public void AssertNoTemporaries() => Assert.Empty(Find(Tree.Path, ".pyinotifyd."));

    public static List<string> Find(string directory, string prefix)
    {
        List<string> found = [];
        foreach (string path in Directory.EnumerateFileSystemEntries(directory, prefix + "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, MaxRecursionDepth = 20 }))
        {
            found.Add(path);
        }

        return found;
    }

    public void TaskEnded(TaskEntry task, TaskOutcome outcome) => Ends.Add((task, outcome));

    public void OnExpired(TimerEntry entry)
    {
    }

    public void Write(in LogRecord record) => Lines.Add(record.Level + " " + record.Message);

    public void Flush()
    {
    }

    public void Close()
    {
    }

    public void Dispose()
    {
        Pool.Close();
        Pool.Journal.Dispose();
        _reactor.Dispose();
        Tree.Dispose();
    }
}
