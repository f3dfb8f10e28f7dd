using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>A text file with file operations and what must come of them, run on the kernel's own inotify.</summary>
/// <remarks>
/// The run writes the file anew, with what came out in the place of what its sections say; the scenario holds when both are the same. So the difference is a readable diff, and taking
/// over what came out is writing the file. The engine makes steps until it is idle after each command: inotify queues an event inside the call that causes it, so nothing has to be waited for.
/// The language is described in <c>tests/README.md</c>.
/// </remarks>
public sealed class Scenario
{
    private readonly string[] _lines;
    private readonly List<string> _output = [];
    private readonly HashSet<string> _sections = [];
    private ScenarioEngine _engine = null!;
    private ScenarioCommands _commands = null!;
    private TempTree _tree = null!;
    private bool _inBatch;

    private Scenario(string[] lines)
    {
        _lines = lines;
    }

    /// <summary>Runs a scenario; returns what differs, an empty text where nothing does.</summary>
    /// <param name="file">The file.</param>
    /// <param name="update">Take over what came out: the file is written anew.</param>
    public static string Run(string file, bool update)
    {
        string[] lines = File.ReadAllText(file).TrimEnd('\n').Split('\n');
        Scenario scenario = new(lines);
        string? failure = scenario.Run();
        string difference = LineDiff.Compare(lines, scenario._output);
        if (failure is not null)
        {
            return difference + failure;
        }

        if (update && difference.Length != 0)
        {
            File.WriteAllText(file, string.Join('\n', scenario._output) + "\n");
            return "";
        }

        return difference;
    }

    private string? Run()
    {
        int at = 0;
        using TempTree tree = new();
        _tree = tree;
        using ScenarioEngine engine = new(tree.Path);
        _engine = engine;
        using ScenarioFiles files = new(Encoding.UTF8.GetBytes(tree.Path));
        _commands = new ScenarioCommands(engine, files, tree.Path);
        foreach (string line in _lines)
        {
            if (IsSection(line, out string kind, out _))
            {
                _sections.Add(kind);
            }
        }

        try
        {
            while (at < _lines.Length)
            {
                at = RunLine(at);
            }
        }
        catch (Exception error)
        {
            for (int rest = at; rest < _lines.Length; rest++)
            {
                _output.Add(_lines[rest]);
            }

            return $"line {(at + 1).ToString(CultureInfo.InvariantCulture)}: {_lines[at]}\n{(error is ScenarioException ? error.Message : error.ToString())}\n";
        }

        AppendUnlisted("Events", _engine.Recorder.Events);
        AppendUnlisted("Tasks", _engine.Recorder.Tasks);

        // A warning that nobody expects is a failure even where nobody looks at the log.
        _sections.Add("Log");
        AppendUnlisted("Log", _engine.Recorder.Log);
        return _inBatch ? "the batch has no end\n" : null;
    }

    private int RunLine(int at)
    {
        string line = _lines[at];
        if (line.Length == 0 || line[0] == '#')
        {
            _output.Add(line);
            return at + 1;
        }

        if (IsSection(line, out string kind, out bool anyOrder))
        {
            _output.Add(line);
            List<string> expected = [];
            while (++at < _lines.Length && _lines[at].StartsWith(' '))
            {
                expected.Add(_lines[at]);
            }

            AddRows(TakeRows(kind), expected, anyOrder);
            return at;
        }

        List<string> words = Words.Split(line);
        if (words[0] == "repeat")
        {
            return Repeat(at, int.Parse(words[1], CultureInfo.InvariantCulture));
        }

        string? block = null;
        int next = at + 1;
        if (next < _lines.Length && _lines[next] == "{")
        {
            int end = Array.IndexOf(_lines, "}", next);
            block = string.Join('\n', _lines[next..(end + 1)]);
            next = end + 1;
        }

        // After the command: what fails is still to be copied.
        Execute(words, block);
        for (; at < next; at++)
        {
            _output.Add(_lines[at]);
        }

        return next;
    }

    private void Execute(List<string> words, string? block)
    {
        if (words is ["batch"] or ["end"])
        {
            _inBatch = words[0] == "batch";
        }
        else
        {
            _commands.Execute(words, block);
        }

        if (!_inBatch)
        {
            _engine.Settle();
        }
    }

    private int Repeat(int at, int count)
    {
        int depth = 1;
        int end = at + 1;
        for (; ; end++)
        {
            if (end == _lines.Length)
            {
                throw new ScenarioException("the repeat has no end");
            }

            depth += _lines[end].StartsWith("repeat ", StringComparison.Ordinal) || _lines[end] == "batch" ? 1 : _lines[end] == "end" ? -1 : 0;
            if (depth == 0)
            {
                break;
            }
        }

        for (int i = 1; i <= count; i++)
        {
            for (int body = at + 1; body < end; body++)
            {
                List<string> words = Words.Split(_lines[body].Replace("{i}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
                if (words.Count != 0)
                {
                    Execute(words, null);
                }
            }
        }

        for (; at <= end; at++)
        {
            _output.Add(_lines[at]);
        }

        return at;
    }

    private static bool IsSection(string line, out string kind, out bool anyOrder)
    {
        anyOrder = line.EndsWith(", any order:", StringComparison.Ordinal);
        kind = anyOrder ? line[..^12] : line.TrimEnd(':');
        return line.EndsWith(':') && kind is "Events" or "Tasks" or "Log" or "Watches" or "Tree" or "Files";
    }

    private List<string> TakeRows(string kind)
    {
        List<string> source = kind switch
        {
            "Events" => _engine.Recorder.Events,
            "Tasks" => _engine.Recorder.Tasks,
            "Log" => _engine.Recorder.Log,
            "Watches" => Watches(),
            "Files" => FileRows.Of(_tree, _engine.Recorder),
            _ => Tree(),
        };
        List<string> rows = source.ConvertAll(row => "    " + row);
        source.Clear();
        return rows;
    }

    private void AddRows(List<string> rows, List<string> expected, bool anyOrder)
    {
        if (anyOrder)
        {
            List<string> a = [.. rows];
            List<string> b = [.. expected];
            a.Sort(StringComparer.Ordinal);
            b.Sort(StringComparer.Ordinal);
            if (string.Join('\n', a) == string.Join('\n', b))
            {
                rows = expected;
            }
        }

        _output.AddRange(rows);
    }

    private void AppendUnlisted(string kind, List<string> rows)
    {
        if (_sections.Contains(kind) && rows.Count != 0)
        {
            _output.Add(kind + ":");
            _output.AddRange(rows.ConvertAll(row => "    " + row));
        }
    }

    /// <summary>What the kernel says is watched, by path; an inode that is not in the tree has no name and counts all the same.</summary>
    private List<string> Watches()
    {
        HashSet<ulong> inodes = WatchedInodes.Of(_engine.Inotify.Fd);
        List<string> rows = [];
        HashSet<ulong> named = [];
        foreach (TreeEntry entry in WatchedInodes.Walk(_tree, ""))
        {
            if (inodes.Contains(entry.Status.stx_ino))
            {
                named.Add(entry.Status.stx_ino);
                rows.Add(_engine.Recorder.Shown([.. Encoding.UTF8.GetBytes(_tree.Path), .. entry.Path]));
            }
        }

        if (inodes.Count != named.Count)
        {
            rows.Add($"and {(inodes.Count - named.Count).ToString(CultureInfo.InvariantCulture)} that is not in the tree");
        }

        return rows;
    }

    private List<string> Tree()
    {
        List<string> rows = [];
        foreach (TreeEntry entry in WatchedInodes.Walk(_tree, ""))
        {
            if (entry.Path.Length != 0)
            {
                rows.Add(_engine.Recorder.Shown([.. Encoding.UTF8.GetBytes(_tree.Path), .. entry.Path]) + (entry.IsDirectory ? "/" : ""));
            }
        }

        return rows;
    }
}
