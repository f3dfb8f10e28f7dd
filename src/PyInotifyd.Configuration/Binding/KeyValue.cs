using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;

namespace PyInotifyd.Configuration.Binding;

/// <summary>A key that an object gives, with its value if that is a simple one.</summary>
internal readonly struct KeyValue
{
    public required ConfigKey Key { get; init; }

    public required JsonNode Node { get; init; }

    /// <summary>Whether the value is of the key's type.</summary>
    public bool IsValid { get; init; }

    /// <summary>Value of a Boolean (0, 1), Integer, Duration (milliseconds), Mode or Choice (index).</summary>
    public long Number { get; init; }

    /// <summary>Value of the types that are texts.</summary>
    public string? Text { get; init; }

    public bool IsNull => Node.Kind == JsonKind.Null;
}
