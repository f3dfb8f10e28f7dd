using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using PyInotifyd.TestKit.Scenarios;

namespace PyInotifyd.PropertyTests.Inotify;

/// <summary>File operations on a watched tree, written as lines of a scenario, and the truth about it at the end.</summary>
/// <remarks>
/// A line <c>step</c> has the engine read what is in the queue; between two of them it is as if the daemon had been stopped. Operations that fail, as random ones do, are left out.
/// </remarks>
internal sealed class RandomTreeRun : IDisposable
{
    private static readonly string[] s_tops = ["/w", "/v", "/out"];

    private readonly TempTree _tree = new();
    private readonly ScenarioEngine _engine;
    private readonly ScenarioFiles _files;
    private readonly ScenarioCommands _commands;
    private readonly string[] _watches;
    private readonly List<string> _events = [];

    public RandomTreeRun(string[] watches)
    {
        _watches = watches;
        _engine = new ScenarioEngine(_tree.Path);
        _files = new ScenarioFiles(Encoding.UTF8.GetBytes(_tree.Path));
        _commands = new ScenarioCommands(_engine, _files, _tree.Path);
        foreach (string line in Prologue(watches))
        {
            _commands.Execute(Words.Split(line), null);
        }

        Step();
    }

    /// <summary>The lines that were carried out.</summary>
    public List<string> Done { get; } = [];

    /// <summary>What comes before the operations.</summary>
    public static IEnumerable<string> Prologue(string[] watches)
    {
        foreach (string top in s_tops)
        {
            yield return "mkdir " + top;
        }

        foreach (string watch in watches)
        {
            yield return watch;
        }

        yield return "start";
    }

    /// <summary>Carries out a line.</summary>
    public void Do(string line)
    {
        try
        {
            if (line == "step")
            {
                Step();
            }
            else
            {
                _commands.Execute(Words.Split(line), null);
            }

            Done.Add(line);
        }
        catch (ScenarioException)
        {
            // Not possible on the tree as it is.
        }
    }

    /// <summary>Makes up an operation on what is there.</summary>
    public string MakeUp(Random random, ref int files)
    {
        List<string> directories = [];
        List<string> others = [];
        foreach (string top in s_tops)
        {
            foreach (TreeEntry entry in WatchedInodes.Walk(_tree, top[1..]))
            {
                (entry.IsDirectory ? directories : others).Add(top + Encoding.Latin1.GetString(entry.Path));
            }
        }

        string parent = Pick(directories);
        string directory = Pick(directories);
        if (_watches.Length > 1 && Array.IndexOf(s_tops, directory) >= 0)
        {
            // A root whose parent is renamed is not told: what becomes of it is no question of this test.
            directory = directories[0] + "/none";
        }

        string name = (char)('a' + random.Next(4)) + (random.Next(4) == 0 ? "2" : "");
        switch (random.Next(20))
        {
            case < 5:
                return $"mkdir {parent}/{name}";
            case < 8:
                return $"touch {parent}/f{files++}";
            case < 13:
                return $"mv {directory} {parent}/{name}";
            case < 15:
                string other = random.Next(4) == 0 && others.Count != 0 ? Pick(others) : parent;
                if (Array.IndexOf(s_tops, directory) >= 0 && !directories.Contains(other))
                {
                    // A root that is a link is followed, and so the same files are told under two paths: the scenario root/exchanged-with-link.
                    return "step";
                }

                return _watches.Length > 1 && Array.IndexOf(s_tops, other) >= 0 ? "step" : $"mv --exchange {directory} {other}";
            case < 17:
                return others.Count == 0 ? "step" : $"mv {Pick(others)} {parent}/f{files++}";
            case 17:
                return Array.IndexOf(s_tops, directory) >= 0 ? "step" : $"rm -r {directory}";
            case 18:
                return others.Count == 0 ? "step" : $"rm {Pick(others)}";
            default:
                return random.Next(3) == 0 ? $"ln -s {directory} {parent}/f{files++}" : $"mkdir -p {parent}/{name}/{name}/x";
        }

        string Pick(List<string> from) => from[random.Next(from.Count)];
    }

    /// <summary>Compares what is watched, and what was reported, with what is there; null where all is well.</summary>
    public string? Judge()
    {
        Step();
        _engine.Advance(1000);
        _events.AddRange(_engine.Recorder.Events);
        _engine.Recorder.Events.Clear();
        return JudgeWatches() ?? JudgeReports() ?? JudgePaths();
    }

    public void Dispose()
    {
        _engine.Dispose();
        _files.Dispose();
        _tree.Dispose();
    }

    private void Step()
    {
        _engine.Settle();
        _events.AddRange(_engine.Recorder.Events);
        _engine.Recorder.Events.Clear();
    }

    private string? JudgeWatches()
    {
        HashSet<ulong> watched = WatchedInodes.Of(_engine.Inotify.Fd);
        foreach (string root in Roots())
        {
            foreach (TreeEntry entry in WatchedInodes.Walk(_tree, root[1..]))
            {
                if (entry.IsDirectory && !watched.Contains(entry.Status.stx_ino))
                {
                    return $"{root}{Encoding.Latin1.GetString(entry.Path)} is not watched";
                }
            }
        }

        if (_watches.Length != 1 || Roots().Count == 0)
        {
            // Guards of roots that are absent are watched too.
            return null;
        }

        foreach (TreeEntry entry in WatchedInodes.Walk(_tree, Roots()[0][1..]))
        {
            watched.Remove(entry.Status.stx_ino);
        }

        return watched.Count == 0 ? null : $"{watched.Count} inodes are watched that are not in the tree";
    }

    private string? JudgeReports()
    {
        foreach (string root in Roots())
        {
            foreach (TreeEntry entry in WatchedInodes.Walk(_tree, root[1..]))
            {
                string path = root + Encoding.Latin1.GetString(entry.Path);
                if (entry.Status.Type == Libc.S_IFREG && !WasReported(path))
                {
                    return $"{path} was never reported under a path that leads to this one";
                }
            }
        }

        return null;
    }

    /// <summary>Follows every report of a file through the renames of directories that were reported after it.</summary>
    /// <remarks>
    /// A report under the very path counts in any case: what a scan finds under the name that its directory has in the end stays there, though a rename that is read later speaks of an earlier directory of that name
    /// (the scenario tasks/dir-found-under-a-name-that-it-gets-later-in-batch).
    /// </remarks>
    private bool WasReported(string path)
    {
        if (_events.Any(row => row.Split(' ') is ["IN_CLOSE_WRITE" or "IN_MOVED_TO", string there, ..] && there == path))
        {
            return true;
        }

        string ending = path[path.LastIndexOf('/')..];
        HashSet<string> places = [];
        string lastFrom = "";
        string lastTo = "";
        foreach (string row in _events)
        {
            string[] words = row.Split(' ');
            if (words[0] is "IN_CLOSE_WRITE" or "IN_MOVED_TO" && words[1].EndsWith(ending, StringComparison.Ordinal))
            {
                places.Add(words[1]);
            }

            if (words[0] != "IN_MOVED_TO" || words.Length != 5)
            {
                continue;
            }

            // The second half of an exchange reads like a way back: both are possible.
            (string from, string to) = (words[4], words[1]);
            bool maybeExchange = from == lastTo && to == lastFrom;
            List<string> moved = [];
            foreach (string place in places)
            {
                if (place.StartsWith(from + "/", StringComparison.Ordinal))
                {
                    moved.Add(to + place[from.Length..]);
                    if (!maybeExchange)
                    {
                        places.Remove(place);
                    }
                }
            }

            places.UnionWith(moved);
            (lastFrom, lastTo) = (from, to);
        }

        return places.Contains(path);
    }

    /// <summary>A file in every directory: each must be told by its true path, once for each watch that covers it.</summary>
    private string? JudgePaths()
    {
        List<string> expected = [];
        List<string> directories = [];
        List<string> roots = Roots();
        foreach (string top in s_tops)
        {
            foreach (TreeEntry entry in WatchedInodes.Walk(_tree, top[1..]))
            {
                if (entry.IsDirectory)
                {
                    directories.Add(top + Encoding.Latin1.GetString(entry.Path));
                }
            }
        }

        foreach (string directory in directories)
        {
            _files.Put(directory + "/probe", "", 0);
            foreach (string root in roots)
            {
                if ((directory + "/").StartsWith(root + "/", StringComparison.Ordinal))
                {
                    expected.Add($"IN_CREATE {directory}/probe");
                    expected.Add($"IN_CLOSE_WRITE {directory}/probe");
                }
            }
        }

        _engine.Settle();
        List<string> found = [.. _engine.Recorder.Events];
        expected.Sort(StringComparer.Ordinal);
        found.Sort(StringComparer.Ordinal);
        string difference = LineDiff.Compare(expected, found);
        return difference.Length == 0 ? null : "a file in every directory (- expected, + told):\n" + difference;
    }

    /// <summary>Returns the root of each watch that is there.</summary>
    private List<string> Roots()
    {
        List<string> roots = [];
        foreach (string watch in _watches)
        {
            string root = Words.Split(watch)[1];
            if (_tree.TypeOf(Encoding.Latin1.GetBytes(root[1..])) == Libc.S_IFDIR)
            {
                roots.Add(root);
            }
        }

        return roots;
    }
}
