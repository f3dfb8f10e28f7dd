using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>A file as it was when it was copied: which one, and its change time, which every write, rename and chmod moves.</summary>
internal readonly record struct CopiedFile(ulong Device, ulong Inode, long ChangedNs)
{
    public static CopiedFile Of(in statx file)
    {
        FileIdentity identity = FileIdentity.Of(in file);
        return new(identity.Device, identity.Inode, file.stx_ctime.Nanoseconds);
    }
}
