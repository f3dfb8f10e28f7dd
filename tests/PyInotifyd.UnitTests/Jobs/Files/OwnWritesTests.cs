using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Files;

/// <summary>File managers whose destinations are watched, on the kernel's inotify.</summary>
public sealed class OwnWritesTests : ILogSink, IDisposable
{
    private readonly TempTree _tree = new();
    private readonly Log _log = new();
    private readonly List<string> _lines = [];
    private WatchEngine? _engine;

    public OwnWritesTests()
    {
        _log.SetLevels(LogLevel.Debug, new Dictionary<string, LogLevel>());
        _log.SetSinks(this);
        _tree.MakeDirectory("a");
        _tree.MakeDirectory("b");
        _tree.MakeDirectory("run");
    }

    public void Dispose()
    {
        _engine?.Dispose();
        _tree.Dispose();
    }

    void ILogSink.Write(in LogRecord record) =>
        _lines.Add(record.Level + " " + record.Scheduler + " " + record.MaskName + " " + record.Message + " " + Encoding.UTF8.GetString(record.PathName) + " " + Encoding.UTF8.GetString(record.SrcPathName) + " " + record.Error);

    void ILogSink.Flush()
    {
    }

    private RuleSpec Rule(RuleAction action, string from, string to) => new()
    {
        Action = action,
        SourcePattern = "^" + _tree.Path + "/" + from,
        Destination = _tree.Path + "/" + to,
        Override = true,
    };

    private void Start(bool dirs, EventMask events, params (string Name, RuleSpec Rule)[] schedulers)
    {
        List<SchedulerSpec> specs = [];
        foreach ((string name, RuleSpec rule) in schedulers)
        {
            specs.Add(new SchedulerSpec { Name = name, Dirs = dirs, Job = new FileManagerJobSpec(new SpecList<RuleSpec>([rule])) });
        }

        List<ActionSpec> actions = [];
        foreach (SchedulerSpec spec in specs)
        {
            actions.Add(new ActionSpec(spec.Name, false));
        }

        SpecList<ActionSpec>[] slots = new SpecList<ActionSpec>[EventNames.SlotCount];
        for (int slot = 0; slot < slots.Length; slot++)
        {
            slots[slot] = (EventNames.FromSlot(slot) & events) != 0 ? new SpecList<ActionSpec>(actions.ToArray()) : SpecList<ActionSpec>.Empty;
        }

        WatchSpec watch = new()
        {
            Path = new UnixPath(Encoding.UTF8.GetBytes(_tree.Path)),
            Rec = true,
            AutoAdd = true,
            EventMap = new EventMapSpec(new SpecList<SpecList<ActionSpec>>(slots)),
        };
        EngineSpec engine = new() { Watches = new SpecList<WatchSpec>([watch]), Schedulers = new SpecList<SchedulerSpec>(specs.ToArray()) };
        _engine = new WatchEngine(engine, _log, runtimeDirectory: Encoding.UTF8.GetBytes(_tree.PathOf("run")));
        Assert.True(_engine.Start());
    }

    /// <summary>Steps until nothing has happened for three rounds of the kernel's queue.</summary>
    private void Settle()
    {
        Stopwatch watch = Stopwatch.StartNew();
        for (int quiet = 0; quiet < 3;)
        {
            int before = _lines.Count;
            _engine!.Reactor.Step(50);
            quiet = _lines.Count == before && _engine.Schedulers.TaskCount == 0 ? quiet + 1 : 0;
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), string.Join('\n', _lines.GetRange(Math.Max(0, _lines.Count - 50), Math.Min(50, _lines.Count))));
        }
    }

    private int Count(string part)
    {
        int count = 0;
        foreach (string line in _lines)
        {
            count += line.Contains(part, StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }

    [Theory]
    [InlineData(RuleAction.Copy)]
    [InlineData(RuleAction.Move)]
    public void A_scheduler_is_not_triggered_by_its_own_file(RuleAction action)
    {
        Start(false, EventMask.All, ("s", Rule(action, "a/(.*)$", "a/x\\1")));

        _tree.Write("a/f", "1");
        Settle();

        Assert.Equal(action == RuleAction.Copy ? 2 : 1, _tree.List("a").Count);
        Assert.True(_tree.Exists("a/xf"));
        Assert.False(_tree.Exists("a/xxf"));
    }

    [Fact]
    public void A_scheduler_is_triggered_when_somebody_changes_its_file()
    {
        Start(false, EventMask.CloseWrite, ("s", Rule(RuleAction.Copy, "a/(.*)$", "a/x\\1")));
        _tree.Write("a/f", "1");
        Settle();
        Assert.False(_tree.Exists("a/xxf"));

        _tree.Append("a/xf", "2");
        Settle();

        Assert.Equal("12", _tree.ReadText("a/xxf"));
        Assert.False(_tree.Exists("a/xxxf"));
    }

    [Theory]
    [InlineData(RuleAction.Copy)]
    [InlineData(RuleAction.Move)]
    public void A_scheduler_is_not_triggered_by_its_own_tree(RuleAction action)
    {
        _tree.MakeDirectory("b/tree/sub");
        _tree.Write("b/tree/sub/f", "1");
        Start(true, EventMask.MovedTo | EventMask.Create | EventMask.CloseWrite, ("s", Rule(action, "a/([^/]*)$", "a/x\\1")));

        _tree.Move("b/tree", "a/tree");
        Settle();

        Assert.Equal("1", _tree.ReadText("a/xtree/sub/f"));
        Assert.False(_tree.Exists("a/xxtree"));
        Assert.Equal(1, Count("start task"));
    }

    [Fact]
    public void Another_scheduler_sees_the_end_of_writing()
    {
        Start(false, EventMask.CloseWrite, ("one", Rule(RuleAction.Copy, "a/(.*)$", "b/\\1")), ("two", Rule(RuleAction.Move, "b/(.*)$", "run/\\1")));

        _tree.Write("a/f", "1");
        Settle();

        Assert.Equal("1", _tree.ReadText("run/f"));
        Assert.Equal(0, Count("is gone"));
    }

    [Theory]
    [InlineData(RuleAction.Copy, false)]
    [InlineData(RuleAction.Copy, true)]
    [InlineData(RuleAction.Move, false)]
    public void Temporary_names_are_never_reported(RuleAction action, bool isDirectory)
    {
        Start(true, EventMask.All, ("s", Rule(action, "a/([^/]*)$", "b/\\1")));
        _tree.MakeDirectory("b/d/old");
        _tree.Write("b/f", "old");
        Settle();
        _lines.Clear();
        if (isDirectory)
        {
            _tree.MakeDirectory("a/d/sub");
            _tree.Write("a/d/sub/f", "1");
        }
        else
        {
            _tree.Write("a/f", "1");
        }

        Settle();

        Assert.Equal(0, Count(".pyinotifyd."));
        Assert.Equal(0, Count("/#"));
        Assert.True(_tree.Exists(isDirectory ? "b/d/sub/f" : "b/f"));

        // The directory that took the old one's place is watched.
        _lines.Clear();
        _tree.Write(isDirectory ? "b/d/sub/later" : "b/later", "x");
        Settle();
        Assert.NotEqual(0, Count("later"));
    }

    [Fact]
    public void A_circle_of_schedulers_is_stopped_with_an_error()
    {
        Start(
            false,
            EventMask.CloseWrite | EventMask.MovedTo,
            ("there", Rule(RuleAction.Copy, "a/(.*)$", "b/\\1x")),
            ("back", Rule(RuleAction.Copy, "b/(.*)$", "a/\\1")));

        _tree.Write("a/f", "1");
        Settle();

        Assert.Equal(1, Count("Error"));
        Assert.NotEqual(0, Count("feed each other"));
        Assert.Equal(33, Count("start task"));
        Assert.Equal(17, _tree.List("a").Count);
    }

    [Fact]
    public void A_move_does_not_warn_of_its_own_events()
    {
        Start(false, EventMask.All, ("s", Rule(RuleAction.Move, "a/(.*)$", "b/\\1")));

        _tree.Write("a/f", "1");
        Settle();

        Assert.Equal(0, Count("Warning"));
        Assert.Equal(0, Count("is gone"));
        Assert.Equal(1, Count("start task"));
    }

    [Fact]
    public void Paths_that_no_rule_matches_schedule_nothing()
    {
        Start(false, EventMask.CloseWrite, ("s", Rule(RuleAction.Move, "a/(.*)\\.txt$", "b/\\1")));

        _tree.Write("a/f.jpg", "1");
        Settle();

        Assert.Equal(0, Count("schedule task"));
        Assert.Equal(1, Count("no rule in ruleset matches"));
        Assert.True(File.Exists(_tree.PathOf("a/f.jpg")));
    }
}
