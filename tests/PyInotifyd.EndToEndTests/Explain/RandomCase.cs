using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using PyInotifyd.TestKit;

namespace PyInotifyd.EndToEndTests.Explain;

/// <summary>One random configuration, a directory of its own with a few watches, and one path in it to which one thing happens.</summary>
internal sealed class RandomCase
{
    private static readonly string[] s_directories = ["a", "b", ".git", "link", "new", "x y"];
    private static readonly string[] s_names = ["f.c", "f.txt", "x.tmp", "é", "it's", "$(id)", "-n", "line\nbreak", "\"q\"", "aa"];
    private static readonly string[] s_excludes = [".*/\\.git(/|$)", ".*\\.tmp$", "T/a$", "T/a/b", "T$", ".*/new/", ".*'", "(?i).*/F\\.", "T/[ab]$"];
    private static readonly string[] s_includes = [".*\\.c$", "T/a", ".*[fx]", ".*/[^/.]*$"];
    private static readonly string[] s_commands =
    [
        "true {pathname}", "true \"{name}\" '{dirname}'", "true {maskname}{watch} {src_pathname}", ": $(true {pathname})", ": \"$(true '{name}' \"{pathname}\")\" $(true $(true {name}))",
        "true --name={name} {dirname}/'{name}' {name}", "case {name} in (*) true \"${HOME}{pathname}\" ;; esac", "if true '{pathname}'; then true {{name}} {other}; fi | true {name} > /dev/null",
    ];

    private static readonly string[] s_events = ["IN_ACCESS", "IN_ATTRIB", "IN_CLOSE_NOWRITE", "IN_CLOSE_WRITE", "IN_CREATE", "IN_DELETE", "IN_DELETE_SELF", "IN_IGNORED", "IN_MODIFY", "IN_MOVED_FROM", "IN_MOVED_TO", "IN_MOVE_SELF", "IN_OPEN", "IN_Q_OVERFLOW", "IN_UNMOUNT"];

    private readonly List<string> _schedulers = [];
    private readonly List<string> _maps = [];
    private readonly List<string> _watches = [];
    private readonly TempTree _tree;
    private readonly string _top;
    private readonly bool _isDirectory;
    private readonly bool _isChangedBefore;

    // Tasks of one path run side by side: where one takes it away, no other may look for it.
    private bool _mayTakeAway;
    private bool _mayLook = true;

    /// <summary>Makes case number <paramref name="number"/> in a directory of that name, with everything that is there beforehand.</summary>
    public RandomCase(Random random, TempTree tree, int number)
    {
        _tree = tree;
        _top = number.ToString();
        foreach (string directory in (string[])["", "/a", "/a/b", "/.git", "/x y", "/out"])
        {
            tree.MakeDirectory(_top + directory);
        }

        tree.Symlink("a", _top + "/link");
        bool grows = random.Next(3) == 0;
        int depth = random.Next(4);
        string parent = _top;
        for (int i = 0; i < depth; i++)
        {
            parent += "/" + s_directories[random.Next(s_directories.Length)];
        }

        string name = s_names[random.Next(s_names.Length)];
        bool isRoot = random.Next(10) == 0;
        _isDirectory = isRoot || random.Next(4) == 0;
        Path = isRoot ? _top : parent + "/" + name;
        string[] events = isRoot ? ["IN_ATTRIB"] : _isDirectory ? ["IN_CREATE", "IN_DELETE", "IN_ATTRIB", "IN_MOVED_TO"] : ["IN_CREATE", "IN_DELETE", "IN_ATTRIB", "IN_MOVED_TO", "IN_CLOSE_WRITE"];
        Event = events[random.Next(events.Length)];

        // Only a watch with auto_add is there when a directory appears afterwards.
        if (isRoot || !grows || Event == "IN_DELETE")
        {
            grows = false;
            Directory.CreateDirectory(tree.PathOf(parent));
        }

        if (!isRoot && Event is "IN_DELETE" || (Event is "IN_ATTRIB" or "IN_CLOSE_WRITE" && !grows && !isRoot))
        {
            MakeItem();
            _isChangedBefore = !_isDirectory && Event != "IN_ATTRIB";
        }

        _mayTakeAway = random.Next(4) != 0;
        int watches = random.Next(1, 4);
        for (int i = 0; i < watches; i++)
        {
            AddWatch(random, i, grows);
        }
    }

    /// <summary>The path below the tree.</summary>
    public string Path { get; }

    /// <summary>The one event that is mapped.</summary>
    public string Event { get; }

    /// <summary>The configuration: a file that is whole, and one that another may include.</summary>
    public string Configuration =>
        $"{{ \"schedulers\": {{ {string.Join(",\n", _schedulers)} }},\n\"event_maps\": {{ {string.Join(",\n", _maps)} }},\n\"watches\": [ {string.Join(",\n", _watches)} ] }}";

    private string Pending => _top + "-pending";

    /// <summary>Asks explain what would run, a line for each task.</summary>
    public SortedSet<string> Explained(string configuration)
    {
        string path = _tree.PathOf(Path) + (_isDirectory ? "/" : "");
        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["explain", "-c", configuration, "--json", "-e", _isChangedBefore ? Event + ",IN_ATTRIB" : Event, "--", path]);
        using JsonDocument document = JsonDocument.Parse(result.Output);
        SortedSet<string> tasks = new(StringComparer.Ordinal);
        foreach (JsonElement watch in document.RootElement.GetProperty("watches").EnumerateArray())
        {
            foreach (JsonElement action in watch.GetProperty("actions").EnumerateArray())
            {
                string scheduler = action.GetProperty("scheduler").GetString()!;
                bool isSchedule = action.GetProperty("does").GetString() == "schedule";
                if (scheduler == Pending)
                {
                    tasks.Add(scheduler + (isSchedule ? ": schedule task" : ": scheduled task cancelled"));
                }
                else if (isSchedule && Work(action) is { } work)
                {
                    tasks.Add(scheduler + ": " + work);
                }
            }
        }

        if (result.ExitStatus != (tasks.Count == 0 ? 4 : 0))
        {
            throw new InvalidOperationException($"exit status {result.ExitStatus} with {tasks.Count} tasks: {result.Output}{result.Error}");
        }

        return tasks;
    }

    /// <summary>Lets the event happen.</summary>
    public void Act()
    {
        string path = _tree.PathOf(Path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        if (_isChangedBefore)
        {
            _tree.SetMode(Path, 0x180u);
        }

        switch (Event)
        {
            case "IN_DELETE":
                _tree.Delete(Path);
                break;
            case "IN_MOVED_TO":
                MakeItem(_top + "-aside");
                _tree.Move(_top + "-aside", Path);
                break;
            case "IN_CREATE":
                MakeItem();
                break;
            default:
                bool isNew = !_tree.Exists(Path);
                if (isNew)
                {
                    MakeItem();
                }

                if (Event == "IN_CLOSE_WRITE")
                {
                    if (!isNew)
                    {
                        _tree.Append(Path, "more");
                    }

                    break;
                }

                try
                {
                    _tree.SetMode(Path, _isDirectory ? 0x1c0u : 0x180u);
                }
                catch (IOException) when (isNew)
                {
                    // Found in a new directory, reported as IN_ATTRIB and taken away.
                }

                break;
        }
    }

    private string? Work(JsonElement action)
    {
        switch (action.GetProperty("type").GetString())
        {
            case "shell":
                return action.GetProperty("cmd").GetString();
            case "exec":
                return action.GetProperty("argv").GetRawText();
            default:
                return action.GetProperty("rule").ValueKind == JsonValueKind.Null
                    ? null : $"{action.GetProperty("action")} '{_tree.PathOf(Path)}'" + (action.TryGetProperty("destination", out JsonElement destination) ? $" to '{destination}'" : "");
        }
    }

    private void MakeItem(string? name = null)
    {
        if (_isDirectory)
        {
            _tree.MakeDirectory(name ?? Path);
        }
        else
        {
            _tree.Write(name ?? Path, "content");
        }
    }

    private void AddWatch(Random random, int number, bool grows)
    {
        List<string> actions = [];
        int schedulers = random.Next(1, 4);
        for (int i = 0; i < schedulers; i++)
        {
            // The same scheduler may be used by more than one watch, and cancelled by another one.
            string name = $"{_top}-{number}-{i}";
            _schedulers.Add($"\"{name}\": {{ {Scheduler(random)}, \"files\": {Any(random, 4)}, \"dirs\": {Any(random, 2)} }}");
            actions.Add(random.Next(8) == 0 ? $"{{ \"cancel\": \"{name}\" }}" : $"\"{name}\"");
        }

        // A change before leaves a task that waits, which the event drops where it says so.
        if (_isChangedBefore && number == 0)
        {
            _schedulers.Add($"\"{Pending}\": {{ \"type\": \"exec\", \"argv\": [\"/bin/true\"], \"delay\": \"1h\" }}");
            if (random.Next(2) == 0)
            {
                actions.Insert(0, $"{{ \"cancel\": \"{Pending}\" }}");
            }
        }

        string[] roots = ["", "", "", "/a", "/link", "/*", Path[_top.Length..]];
        string root = roots[random.Next(roots.Length)];
        bool isItem = root.Length != 0 && root == Path[_top.Length..];
        if (isItem && (!_tree.Exists(Path) || Event is not ("IN_ATTRIB" or "IN_CLOSE_WRITE")))
        {
            root = "";
        }

        List<string> keys = [$"\"path\": {Json(_tree.PathOf(_top) + root)}", $"\"rec\": {Any(random, 2)}", $"\"auto_add\": {(grows ? "true" : Any(random, 2))}"];
        AddFilter(keys, "exclude_filter", random, s_excludes, 2);
        AddFilter(keys, "include_filter", random, s_includes, 4);

        List<string> map = [$"\"{Event}\": [ {string.Join(", ", actions)} ]"];
        if (actions is [['"', ..]] && random.Next(2) == 0)
        {
            map = [$"\"default_sched\": {actions[0]}", .. s_events.Where(e => e != Event && !(e == "IN_ATTRIB" && _isChangedBefore && number == 0)).Select(e => $"\"{e}\": null")];
        }

        if (_isChangedBefore && number == 0)
        {
            map.Add($"\"IN_ATTRIB\": \"{Pending}\"");
        }

        // A map that others could use has filters of its own, which are added to those of the watch.
        string inline = $"{{ {string.Join(", ", map)} }}";
        if (random.Next(2) == 0)
        {
            AddFilter(map, "exclude_filter", random, s_excludes, 4);
            AddFilter(map, "include_filter", random, s_includes, 8);
            _maps.Add($"\"{_top}-{number}\": {{ {string.Join(", ", map)} }}");
            inline = $"\"{_top}-{number}\"";
        }

        _watches.Add($"{{ {string.Join(", ", keys)}, \"event_map\": {inline} }}");
    }

    private void AddFilter(List<string> keys, string key, Random random, string[] patterns, int oneIn)
    {
        if (random.Next(oneIn) == 0)
        {
            IEnumerable<string> chosen = random.GetItems(patterns, random.Next(1, 3)).Select(pattern => Json(pattern.Replace("T", _tree.PathOf(_top), StringComparison.Ordinal)));
            keys.Add($"\"{key}\": [ {string.Join(", ", chosen)} ]");
        }
    }

    private string Scheduler(Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                return $"\"type\": \"shell\", \"cmd\": {Json(s_commands[random.Next(s_commands.Length)])}";
            case 1:
                return "\"type\": \"exec\", \"argv\": [\"/bin/true\", \"{name}\", \"{maskname}-{pathname}\", \"{watch}\"]";
            default:
                return FileManager(random);
        }
    }

    private string FileManager(Random random)
    {
        string top = _tree.PathOf(_top);
        string[] sources = [$"^{top}/(?P<d>.*/)?(?P<n>[^/]+)$", $"^{top}/a/(.*)$", $"{top}/(?P<n>.*)\\.c$", ".*/(?P<n>[a-z.]+)$", "(?s).*/(?P<n>[^/]*)$"];
        string[] rules = ["copy", "copy", "copy"];
        if (_mayTakeAway)
        {
            (_mayTakeAway, _mayLook) = (false, false);
            random.Shuffle(rules = ["move", "delete", "copy"]);
        }
        else if (!_mayLook)
        {
            return "\"type\": \"exec\", \"argv\": [\"/bin/true\", \"{name}\"]";
        }
        else
        {
            _mayTakeAway = false;
        }

        List<string> texts = [];
        foreach (string action in rules.Take(random.Next(1, 4)))
        {
            // What a group holds stands in the name of the destination, the whole match at its end.
            string destination = _tree.PathOf("out/") + _top + "-" + texts.Count + "-\\g<0>";
            texts.Add($"{{ \"action\": \"{action}\", \"src_re\": {Json(sources[random.Next(sources.Length)])}, "
                + (action == "delete" ? $"\"rec\": {Any(random, 2)} }}" : $"\"dst_re\": {Json(destination)}, \"auto_create\": true, \"override\": {Any(random, 2)} }}"));
        }

        return $"\"type\": \"filemanager\", \"rules\": [ {string.Join(", ", texts)} ]";
    }

    private static string Any(Random random, int trueIn) => random.Next(trueIn) != 0 ? "true" : "false";

    private static string Json(string text) => JsonSerializer.Serialize(text);
}
