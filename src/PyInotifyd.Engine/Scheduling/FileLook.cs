namespace PyInotifyd.Engine.Scheduling;

/// <summary>What shows that a file is still being written.</summary>
/// <param name="Size">Size in bytes; -1 where there is no file, which counts as settled: the job will see it.</param>
/// <param name="ModifiedNs">Time of the last modification, in nanoseconds since the epoch.</param>
/// <param name="IsOpenForWriting">Whether a process may still write to it.</param>
public readonly record struct FileLook(long Size, long ModifiedNs, bool IsOpenForWriting);
