using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Json;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Which scheduler hands its events to which, and whether any comes back to where it was.</summary>
internal sealed class HandOverGraph
{
    private readonly List<Scheduler> _schedulers = [];
    private readonly Dictionary<string, Scheduler> _byName = new(StringComparer.Ordinal);

    /// <summary>Adds a scheduler and those it hands events to.</summary>
    public void Add(string name, JsonNode? onSuccess, JsonNode? onFailure)
    {
        Scheduler scheduler = new(name, onSuccess, onFailure);
        _schedulers.Add(scheduler);
        _byName[name] = scheduler;
    }

    /// <summary>Reports one error for each hand-over that closes a circle.</summary>
    /// <remarks>Depth first, with a stack of its own: chains may be as long as the file.</remarks>
    public void ReportCycles(ProblemList problems)
    {
        Stack<Scheduler> way = new();
        foreach (Scheduler start in _schedulers)
        {
            if (start.NextEdge != 0)
            {
                continue;
            }

            way.Push(start);
            while (way.TryPeek(out Scheduler? scheduler))
            {
                scheduler.IsOnWay = true;
                if (scheduler.NextEdge == Scheduler.EdgeCount)
                {
                    scheduler.IsOnWay = false;
                    way.Pop();
                    continue;
                }

                JsonNode? edge = scheduler.Edge(scheduler.NextEdge++);
                if (edge is null || !_byName.TryGetValue(edge.Text, out Scheduler? target))
                {
                    continue;
                }

                if (target.IsOnWay)
                {
                    problems.Error(edge, $"hands events round in a circle: {Circle(way, target)}");
                }
                else if (target.NextEdge == 0)
                {
                    way.Push(target);
                }
            }
        }
    }

    private static string Circle(Stack<Scheduler> way, Scheduler target)
    {
        string text = target.Name;
        foreach (Scheduler scheduler in way)
        {
            text = scheduler.Name + " → " + text;
            if (scheduler == target)
            {
                break;
            }
        }

        return text;
    }

    private sealed class Scheduler(string name, JsonNode? onSuccess, JsonNode? onFailure)
    {
        public const int EdgeCount = 2;

        public string Name { get; } = name;

        public int NextEdge { get; set; }

        public bool IsOnWay { get; set; }

        public JsonNode? Edge(int index) => index == 0 ? onSuccess : onFailure;
    }
}
