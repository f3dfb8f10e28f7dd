using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>A file in the making: without a name where the file system can (O_TMPFILE), else under a temporary one, until it is complete.</summary>
/// <remarks>
/// An unnamed file needs no journal: the kernel frees it with the last descriptor. Where it must replace something it gets a temporary name first, because a link cannot replace.
/// Owns: the descriptor and the temporary name.   Source: open(2) O_TMPFILE, linkat(2), rename(2).
/// </remarks>
internal sealed class NewFile : IDisposable
{
    private readonly FileAction _action;
    private readonly Place _place;
    private readonly statx _made;
    private byte[]? _temporary;
    private int _slot = -1;

    private NewFile(FileAction action, Place place, int fd, byte[]? temporary, int slot)
    {
        (_action, _place, Fd, _temporary, _slot) = (action, place, fd, temporary, slot);
        int result = Libc.statx(fd, Libc.STATX_BASIC_STATS, out _made);
        if (result < 0)
        {
            Dispose();
            throw FileFailure.Of(result, "");
        }

        if (temporary is null)
        {
            TemporaryNames.NoteUnnamed(_made.stx_ino);
        }
    }

    /// <summary>The file, open for reading and writing.</summary>
    public int Fd { get; }

    /// <summary>It as it was made.</summary>
    public ref readonly statx Made => ref _made;

    /// <summary>Makes an empty file that nobody else can open in the directory of a place.</summary>
    public static NewFile Create(FileAction action, Place place)
    {
        int fd = -Errno.EOPNOTSUPP;
        if (!action.Pool.AvoidsUnnamed)
        {
            TemporaryNames.BeginUnnamed();
            try
            {
                fd = Libc.openat(place.Directory, ".\0"u8, Libc.O_TMPFILE | Libc.O_RDWR | Libc.O_CLOEXEC, 0x180);
                if (fd >= 0)
                {
                    return new NewFile(action, place, fd, null, -1);
                }
            }
            finally
            {
                TemporaryNames.EndUnnamed();
            }
        }

        if (fd is not (-Errno.EOPNOTSUPP or -Errno.EISDIR or -Errno.ENOENT or -Errno.EINVAL))
        {
            throw FileFailure.Of(fd, "write into the directory: ");
        }

        byte[] name = TemporaryNames.Create();
        int slot = action.Journal.Add(place, name);
        fd = Libc.openat(place.Directory, name, Libc.O_CREAT | Libc.O_EXCL | Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
        if (fd < 0)
        {
            action.Journal.Remove(slot);
            throw FileFailure.Of(fd, "write into the directory: ");
        }

        return new NewFile(action, place, fd, name, slot);
    }

    /// <summary>Gives the complete file its name.</summary>
    /// <param name="replace">Whether it may replace a file.</param>
    /// <remarks>Errors: EEXIST → a failure, what is there is not touched, in a race neither.</remarks>
    public void Publish(bool replace)
    {
        if (_temporary is null)
        {
            int result = Link(_place.Name);
            if (result == 0)
            {
                Announce();
                return;
            }

            if (result != -Errno.EEXIST || !replace)
            {
                throw result == -Errno.EEXIST ? FileAction.Exists() : FileFailure.Of(result, "");
            }

            _temporary = TemporaryNames.Create();
            _slot = _action.Journal.Add(_place, _temporary);
            result = Link(_temporary);
            if (result < 0)
            {
                ForgetTemporary();
                throw FileFailure.Of(result, "");
            }
        }

        Rename(_place, _temporary, replace);
        ForgetTemporary();
    }

    /// <summary>Gives what is under a temporary name in the directory of a place the place's name.</summary>
    public static void Rename(Place place, ReadOnlySpan<byte> temporary, bool replace)
    {
        int result = Libc.renameat2(place.Directory, temporary, place.Directory, place.Name, replace ? 0 : Libc.RENAME_NOREPLACE);
        if (result == -Errno.EINVAL && !replace)
        {
            // The file system has no such rename; a link is never made over something.
            result = Libc.linkat(place.Directory, temporary, place.Directory, place.Name, 0);
            if (result == 0)
            {
                result = Libc.unlinkat(place.Directory, temporary, 0);
            }
        }

        if (result < 0)
        {
            throw result switch
            {
                -Errno.EEXIST => FileAction.Exists(),
                -Errno.EISDIR => FileAction.FileOverDirectory(),
                _ => FileFailure.Of(result, ""),
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_temporary is not null)
        {
            _ = Libc.unlinkat(_place.Directory, _temporary, 0);
            ForgetTemporary();
        }

        _ = Libc.close(Fd);
    }

    private int Link(ReadOnlySpan<byte> terminatedName)
    {
        int result = Libc.linkat(Fd, "\0"u8, _place.Directory, terminatedName, Libc.AT_EMPTY_PATH);
        if (result == -Errno.ENOENT)
        {
            // Without CAP_DAC_READ_SEARCH, before Linux 6.10.
            Span<byte> path = stackalloc byte[32];
            result = Libc.linkat(Libc.AT_FDCWD, DescriptorPath.Format(Fd, path), _place.Directory, terminatedName, Libc.AT_SYMLINK_FOLLOW);
        }

        return result;
    }

    // A link is reported as IN_CREATE only. Who watches for the end of writing, as after any other copy, gets it too.
    private void Announce()
    {
        const int flags = Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC;
        if (Place.Stat(_place.Directory, _place.Name, out statx found) < 0 || found.stx_ino != _made.stx_ino)
        {
            return;
        }

        int fd = Libc.openat(_place.Directory, _place.Name, flags | Libc.O_NOFOLLOW);
        if (fd >= 0)
        {
            _ = Libc.close(fd);
        }
    }

    private void ForgetTemporary()
    {
        _temporary = null;
        _action.Journal.Remove(_slot);
        _slot = -1;
    }
}
