using System;

namespace PyInotifyd.Configuration.Keys;

/// <summary>A key of the configuration: what it is called, takes, means, and is where it is left out.</summary>
/// <remarks>
/// Whether the engine obeys a key already is one word here, <see cref="NotYet"/>; a value other than the default is then an error, though it is checked
/// and bound like any other.
/// </remarks>
public sealed class ConfigKey
{
    private ConfigKey(string name, ConfigType type, string doc)
    {
        Name = name;
        Type = type;
        Doc = doc;
    }

    /// <summary>How it is written.</summary>
    public string Name { get; }

    /// <summary>Another way to write it; null: none.</summary>
    public string? Alias { get; private set; }

    /// <summary>What it takes.</summary>
    public ConfigType Type { get; }

    /// <summary>What it means, one sentence.</summary>
    public string Doc { get; }

    /// <summary>Whether the engine obeys it.</summary>
    public bool Supported { get; private set; } = true;

    /// <summary>Whether it must be there.</summary>
    public bool Required { get; private set; }

    /// <summary>Whether null is allowed, which means none.</summary>
    public bool Nullable { get; private set; }

    /// <summary>Whether <see cref="DefaultNumber"/> or <see cref="DefaultText"/> holds the default; otherwise it is none or depends on other things.</summary>
    public bool HasDefault { get; private set; }

    /// <summary>Default of a Boolean (0, 1), Integer, Duration (milliseconds), Mode or Choice (index).</summary>
    public long DefaultNumber { get; private set; }

    /// <summary>Default of the other types; null: none.</summary>
    public string? DefaultText { get; private set; }

    /// <summary>Smallest number.</summary>
    public long Min { get; private set; }

    /// <summary>Largest number.</summary>
    public long Max { get; private set; } = long.MaxValue;

    /// <summary>The values of a Choice or ChoiceMap.</summary>
    public ConfigChoice[] Choices { get; private set; } = [];

    /// <summary>Whether choices may be written in any case.</summary>
    public bool AnyCase { get; private set; }

    /// <summary>The keys of an Object, or of the objects in an ObjectList or ObjectMap.</summary>
    public KeyGroup? Group { get; private set; }

    internal static ConfigKey Of(ConfigType type, string name, string doc) => new(name, type, doc);

    internal static ConfigKey Text(string name, string? defaultText, string doc) =>
        new(name, ConfigType.Text, doc) { DefaultText = defaultText, HasDefault = defaultText is not null };

    internal static ConfigKey Boolean(string name, bool defaultValue, string doc) =>
        new(name, ConfigType.Boolean, doc) { DefaultNumber = defaultValue ? 1 : 0, HasDefault = true };

    internal static ConfigKey Integer(string name, long? defaultValue, long min, long max, string doc) =>
        new(name, ConfigType.Integer, doc) { DefaultNumber = defaultValue ?? 0, HasDefault = defaultValue is not null, Min = min, Max = max };

    /// <summary>Makes a key for a duration; without a default it must be more than 0, and null means none.</summary>
    internal static ConfigKey Duration(string name, long? defaultMs, string doc) =>
        new(name, ConfigType.Duration, doc)
        {
            DefaultNumber = defaultMs ?? 0,
            HasDefault = defaultMs is not null,
            Nullable = defaultMs is null,
            Min = defaultMs is null ? 1 : 0,
        };

    internal static ConfigKey Mode(string name, int? defaultMode, int max, string doc) =>
        new(name, ConfigType.Mode, doc) { DefaultNumber = defaultMode ?? 0, HasDefault = defaultMode is not null, Nullable = defaultMode is null, Max = max };

    internal static ConfigKey Choice(string name, int? defaultIndex, string doc, params ConfigChoice[] choices) =>
        new(name, ConfigType.Choice, doc) { DefaultNumber = defaultIndex ?? 0, HasDefault = defaultIndex is not null, Choices = choices };

    internal static ConfigKey ChoiceMap(string name, string doc, ConfigChoice[] choices) => new(name, ConfigType.ChoiceMap, doc) { Choices = choices };

    internal static ConfigKey Nested(ConfigType type, string name, KeyGroup group, string doc) => new(name, type, doc) { Group = group };

    /// <summary>Marks it as not obeyed by the engine yet.</summary>
    internal ConfigKey NotYet()
    {
        Supported = false;
        return this;
    }

    internal ConfigKey OrNull()
    {
        Nullable = true;
        return this;
    }

    internal ConfigKey MustBeGiven()
    {
        Required = true;
        return this;
    }

    internal ConfigKey InAnyCase()
    {
        AnyCase = true;
        return this;
    }

    internal ConfigKey Or(string alias)
    {
        Alias = alias;
        return this;
    }

    /// <summary>Finds a choice; -1 where there is none.</summary>
    internal int IndexOfChoice(string name)
    {
        for (int i = 0; i < Choices.Length; i++)
        {
            if (string.Equals(Choices[i].Name, name, AnyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }
}
