using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>What each command of a script does; <c>tests/README.md</c> lists them.</summary>
internal sealed class ScenarioCommands
{
    private readonly ScenarioEngine _engine;
    private readonly ScenarioFiles _files;
    private readonly string _root;
    private readonly List<List<string>> _watches = [];

    public ScenarioCommands(ScenarioEngine engine, ScenarioFiles files, string root)
    {
        _engine = engine;
        _files = files;
        _root = root;
    }

    /// <summary>Carries out a command; <paramref name="configuration"/> is the block that follows it, if any.</summary>
    public void Execute(List<string> words, string? configuration)
    {
        switch (words[0], words.Count)
        {
            case ("watch", > 1): _watches.Add(words); break;
            case ("start" or "reload", 1): Configure(configuration); break;
            case ("shutdown", 1): _engine.Shutdown(); break;
            case ("advance", 2): _engine.Advance(Milliseconds(words[1])); break;
            case ("tasks", 2) when words[1] is "end-by-themselves" or "by-hand": _engine.TasksEndByThemselves = words[1] != "by-hand"; break;
            case ("end-task", 3): _engine.EndTask(_files.PathOf(words[1])[..^1], Outcome(words[2])); break;
            case ("log", 2): _engine.Recorder.LogLevel = Enum.Parse<LogLevel>(words[1], ignoreCase: true); break;
            case ("fail", >= 3) when words[1] == "add_watch": Fail(words); break;
            case ("tick", 1): CoarseClock.WaitForTick(); break;
            case ("overflow", 1): _engine.Inotify.Overflow(); break;
            default: ExecuteOnFiles(words); break;
        }
    }

    private void ExecuteOnFiles(List<string> w)
    {
        switch (w[0], w.Count)
        {
            case ("touch", 2): _files.Put(w[1], "", 0); break;
            case ("echo", 4) when w[2] == ">": _files.Put(w[3], w[1] + "\n", Libc.O_TRUNC); break;
            case ("echo", 4) when w[2] == ">>": _files.Put(w[3], w[1] + "\n", Libc.O_APPEND); break;
            case ("cat", 2): _files.Read(w[1]); break;
            case ("mkdir", 2): _files.MakeDirectory(w[1], parents: false); break;
            case ("mkdir", 3) when w[1] == "-p": _files.MakeDirectory(w[2], parents: true); break;
            case ("mv", 3): _files.Rename(w[1], w[2], exchange: false, noReplace: false); break;
            case ("mv", 4) when w[1] is "--exchange" or "--no-replace": _files.Rename(w[2], w[3], w[1] == "--exchange", w[1] == "--no-replace"); break;
            case ("rm", 2): _files.Remove(w[1]); break;
            case ("rm", 3) when w[1] == "-r": _files.RemoveTree(w[2]); break;
            case ("rmdir", 2): _files.RemoveDirectory(w[1]); break;
            case ("cp", 4) when w[1] == "-r": _files.CopyTree(w[2], w[3]); break;
            case ("ln", 3): _files.Link(w[1], w[2]); break;
            case ("ln", 4) when w[1] == "-s": _files.Symlink(w[2], w[3]); break;
            case ("chmod", 3): _files.SetMode(w[1], w[2]); break;
            case ("chown", 3): _files.SetOwner(w[1], w[2]); break;
            case ("mknod", 3): _files.MakeSpecial(w[1], w[2]); break;
            case ("open", 4 or 5) when w[2] == "as": _files.Open(w[1], w[3], read: w.Count == 5 && w[4] == "reading"); break;
            case ("write", 3): _files.Write(w[1], w[2]); break;
            case ("close", 2): _files.Close(w[1]); break;
            default: throw new ScenarioException($"unknown command '{string.Join(' ', w)}', or wrong number of words for it");
        }
    }

    private void Configure(string? configuration)
    {
        _engine.Configure(ScenarioConfig.Read(configuration ?? ScenarioConfig.Write(_watches), _root));
        _watches.Clear();
    }

    private void Fail(List<string> words)
    {
        int errno = Enumerable.Range(1, 133).FirstOrDefault(e => Errno.Name(e) == words[2]);
        if (errno == 0)
        {
            throw new ScenarioException("fail: unknown error " + words[2]);
        }

        int passes = 0;
        int failures = int.MaxValue;
        for (int i = 3; i + 1 < words.Count; i += 2)
        {
            int number = int.Parse(words[i + 1], CultureInfo.InvariantCulture);
            passes = words[i] == "after" ? number : passes;
            failures = words[i] == "times" ? number : failures;
        }

        _engine.Inotify.FailAdds(errno, passes, failures);
    }

    private static TaskOutcome Outcome(string word) => word switch
    {
        "ok" => TaskOutcome.Exited(0),
        "fail" => TaskOutcome.Exited(1),
        "killed" => TaskOutcome.Killed(15),
        _ => throw new ScenarioException($"end-task: '{word}' is none of ok, fail, killed"),
    };

    private static long Milliseconds(string word)
    {
        int digits = word.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        double number = double.Parse(word[..digits], CultureInfo.InvariantCulture);
        double unit = word[digits..] switch
        {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => throw new ScenarioException($"'{word}' is no time; write 250ms, 60s, 5m or 2h"),
        };
        return (long)(number * unit);
    }
}
