using System;

namespace PyInotifyd.Configuration.Keys;

/// <summary>The keys that one kind of object has.</summary>
public sealed class KeyGroup
{
    private readonly ConfigKey[] _keys;

    internal KeyGroup(string name, params ReadOnlySpan<ConfigKey> keys)
    {
        Name = name;
        _keys = keys.ToArray();
    }

    internal KeyGroup(string name, KeyGroup first, KeyGroup second)
    {
        Name = name;
        _keys = [.. first._keys, .. second._keys];
    }

    /// <summary>What the object is, as <c>a watch</c>.</summary>
    public string Name { get; }

    /// <summary>The keys in the order of the documentation.</summary>
    public ReadOnlySpan<ConfigKey> Keys => _keys;

    /// <summary>Finds a key by its name or other name; null where there is none.</summary>
    public ConfigKey? Find(string name)
    {
        foreach (ConfigKey key in _keys)
        {
            if (key.Name == name || key.Alias == name)
            {
                return key;
            }
        }

        return null;
    }
}
