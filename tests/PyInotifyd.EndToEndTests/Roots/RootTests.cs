using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Roots;

/// <summary>Roots that are missing, deleted, renamed, replaced, mounted over: no file is lost, and none is reported twice where it was written while nobody looked.</summary>
public sealed class RootTests : IDisposable
{
    /// <summary>A file that is written at least this long before the mark is not done again after a crash.</summary>
    private const long CrashSlackNs = 1_100_000_000;

    private readonly TempTree _tree = new();
    private readonly MountSpace _space;
    private DaemonProcess? _daemon;
    private int _seen;
    private int _fences;
    private int _reloads;

    public RootTests()
    {
        _tree.MakeDirectory("fence");
        _space = new MountSpace(_tree.Path);
    }

    public static TheoryData<string> Names => [.. RootCase.All().Select(each => each.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Root(string name)
    {
        foreach (string line in RootCase.All().Single(each => each.Name == name).Lines)
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            switch (space < 0 ? line : line[..space])
            {
                case "start":
                    _daemon?.Dispose();
                    _daemon = DaemonProcess.Start(Configuration(), _space.Prepare);
                    _daemon.WaitForReady();
                    _seen = 0;
                    break;
                case "stop":
                    Assert.Equal(0, Daemon.Stop());
                    break;
                case "kill":
                    Daemon.Signal(Libc.SIGKILL);
                    Daemon.WaitForExit();
                    break;
                case "reload":
                    int mark = Daemon.Mark();
                    _reloads++;
                    Daemon.Reload(Configuration());
                    Daemon.WaitForAfter(mark, each => each.Contains("ready, watching ", StringComparison.Ordinal));
                    break;
                case "away":
                    Daemon.WaitFor(line[(space + 1)..]);
                    break;
                case "mark":
                    AwaitMark();
                    break;
                case ">":
                    Expect(line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                    break;
                default:
                    _space.Run(line);
                    break;
            }
        }

        Expect([]);
        Assert.Equal(0, Daemon.Stop());
    }

    public void Dispose()
    {
        _daemon?.Dispose();
        _space.Dispose();
        _tree.Dispose();
    }

    private DaemonProcess Daemon => _daemon ?? throw new InvalidOperationException("start comes first");

    private void Expect(string[] tasks)
    {
        List<string> found = [];
        Daemon.WaitUntil(log =>
        {
            Take(log, found);
            return Array.TrueForAll(tasks, task => task.EndsWith('?') || found.Contains(task.TrimEnd('+')));
        });

        // What comes too often has come by the time that a later file elsewhere has. That one is a tick of the clock later, by which a scan can tell it from the others.
        CoarseClock.WaitForTick();
        string fence = $"fence/{++_fences}";
        _tree.Write(fence, "x");
        Daemon.WaitUntil(log =>
        {
            Take(log, found);
            return found.Contains(fence);
        });
        found.RemoveAll(each => each.StartsWith("fence/", StringComparison.Ordinal));
        foreach (string task in tasks.Where(IsAnyNumber))
        {
            found.RemoveAll(each => each == task[..^1]);
        }

        Assert.True(tasks.Where(task => !IsAnyNumber(task)).Order(StringComparer.Ordinal).SequenceEqual(found.Order(StringComparer.Ordinal)), Daemon.WithLog($"expected: {string.Join(' ', tasks)}, came: {string.Join(' ', found)}"));
    }

    private static bool IsAnyNumber(string task) => task[^1] is '+' or '?';

    private void Take(IReadOnlyList<string> log, List<string> found)
    {
        for (; _seen < log.Count; _seen++)
        {
            JsonLog entry = JsonLog.Parse(log[_seen]);
            if (entry.Message == "start task")
            {
                found.Add(entry.Path[(_tree.Path.Length + 1)..]);
            }
        }
    }

    private void AwaitMark()
    {
        CoarseClock.WaitForTick();
        _tree.Write("now", "x");
        long least = _tree.StatusOf("now").stx_ctime.Nanoseconds + CrashSlackNs;
        Stopwatch watch = Stopwatch.StartNew();
        while (!_tree.Exists("state") || Mark() < least)
        {
            Assert.True(watch.Elapsed < DaemonProcess.DefaultDeadline, Daemon.WithLog("the mark does not move"));
            Expect([]);
            Thread.Sleep(50);
        }
    }

    private long Mark() =>
        long.Parse(_tree.ReadText("state").Split('\n').First(line => line.StartsWith("mark ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    private string Configuration() => $$"""
        {
          "control_socket": null,
          "state_file": "{{_tree.PathOf("state")}}",
          "logging": { "format": "json" },
          "schedulers": { "s": { "type": "exec", "argv": ["/bin/true"], "max_concurrency": 1, "logname": "sched{{_reloads}}" } },
          "event_maps": { "m": { "IN_CLOSE_WRITE": "s", "IN_MOVED_TO": "s"{{(_reloads % 2 == 0 ? "" : ", \"IN_ATTRIB\": null")}} } },
          "watches": [
            { "path": "{{_tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": "m" },
            { "path": "{{_tree.PathOf("etc/conf")}}", "event_map": "m" },
            { "path": "{{_tree.PathOf("fence")}}", "event_map": "m" }
          ]
        }
        """;
}
