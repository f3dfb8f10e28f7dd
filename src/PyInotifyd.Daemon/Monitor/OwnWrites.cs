using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>Tells the writes of the monitor itself from others', where its output goes to a file.</summary>
/// <remarks>
/// A file in a watched tree that takes the output would otherwise feed itself for ever. By the inode, so that it may be renamed while it grows.
/// Cost: one statx(2) for each IN_MODIFY, only where the output is a regular file.   Threads: the reactor's.
/// </remarks>
internal sealed class OwnWrites
{
    private readonly statx _file;
    private byte[] _path = new byte[256];

    private OwnWrites(in statx file)
    {
        _file = file;
    }

    /// <summary>Looks at what a descriptor leads to; null where that is no file.</summary>
    public static OwnWrites? TryCreate(int fd) =>
        Libc.statx(fd, Libc.STATX_TYPE | Libc.STATX_INO, out statx file) == 0 && file.Type == Libc.S_IFREG ? new OwnWrites(in file) : null;

    /// <summary>Whether an event may come from the writing of the output.</summary>
    public bool Caused(in WatchEvent e)
    {
        if ((e.Mask & EventMask.Modify) == 0)
        {
            return false;
        }

        if (_path.Length <= e.PathName.Length)
        {
            _path = new byte[e.PathName.Length * 2];
        }

        e.PathName.CopyTo(_path);
        _path[e.PathName.Length] = 0;
        return Libc.statx(Libc.AT_FDCWD, _path.AsSpan(0, e.PathName.Length + 1), Libc.AT_NO_AUTOMOUNT, Libc.STATX_INO, out statx found) == 0
            && found.stx_ino == _file.stx_ino && found.stx_dev_major == _file.stx_dev_major && found.stx_dev_minor == _file.stx_dev_minor;
    }
}
