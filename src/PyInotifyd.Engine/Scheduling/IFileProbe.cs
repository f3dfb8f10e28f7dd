using System;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Looks at files for <c>wait_stable</c>.</summary>
/// <remarks>Threads: reactor only; must not block.</remarks>
public interface IFileProbe
{
    /// <summary>Returns what the file of a path (without NUL) looks like now; <paramref name="wd"/> is the descriptor that its newest event came with.</summary>
    FileLook Look(ReadOnlySpan<byte> path, int wd);
}
