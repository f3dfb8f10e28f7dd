namespace PyInotifyd.Configuration.Files;

/// <summary>Which file it is, whatever the path.</summary>
internal readonly struct FileIdentity(ulong device, ulong inode)
{
    public ulong Device { get; } = device;

    public ulong Inode { get; } = inode;

    public bool IsSame(FileIdentity other) => Inode != 0 && Device == other.Device && Inode == other.Inode;
}
