namespace PyInotifyd.Engine.Model;

/// <summary>What to do where a watch's path is absent.</summary>
public enum MissingPolicy
{
    /// <summary>Watch for it and start when it is there.</summary>
    Wait,

    /// <summary>An error at start.</summary>
    Fail,
}

/// <summary>What to do after the kernel's queue has overflowed.</summary>
public enum OverflowPolicy
{
    /// <summary>Scan the tree and report what changed.</summary>
    Rescan,

    /// <summary>Only say so.</summary>
    Ignore,
}

/// <summary>What of a tree is reported at start.</summary>
public enum StartScan
{
    /// <summary>Nothing old.</summary>
    None,

    /// <summary>What changed since the last run.</summary>
    Changed,

    /// <summary>All that is there.</summary>
    All,
}

/// <summary>A watch as the user configured it, checked.</summary>
/// <remarks>Patterns are texts in Python's syntax that have been parsed once without error; texts stand for bytes by surrogate escapes.</remarks>
public sealed record WatchSpec
{
    /// <summary>Absolute, normalised path; may hold <c>*</c>, <c>?</c> and <c>[…]</c>.</summary>
    public required UnixPath Path { get; init; }

    /// <summary>Actions of the events.</summary>
    public required EventMapSpec EventMap { get; init; }

    /// <summary>All sub-directories too.</summary>
    public bool Rec { get; init; }

    /// <summary>Sub-directories that appear later too.</summary>
    public bool AutoAdd { get; init; }

    /// <summary>Stay on the file system of the root.</summary>
    public bool OneFileSystem { get; init; }

    /// <summary>Patterns of paths that give no events and are not descended into.</summary>
    public SpecList<string> Exclude { get; init; } = SpecList<string>.Empty;

    /// <summary>Patterns of which a path must match one to give events; null: all do.</summary>
    public SpecList<string>? Include { get; init; }

    /// <summary>Patterns of which a path must match one besides one of <see cref="Include"/>; null where only one list is given, by the watch or its map.</summary>
    public SpecList<string>? AlsoInclude { get; init; }

    /// <summary>What if the path is absent.</summary>
    public MissingPolicy OnMissing { get; init; }

    /// <summary>What after an overflow.</summary>
    public OverflowPolicy OnOverflow { get; init; }

    /// <summary>What of the tree is reported at start.</summary>
    public StartScan ScanOnStart { get; init; }

    /// <summary>Interval of scans in milliseconds, 0: none.</summary>
    public long PollMs { get; init; }
}
