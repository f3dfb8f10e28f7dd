using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Makes event maps of their objects, and finds them by name.</summary>
internal sealed class EventMapBinder
{
    private readonly ProblemList _problems;
    private readonly Patterns _patterns;
    private readonly NamedObjects _schedulers;
    private readonly NamedObjects _maps;
    private readonly Dictionary<string, EventMapBinding> _byName = new(StringComparer.Ordinal);

    public EventMapBinder(NamedObjects maps, NamedObjects schedulers, Patterns patterns, ProblemList problems)
    {
        _maps = maps;
        _schedulers = schedulers;
        _patterns = patterns;
        _problems = problems;
    }

    /// <summary>Reads all named maps, be they used or not.</summary>
    public void BindAll()
    {
        foreach (JsonNode node in _maps.Nodes)
        {
            _byName[node.Name!] = Bind(node);
        }
    }

    /// <summary>Returns the map that a value names or is; null where it has been reported that there is none.</summary>
    public EventMapBinding? Resolve(JsonNode value)
    {
        if (value.Kind == JsonKind.Object)
        {
            return Bind(value);
        }

        return _maps.Check(value, value.Text) && _byName.TryGetValue(value.Text, out EventMapBinding? map) ? map : null;
    }

    /// <summary>Returns a map with one scheduler for every event.</summary>
    public EventMapBinding Uniform(JsonNode scheduler)
    {
        _schedulers.Check(scheduler, scheduler.Text);
        SpecList<ActionSpec>[] slots = new SpecList<ActionSpec>[EventNames.SlotCount];
        Array.Fill(slots, SpecList<ActionSpec>.Empty);
        SpecList<ActionSpec> actions = new(new ActionSpec(scheduler.Text, IsCancel: false));
        foreach (int slot in EventMapKeys.EventSlots)
        {
            slots[slot] = actions;
        }

        return new EventMapBinding(new EventMapSpec(new SpecList<SpecList<ActionSpec>>(slots)), [], null);
    }

    private EventMapBinding Bind(JsonNode node)
    {
        int errorsBefore = _problems.ErrorCount;
        ObjectView view = new(node, EventMapKeys.Group, _problems);
        SpecList<ActionSpec>[] slots = new SpecList<ActionSpec>[EventNames.SlotCount];
        Array.Fill(slots, SpecList<ActionSpec>.Empty);
        SpecList<ActionSpec> fallback = SpecList<ActionSpec>.Empty;
        if (view.Value(EventMapKeys.DefaultSched) is { } scheduler && _schedulers.Check(scheduler, scheduler.Text))
        {
            fallback = new SpecList<ActionSpec>(new ActionSpec(scheduler.Text, IsCancel: false));
        }

        for (int i = 0; i < EventMapKeys.Events.Length; i++)
        {
            ConfigKey key = EventMapKeys.Events[i];
            slots[EventMapKeys.EventSlots[i]] = view.IsGiven(key) ? Actions(view.Value(key)) : fallback;
        }

        List<string> exclude = [];
        _patterns.AddListOrFile(view.Value(EventMapKeys.ExcludeFilter), exclude);
        EventMapSpec spec = new(new SpecList<SpecList<ActionSpec>>(slots));
        if (spec.Mapped == EventMask.None && _problems.ErrorCount == errorsBefore && !_problems.IsIncomplete)
        {
            _problems.Warning(node, "no event is mapped to a scheduler, so nothing will ever run");
        }

        return new EventMapBinding(spec, exclude, _patterns.Include(view));
    }

    private SpecList<ActionSpec> Actions(JsonNode? value)
    {
        List<ActionSpec> actions = [];
        if (value?.Kind == JsonKind.Array)
        {
            foreach (JsonNode node in value.Children)
            {
                AddAction(node, actions);
            }
        }
        else if (value is not null)
        {
            AddAction(value, actions);
        }

        return actions.Count == 0 ? SpecList<ActionSpec>.Empty : new SpecList<ActionSpec>(actions.ToArray());
    }

    private void AddAction(JsonNode node, List<ActionSpec> actions)
    {
        switch (node.Kind)
        {
            case JsonKind.String:
                AddAction(node, isCancel: false, actions);
                break;
            case JsonKind.Object:
                ObjectView view = new(node, EventMapKeys.CancelGroup, _problems);
                if (view.Value(EventMapKeys.Cancel) is { } scheduler)
                {
                    AddAction(scheduler, isCancel: true, actions);
                }

                break;
            case JsonKind.Null:
                break;
            default:
                _problems.Error(node, $"expected the name of a scheduler or {{\"cancel\": \"NAME\"}}, found {Shown.Found(node)}");
                break;
        }
    }

    private void AddAction(JsonNode name, bool isCancel, List<ActionSpec> actions)
    {
        if (_schedulers.Check(name, name.Text))
        {
            actions.Add(new ActionSpec(name.Text, isCancel));
        }
    }
}
