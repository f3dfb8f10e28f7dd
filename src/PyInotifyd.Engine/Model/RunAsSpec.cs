namespace PyInotifyd.Engine.Model;

/// <summary>Who a process runs as, in numbers.</summary>
/// <remarks>Found when the configuration is read; what has changed in the accounts since then counts from the next reload on.</remarks>
public sealed record RunAsSpec
{
    /// <summary>User id.</summary>
    public required uint Uid { get; init; }

    /// <summary>Group id.</summary>
    public required uint Gid { get; init; }

    /// <summary>All groups, <see cref="Gid"/> first.</summary>
    public required SpecList<uint> Groups { get; init; }

    /// <summary>Whether a user was named, not a group alone.</summary>
    public bool HasUser { get; init; }

    /// <summary>Login name; null: the user has no entry.</summary>
    public string? Name { get; init; }

    /// <summary>Home directory.</summary>
    public string Home { get; init; } = "/";

    /// <summary>Login shell.</summary>
    public string Shell { get; init; } = "/bin/sh";
}
