using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Tells file systems whose files may be changed by others than this kernel, which inotify does not see.</summary>
internal static class RemoteFileSystem
{
    /// <summary>Returns the name of such a file system, by its magic number; null for all others.</summary>
    /// <remarks>Source: statfs(2), linux/magic.h. A FUSE file system may well be local: nobody can tell, and the warning says what inotify misses.</remarks>
    public static string? NameOf(long magic) => magic switch
    {
        Libc.NFS_SUPER_MAGIC => "NFS",
        Libc.SMB_SUPER_MAGIC or Libc.SMB2_SUPER_MAGIC => "SMB",
        Libc.CIFS_SUPER_MAGIC => "CIFS",
        Libc.FUSE_SUPER_MAGIC => "FUSE",
        Libc.V9FS_MAGIC => "9p",
        Libc.CEPH_SUPER_MAGIC => "Ceph",
        Libc.AFS_SUPER_MAGIC or Libc.AFS_FS_MAGIC => "AFS",
        Libc.CODA_SUPER_MAGIC => "Coda",
        _ => null,
    };
}
