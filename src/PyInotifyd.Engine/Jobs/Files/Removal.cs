using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Looks, before a copy to another file system is announced, whether its source could be removed afterwards: what cannot be moved wholly stays wholly.</summary>
/// <remarks>What changes between this look and the removal is not foreseen; then the source stays in part, the copy is whole, and the task says so.</remarks>
internal static class Removal
{
    private const int StickyBit = 0x200;

    /// <summary>Throws where entries of a directory could not be removed.</summary>
    public static void CheckDirectory(int directory)
    {
        FileFailure.Check(Libc.faccessat(directory, ".\0"u8, Libc.W_OK | Libc.X_OK, Libc.AT_EACCESS), "the source could not be removed after the copy: ");
    }

    /// <summary>Throws where an entry could not be removed though its directory may be written.</summary>
    public static void CheckEntry(FileAction action, in statx directory, in statx entry)
    {
        bool isFixed = (entry.stx_attributes & (Libc.STATX_ATTR_IMMUTABLE | Libc.STATX_ATTR_APPEND)) != 0;
        bool isOthers = !action.IsRoot && (directory.stx_mode & StickyBit) != 0 && directory.stx_uid != Libc.geteuid() && entry.stx_uid != Libc.geteuid();
        if (isFixed || isOthers)
        {
            throw FileFailure.Of(-Errno.EPERM, "the source could not be removed after the copy: ");
        }
    }
}
