using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;

namespace PyInotifyd.Soak;

/// <summary>Phases of random operations, each with a gap of its own kind and a comparison with the truth at its end.</summary>
/// <remarks>
/// Compared: every file that is left has been seen by a task with its last content; the kernel watches the directories of the trees and no others; tasks ran under names that have existed, not on
/// excluded ones, and not before the close of a new file; reports twice are few where nothing was killed; descriptors and memory stay; the log has no errors.
/// Owns: a temporary tree with everything in it. Mounts: it is to be run in a mount namespace of its own.
/// </remarks>
internal sealed class SoakRun : IDisposable
{
    private const int MostResidentKb = 64 * 1024;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(40);

    private readonly TempTree _tree = new();
    private readonly Random _random;
    private readonly TextWriter _output;
    private readonly string? _traceFile;
    private readonly Churn _churn;
    private readonly Truth _truth;
    private readonly SoakDaemon _daemon;
    private readonly HashSet<string> _processed = [];
    private readonly HashSet<(string Path, string Content)> _done = [];
    private readonly List<string> _differences = [];
    private readonly List<RecordedTask> _tasks = [];

    // A change of the last two seconds is then reported again after each gap: nobody can tell it from a later one.
    private readonly bool _hasWholeSeconds;
    private int _descriptors;

    public SoakRun(int seed, TextWriter output, string? traceFile)
    {
        _random = new Random(seed);
        _output = output;
        _traceFile = traceFile;
        _churn = new Churn(_tree, _random);
        _truth = new Truth(_tree);
        foreach (string place in (string[])["w1", "w2", "r", "m", "out", "disk"])
        {
            _tree.MakeDirectory(place);
        }

        _hasWholeSeconds = Array.TrueForAll(["w1", "w2", "r", "m", "out"], (string place) => _tree.StatusOf(place).stx_ctime.Nanoseconds % 1_000_000_000 == 0);
        Must("mount", "-t", "tmpfs", "none", _tree.PathOf("disk"));
        Must("mount", "--bind", _tree.PathOf("disk"), _tree.PathOf("m"));
        _daemon = new SoakDaemon(_tree, traceFile is not null);
        output.WriteLine($"seed {seed}, in {_tree.Path}");
    }

    /// <summary>Runs phases until the time is over and returns the number of differences.</summary>
    public int Run(TimeSpan time)
    {
        (string Name, Action<int> Run)[] kinds =
        [
            ("live", Live), ("stopped", Stopped), ("overflow", Overflow), ("reload", Reload), ("kill", Kill), ("restart", Restart), ("rest", Rest), ("root", Root), ("mount", Mount),
        ];
        Stopwatch watch = Stopwatch.StartNew();
        _output.WriteLine($"{"phase",5} {"kind",-9} {"operations",10} {"tasks",6} {"twice",6} {"gone",5} {"files",6} {"dirs",5} {"seconds",8} {"fds",4} {"RSS/KiB",8} differences");
        _daemon.Start();
        int total = 0;
        for (int phase = 0; (phase < kinds.Length || watch.Elapsed < time) && total < 20; phase++)
        {
            // Each kind once, then as it comes.
            (string name, Action<int> run) = kinds[phase < kinds.Length ? phase : _random.Next(kinds.Length)];
            int operations = _churn.Operations;
            Stopwatch each = Stopwatch.StartNew();
            _tasks.Clear();
            run(_random.Next(20, 250));
            if (name != "rest" && _random.Next(3) == 0)
            {
                _churn.CloseAll();
            }

            Settle(name);
            string[] log = _daemon.NextLog();
            _differences.AddRange(log.Where(line => line.Contains(" - ERROR - ", StringComparison.Ordinal)).Select(line => "log: " + line));
            _output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{phase,5} {name,-9} {_churn.Operations - operations,10} {_tasks.Count,6} {Twice(),6} {_tasks.Count(task => task.Kind == "gone"),5} {_truth.Files,6} {_truth.Directories,5} {each.Elapsed.TotalSeconds,8:f2} {_daemon.Descriptors(),4} {_daemon.ResidentKb(),8} {_differences.Count}"));
            if (_differences.Count > 0 && _traceFile is not null)
            {
                File.AppendAllLines(_traceFile, [$"phase {phase} {name}", .. _differences, .. _churn.Trace, .. log]);
            }

            _churn.BeginPhase();
            foreach (string difference in _differences)
            {
                _output.WriteLine("      " + difference);
            }

            _output.Flush();
            total += _differences.Count;
            _differences.Clear();
        }

        if (_daemon.Process.Stop(TimeSpan.FromSeconds(60)) != 0)
        {
            _output.WriteLine("the daemon ended with an error");
            total++;
        }

        return total;
    }

    public void Dispose()
    {
        _churn.CloseAll();
        _daemon.Dispose();
        Must("umount", "-l", _tree.PathOf("m"));
        Must("umount", "-l", _tree.PathOf("disk"));
        _tree.Dispose();
    }

    private void Live(int operations) => _churn.Run(operations * 2);

    private void Stopped(int operations)
    {
        _daemon.Process.Suspend();
        _churn.Run(operations);
        _daemon.Process.Signal(Libc.SIGCONT);
    }

    private void Overflow(int operations)
    {
        _churn.Run(_random.Next(20));
        _daemon.Process.Suspend();
        _daemon.Flood.LeaveRoomFor(_random.Next(257));
        _churn.Run(operations + 100);
        _daemon.Process.Signal(Libc.SIGCONT);
        _churn.Run(_random.Next(60));
    }

    private void Reload(int operations)
    {
        for (int i = 0; i < 3; i++)
        {
            _churn.Run(operations / 3);
            _daemon.Reload();
        }
    }

    private void Kill(int operations)
    {
        _churn.Run(operations);
        _daemon.Kill();
        _churn.Trace.Add("not running");
        _churn.Run(_random.Next(100));
        _churn.Trace.Add("start");
        _daemon.Start();
        _churn.Run(_random.Next(100));
    }

    private void Restart(int operations)
    {
        _churn.Run(operations);
        StopInOrder();
        _churn.Trace.Add("not running");
        _churn.Run(_random.Next(100));
        _churn.Trace.Add("start");
        _daemon.Start();
        _churn.Run(_random.Next(100));
    }

    // What was finished is not done again.
    private void Rest(int operations)
    {
        StopInOrder();
        Collect();
        _done.UnionWith(_tasks.Select(task => (task.Path, task.Content)));
        _tasks.Clear();
        _daemon.Start();
    }

    // A root goes, and the same or another one comes.
    private void Root(int operations)
    {
        bool isStopped = _random.Next(2) == 0;
        if (isStopped)
        {
            _daemon.Process.Suspend();
        }

        _churn.Run(operations / 2);
        bool isKept = _random.Next(2) == 0;
        if (isKept)
        {
            _tree.Move("r", "away");
            _churn.NoteTree("away");
        }
        else
        {
            _tree.DeleteTree("r");
        }

        _churn.Places.Remove("r");
        _churn.Trace.Add($"r is away, kept: {isKept}");
        _churn.Run(operations / 2);
        if (isKept && _random.Next(2) == 0)
        {
            _tree.Move("away", "r");
        }
        else
        {
            _tree.MakeDirectory("r");
            if (isKept)
            {
                _tree.DeleteTree("away");
            }
        }

        _churn.NoteTree("r");
        _churn.Places.Add("r");
        _churn.Trace.Add("r is back");

        _churn.Run(operations / 3);
        if (isStopped)
        {
            _daemon.Process.Signal(Libc.SIGCONT);
        }
    }

    // A file system goes from a root and comes back. While it is away it is changed elsewhere, and what was below it too.
    private void Mount(int operations)
    {
        for (int i = _random.Next(1, 4); i > 0; i--)
        {
            _churn.Run(operations / 4);
            Must("umount", "-l", _tree.PathOf("m"));
            _churn.Trace.Add("unmounted");
            _churn.Places.Add("disk");
            _churn.NoteTree("m");
            _churn.Run(operations / 4);
            Must("mount", "--bind", _tree.PathOf("disk"), _tree.PathOf("m"));
            _churn.Trace.Add("mounted");
            _churn.Places.Remove("disk");
            _churn.NoteTree("m");
            _churn.Run(operations / 4);
        }
    }

    private void StopInOrder()
    {
        int status = _daemon.Process.Stop(TimeSpan.FromSeconds(60));
        if (status != 0)
        {
            _differences.Add($"the daemon ended with status {status}");
        }
    }

    // Waits until the daemon has caught up: until nothing differs, or the time is over.
    private void Settle(string kind)
    {
        // What is read of the queue before this file has been read then.
        if (kind != "rest")
        {
            _tree.Write("w1/fence", $"fence {_churn.Operations}\n");
        }

        _churn.NoteTree("w1/fence");
        _truth.Look(_churn.NotOwed(), kind == "kill" ? _churn.Untold : []);
        Stopwatch watch = Stopwatch.StartNew();
        List<string> missing;
        List<string> watches;
        bool isIdle;
        do
        {
            Thread.Sleep(10);
            isIdle = _daemon.IsIdle();
            Collect();
            missing = _truth.Missing(_processed);
            watches = isIdle && missing.Count == 0 ? _truth.WatchDifferences(_daemon.Watched(), _churn.AnyHeld) : [];
        }
        while ((!isIdle || missing.Count > 0 || watches.Count > 0) && watch.Elapsed < s_deadline);

        if (!isIdle)
        {
            _differences.Add("the daemon did not come to rest");
        }

        _differences.AddRange(missing.Select(path => $"not processed: {path} ({_tree.ReadText(path).ReplaceLineEndings("|")})"));
        foreach (string path in missing)
        {
            _processed.Add(_tree.ReadText(path));
        }

        // Nor are they owed later, unless somebody writes them again.
        _processed.UnionWith(_truth.Unowed);

        _differences.AddRange(watches);
        Judge(kind);
    }

    private void Collect()
    {
        foreach (RecordedTask task in _daemon.NextTasks())
        {
            _tasks.Add(task);
            if (task.Kind == "file")
            {
                _processed.Add(task.Content);
            }
        }
    }

    private void Judge(string kind)
    {
        foreach (RecordedTask task in _tasks)
        {
            if (!_churn.HasExisted(task.Path))
            {
                _differences.Add($"never existed: {task}");
            }

            if (task.Path.Contains(".ign/", StringComparison.Ordinal) || task.Path.EndsWith(".ign", StringComparison.Ordinal))
            {
                _differences.Add($"excluded: {task}");
            }

            if (task.Event == "IN_CLOSE_WRITE" && task.Content.Contains(" held ", StringComparison.Ordinal) && !task.Content.Contains(" held " + Churn.Last, StringComparison.Ordinal))
            {
                _differences.Add($"before it was closed: {task}");
            }
        }

        int twice = Twice();
        if (kind is not "kill" && !_hasWholeSeconds && twice > 10 + (_tasks.Count / 10))
        {
            _differences.Add($"{twice} of {_tasks.Count} tasks for what had been processed");
        }

        if (kind == "rest" && !_hasWholeSeconds)
        {
            _differences.AddRange(_tasks.Where(task => task.Kind == "file" && _done.Contains((task.Path, task.Content)) && !_churn.HasOtherNames(task.Path)).Select(task => $"done again after an orderly stop: {task}"));
        }

        _done.UnionWith(_tasks.Select(task => (task.Path, task.Content)));

        if (_daemon.ResidentKb() > MostResidentKb)
        {
            _differences.Add($"{_daemon.ResidentKb()} KiB of memory");
        }

        _descriptors = _descriptors == 0 ? _daemon.Descriptors() : _descriptors;
        if (_daemon.Descriptors() > _descriptors + 2)
        {
            _differences.Add($"{_daemon.Descriptors()} descriptors, {_descriptors} at first: {string.Join(", ", Directory.GetFiles($"/proc/{_daemon.Process.Id}/fd").Select(fd => new FileInfo(fd).LinkTarget))}");
        }
    }

    // Tasks on the same path with the same content; tries of one task count once.
    private int Twice()
    {
        HashSet<(string, string, string)> tries = [];
        HashSet<(string, string)> seen = [];
        return _tasks.Count(task => task.Kind == "file" && tries.Add((task.Path, task.Content, task.Task.Split('-')[0])) && !seen.Add((task.Path, task.Content)));
    }

    private static void Must(string program, params string[] arguments)
    {
        CommandResult result = CommandResult.Of(program, arguments);
        if (result.ExitStatus != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {result.Error}");
        }
    }
}
