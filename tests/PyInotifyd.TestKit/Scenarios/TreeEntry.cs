using PyInotifyd.Linux;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>Something that a walk found.</summary>
/// <param name="Path">Below the top of the walk, with a leading slash; empty: the top.</param>
/// <param name="Status">What statx(2) says of it.</param>
public sealed record TreeEntry(byte[] Path, statx Status)
{
    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => Status.Type == Libc.S_IFDIR;
}
