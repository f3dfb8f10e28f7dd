using System.Collections.Generic;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Makes watches of their objects, one for each path.</summary>
internal sealed class WatchBinder
{
    private const int PathMax = 4095;

    private readonly EventMapBinder _maps;
    private readonly Patterns _patterns;
    private readonly ProblemList _problems;
    private readonly bool _hasState;
    private readonly HashSet<WatchSpec> _known = [];

    public WatchBinder(EventMapBinder maps, Patterns patterns, bool hasState, ProblemList problems)
    {
        _maps = maps;
        _patterns = patterns;
        _hasState = hasState;
        _problems = problems;
    }

    /// <summary>Adds the watches of one object.</summary>
    public void Bind(JsonNode node, List<WatchSpec> watches)
    {
        if (node.Kind != JsonKind.Object)
        {
            _problems.Error(node, $"expected an object, found {Shown.Found(node)}");
            return;
        }

        ObjectView view = new(node, WatchKeys.Group, _problems);
        List<JsonNode> places = [];
        List<UnixPath> paths = Paths(view, places);
        EventMapBinding? map = EventMap(view);
        List<string> exclude = [];
        _patterns.AddListOrFile(view.Value(EventMapKeys.ExcludeFilter), exclude, paths);
        List<string>? include = _patterns.Include(view, paths);
        CheckScan(view);
        if (map is null)
        {
            return;
        }

        exclude.AddRange(map.Exclude);
        WatchSpec watch = new()
        {
            Path = default,
            EventMap = map.Spec,
            Rec = view.Boolean(WatchKeys.Rec),
            AutoAdd = view.Boolean(WatchKeys.AutoAdd),
            OneFileSystem = view.Boolean(WatchKeys.OneFileSystem),
            Exclude = exclude.Count == 0 ? SpecList<string>.Empty : new SpecList<string>(exclude.ToArray()),
            Include = List(include ?? map.Include),
            AlsoInclude = include is null ? null : List(map.Include),
            OnMissing = (MissingPolicy)view.Number(WatchKeys.OnMissing),
            OnOverflow = (OverflowPolicy)view.Number(WatchKeys.OnOverflow),
            ScanOnStart = (StartScan)view.Number(WatchKeys.ScanOnStart),
            PollMs = view.Number(WatchKeys.Poll),
        };
        for (int i = 0; i < paths.Count; i++)
        {
            WatchSpec bound = watch with { Path = paths[i] };
            watches.Add(bound);
            if (!_known.Add(bound))
            {
                _problems.Warning(places[i], "an identical watch stands before it, so each event does everything twice");
            }

            if (_problems.LooksAround)
            {
                LookFor(bound, places[i]);
            }
        }
    }

    private void LookFor(WatchSpec watch, JsonNode place)
    {
        if (FilePattern.Exists(watch.Path.Bytes))
        {
            return;
        }

        if (!FilePattern.IsPattern(watch.Path.Bytes))
        {
            _problems.Warning(place, watch.OnMissing == MissingPolicy.Fail ? "does not exist, so the daemon will not start" : "does not exist; the daemon waits until it is there");
        }
        else if (RootExpander.Expand(watch.Path).Count == 0)
        {
            _problems.Warning(place, "matches nothing; it is expanded at start and at reload");
        }
    }

    private static SpecList<string>? List(List<string>? texts) => texts is null ? null : new SpecList<string>(texts.ToArray());

    private List<UnixPath> Paths(ObjectView view, List<JsonNode> places)
    {
        List<UnixPath> paths = [];
        JsonNode? value = view.Value(WatchKeys.Path);
        if (value?.Kind == JsonKind.String)
        {
            AddPath(value, paths, places);
        }
        else if (value is not null)
        {
            if (value.Children.Count == 0 && !value.IsOpen)
            {
                _problems.Error(value, "the list of paths is empty");
            }

            foreach (JsonNode node in TextLists.Read(value, "an absolute path", _problems))
            {
                AddPath(node, paths, places);
            }
        }

        return paths;
    }

    private void AddPath(JsonNode node, List<UnixPath> paths, List<JsonNode> places)
    {
        string? error = ValueReader.Bytes(node.Text, out byte[] bytes);
        if (error is null && node.Text.Length == 0)
        {
            error = "the path is empty";
        }
        else if (error is null && bytes[0] != '/')
        {
            error = $"must be an absolute path, found {Shown.Found(node)}";
        }
        else if (error is null && bytes.Length > PathMax)
        {
            error = $"longer than {PathMax} bytes, which no path can be";
        }

        if (error is not null)
        {
            _problems.Error(node, error);
            return;
        }

        paths.Add(new UnixPath(NormalPath.Of(bytes)));
        places.Add(node);
    }

    private EventMapBinding? EventMap(ObjectView view)
    {
        JsonNode? map = view.Own(WatchKeys.EventMap);
        JsonNode? scheduler = view.Own(WatchKeys.DefaultSched);
        if (map is not null && scheduler is not null)
        {
            JsonNode second = map.Offset > scheduler.Offset ? map : scheduler;
            _problems.ErrorAtName(second, "a watch has event_map or default_sched, not both");
        }
        else if (map is null && scheduler is null && !view.IsMistyped(WatchKeys.EventMap) && !view.IsMistyped(WatchKeys.DefaultSched))
        {
            _problems.Missing(view.Node, WatchKeys.EventMap.Name, ": a watch needs it, or default_sched");
        }

        EventMapBinding? result = view.Value(WatchKeys.DefaultSched) is { } name ? _maps.Uniform(name) : null;
        return view.Value(WatchKeys.EventMap) is { } value ? _maps.Resolve(value) : result;
    }

    private void CheckScan(ObjectView view)
    {
        if (view.Number(WatchKeys.ScanOnStart) == (long)StartScan.Changed && !_hasState && WatchKeys.ScanOnStart.Choices[(int)StartScan.Changed].Supported)
        {
            _problems.Error(view.Value(WatchKeys.ScanOnStart)!, "\"changed\" needs state_file, which remembers the last run");
        }
    }
}
