namespace PyInotifyd.Engine.Model;

/// <summary>What a file manager rule does.</summary>
public enum RuleAction
{
    /// <summary>Move.</summary>
    Move,

    /// <summary>Copy.</summary>
    Copy,

    /// <summary>Delete.</summary>
    Delete,
}

/// <summary>A rule of the file manager, checked.</summary>
public sealed record RuleSpec
{
    /// <summary>What it does.</summary>
    public required RuleAction Action { get; init; }

    /// <summary>Pattern of the paths that it is for.</summary>
    public required string SourcePattern { get; init; }

    /// <summary>Template of the destination; null for delete.</summary>
    public string? Destination { get; init; }

    /// <summary>Create missing directories of the destination.</summary>
    public bool AutoCreate { get; init; }

    /// <summary>Replace an existing destination.</summary>
    public bool Override { get; init; }

    /// <summary>Delete directories with content too.</summary>
    public bool Rec { get; init; }

    /// <summary>Mode of files, or null.</summary>
    public int? FileMode { get; init; }

    /// <summary>Mode of directories, or null.</summary>
    public int? DirMode { get; init; }

    /// <summary>Owner: a name or a number, or null.</summary>
    public string? User { get; init; }

    /// <summary>Group: a name or a number, or null.</summary>
    public string? Group { get; init; }

    /// <summary>Copy what a link points to.</summary>
    public bool FollowSymlinks { get; init; }

    /// <summary>Flush before it is announced done.</summary>
    public bool Fsync { get; init; }
}
