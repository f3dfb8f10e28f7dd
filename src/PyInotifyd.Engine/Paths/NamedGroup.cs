namespace PyInotifyd.Engine.Paths;

/// <summary>A group's name and number, as <c>(?P&lt;name&gt;…)</c> gave them.</summary>
public readonly struct NamedGroup
{
    /// <summary>Joins a name to a group's number.</summary>
    public NamedGroup(string name, int index)
    {
        Name = name;
        Index = index;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The number; the first group is 1.</summary>
    public int Index { get; }
}
