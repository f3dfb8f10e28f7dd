using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Json;

namespace PyInotifyd.Configuration.Binding;

/// <summary>The objects of one map of the configuration, such as <c>schedulers</c>, from all files, by name.</summary>
internal sealed class NamedObjects
{
    private readonly string _kind;
    private readonly ProblemList _problems;
    private readonly Dictionary<string, JsonNode> _byName = new(StringComparer.Ordinal);

    /// <summary>Makes an empty map of things that are called <paramref name="kind"/> in messages.</summary>
    public NamedObjects(string kind, ProblemList problems)
    {
        _kind = kind;
        _problems = problems;
    }

    /// <summary>All objects, in the order of the files.</summary>
    public List<JsonNode> Nodes { get; } = [];

    /// <summary>Adds the members of one file's map.</summary>
    public void AddAll(JsonNode? map)
    {
        if (map is null)
        {
            return;
        }

        foreach (JsonNode node in map.Children)
        {
            string name = node.Name!;
            if (name.Length == 0)
            {
                _problems.ErrorAtName(node, $"the name of {_kind} must not be empty");
            }

            if (_byName.TryGetValue(name, out JsonNode? first))
            {
                (int line, int column) = first.Source.Locate(first.NameOffset);
                _problems.ErrorAtName(node, $"{_kind} {Shown.Quote(name)} stands already in {first.Source.Name}:{line}:{column}");
            }
            else if (node.Kind != JsonKind.Object)
            {
                _problems.Error(node, $"expected an object, found {Shown.Found(node)}");
                _byName.Add(name, node);
            }
            else
            {
                _byName.Add(name, node);
                Nodes.Add(node);
            }
        }
    }

    /// <summary>Says where a value names something that is not there, and which name was probably meant.</summary>
    public bool Check(JsonNode node, string name)
    {
        if (_byName.ContainsKey(name))
        {
            return true;
        }

        NearestName nearest = new(name);
        string list = "";
        int listed = 0;
        foreach (string known in _byName.Keys)
        {
            nearest.Offer(known);
            if (++listed <= 8)
            {
                list += (listed == 1 ? "" : ", ") + known;
            }
        }

        string remedy = nearest.Best is not null ? nearest.Question : listed == 0 ? "; none is defined" : $"; defined: {list}{(listed > 8 ? ", …" : "")}";
        _problems.Undefined(node, $"{_kind} {Shown.Quote(name)} is not defined{remedy}");
        return false;
    }
}
