namespace PyInotifyd.Daemon.Install;

/// <summary>A file that is installed: where, and what it holds.</summary>
/// <param name="Path">Absolute path, plain ASCII.</param>
/// <param name="Trusted">Number of leading directories that the system itself may have as symbolic links, such as /lib; below them no link is followed.</param>
/// <param name="Kind">Whose it is.</param>
/// <param name="Content">What it holds.</param>
/// <param name="Mode">Its permissions.</param>
internal sealed record InstalledFile(string Path, int Trusted, InstalledFileKind Kind, byte[] Content, uint Mode = 0x1a4)
{
    /// <summary>Why it is only removed, and not written; null where it is written.</summary>
    public string? Instead { get; init; }
}
