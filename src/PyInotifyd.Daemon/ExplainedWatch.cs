using System.Collections.Generic;

namespace PyInotifyd.Daemon;

/// <summary>What one watch makes of a path.</summary>
/// <param name="Root">Path of the watch.</param>
/// <param name="Included">Whether events of the path are reported.</param>
/// <param name="ExcludedBy">The pattern that excludes it; null: none.</param>
/// <param name="Obstacle">Why it is not included where no pattern excludes it.</param>
internal sealed record ExplainedWatch(byte[] Root, bool Included, string? ExcludedBy, string? Obstacle)
{
    /// <summary>What its events do.</summary>
    public List<ExplainedAction> Actions { get; } = [];
}
