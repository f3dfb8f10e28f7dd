namespace PyInotifyd.Engine.Scheduling;

/// <summary>What shows that a file is still being written.</summary>
/// <param name="Size">Size in bytes; -1 where there is no file, which counts as settled: the job will see it.</param>
/// <param name="ModifiedNs">Time of the last modification, in nanoseconds since the epoch.</param>
/// <param name="IsOpenForWriting">Whether a process may still write to it.</param>
/// <param name="ChangedNs">Change time, which moves with every write and which nobody sets; -1 where this machine's clock does not tell how long ago that was (whole seconds, other hosts).</param>
/// <param name="RealtimeNs">CLOCK_REALTIME_COARSE at the look, to which the change time compares.</param>
public readonly record struct FileLook(long Size, long ModifiedNs, bool IsOpenForWriting, long ChangedNs = -1, long RealtimeNs = 0)
{
    /// <summary>Returns whether size and time are those of another look.</summary>
    public bool HasSameContent(in FileLook other) => Size == other.Size && ModifiedNs == other.ModifiedNs;
}
