using System.Collections.Generic;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;

namespace PyInotifyd.Configuration.Binding;

/// <summary>An object of the configuration, checked against its keys, with values by key.</summary>
/// <remarks>What is not valid has been reported and reads as its default. Keys that the object lacks are taken from the object that it falls back to.</remarks>
internal sealed class ObjectView
{
    private const int MaxListed = 16;

    private readonly KeyValue[] _values;
    private readonly int _count;
    private readonly ObjectView? _fallback;
    private List<string>? _meant;

    /// <summary>Checks the members of an object: their names, their types, and that none is missing (of a partial one only the first key).</summary>
    public ObjectView(JsonNode node, KeyGroup group, ProblemList problems, ObjectView? fallback = null, bool isPartial = false)
    {
        Node = node;
        _fallback = fallback;
        _values = new KeyValue[node.Children.Count];
        foreach (JsonNode member in node.Children)
        {
            ConfigKey? key = group.Find(member.Name!);
            if (key is null)
            {
                problems.ErrorAtName(member, Unknown(member.Name!, group, ref _meant));
            }
            else if (Own(key) is { } other)
            {
                problems.ErrorAtName(member, $"\"{other.Name}\" and \"{member.Name}\" are the same key");
            }
            else
            {
                _values[_count++] = ValueReader.Read(key, member, problems);
            }
        }

        foreach (ConfigKey key in group.Keys)
        {
            if (key.Required && !IsGiven(key) && !IsMistyped(key) && (!isPartial || key == group.Keys[0]))
            {
                problems.Missing(node, key.Name, $": {group.Name} needs it");
            }
        }
    }

    /// <summary>The object.</summary>
    public JsonNode Node { get; }

    /// <summary>Whether the object itself has the key, be its value valid or not.</summary>
    public bool IsGiven(ConfigKey key) => Own(key) is not null;

    /// <summary>Whether the object has an unknown key that was taken for this one; then nobody needs to be told that it is missing.</summary>
    public bool IsMistyped(ConfigKey key) => _meant is not null && _meant.Contains(key.Name);

    /// <summary>Returns the value's place in the object itself or in what it falls back to; null where the key is absent, null or not valid.</summary>
    public JsonNode? Value(ConfigKey key) => TryGet(key, out KeyValue value) && value.IsValid && !value.IsNull ? value.Node : null;

    /// <summary>Returns the value's place in the object itself, valid or not; null where the key is absent.</summary>
    public JsonNode? Own(ConfigKey key)
    {
        for (int i = 0; i < _count; i++)
        {
            if (ReferenceEquals(_values[i].Key, key))
            {
                return _values[i].Node;
            }
        }

        return null;
    }

    public bool Boolean(ConfigKey key) => Number(key) != 0;

    /// <summary>Returns the number of a Boolean, Integer, Duration, Mode or Choice; its default where the key is absent, null or not valid.</summary>
    public long Number(ConfigKey key) => TryGet(key, out KeyValue value) && value.IsValid && !value.IsNull ? value.Number : key.DefaultNumber;

    /// <summary>Returns the number, or null where the key is absent, null or not valid.</summary>
    public long? OptionalNumber(ConfigKey key) => TryGet(key, out KeyValue value) && value.IsValid && !value.IsNull ? value.Number : null;

    /// <summary>Returns the text; its default where the key is absent or not valid, null where it is null.</summary>
    public string? Text(ConfigKey key) => TryGet(key, out KeyValue value) && value.IsValid ? value.Text : key.DefaultText;

    private bool TryGet(ConfigKey key, out KeyValue value)
    {
        for (int i = 0; i < _count; i++)
        {
            if (ReferenceEquals(_values[i].Key, key))
            {
                value = _values[i];
                return true;
            }
        }

        value = default;
        return _fallback is not null && _fallback.TryGet(key, out value);
    }

    private static string Unknown(string name, KeyGroup group, ref List<string>? meant)
    {
        NearestName nearest = new(name);
        foreach (ConfigKey key in group.Keys)
        {
            nearest.Offer(key.Name);
        }

        string shown = Shown.Quote(name);
        if (KeyHomes.Find(name, group) is { } home)
        {
            return $"unknown key {shown}: it belongs to {home}, not to {group.Name}";
        }

        if (nearest.Best is not null)
        {
            (meant ??= []).Add(nearest.Best);
            return $"unknown key {shown}{nearest.Question}";
        }

        string list = "";
        for (int i = 0; i < group.Keys.Length && i < MaxListed; i++)
        {
            list += (i == 0 ? "" : ", ") + group.Keys[i].Name;
        }

        return $"unknown key {shown}; {group.Name} has {list}{(group.Keys.Length > MaxListed ? ", …" : "")}";
    }
}
