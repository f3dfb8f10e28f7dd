using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Opens the directory of a destination, and makes what is missing of it where the rule wants that.</summary>
/// <remarks>
/// Component by component where something is missing: links are followed in the anchor, never below it. Mode and owner are set only on what was made here.
/// </remarks>
internal static class TargetDirectory
{
    /// <summary>Returns the place of a destination.</summary>
    public static Place Open(FileAction action, byte[] destination, int anchorLength)
    {
        int result = Place.TryOpen(destination, anchorLength, out Place? place);
        if (place is not null)
        {
            return place;
        }

        int slash = destination.AsSpan().LastIndexOf((byte)'/');
        ReadOnlySpan<byte> directory = slash == 0 ? "/"u8 : destination.AsSpan(0, slash);
        if (result != -Errno.ENOENT)
        {
            throw FileFailure.Of(result, directory);
        }

        if (!action.Rule.Spec.AutoCreate)
        {
            throw new FileFailure(FileFailure.Quote(directory) + ": ENOENT the directory does not exist; make it or set auto_create", Errno.ENOENT);
        }

        return Place.Of(Make(action, destination, slash, anchorLength), destination, anchorLength);
    }

    private static int Make(FileAction action, byte[] destination, int end, int anchorLength)
    {
        const int flags = Libc.O_PATH | Libc.O_CLOEXEC;
        int at = FileFailure.Check(Libc.openat(Libc.AT_FDCWD, "/\0"u8, flags | Libc.O_DIRECTORY), "open /: ");
        bool isAnnounced = false;
        for (int start = 1; start < end;)
        {
            int length = destination.AsSpan(start, end - start).IndexOf((byte)'/');
            length = length < 0 ? end - start : length;
            byte[] name = [.. destination.AsSpan(start, length), 0];
            bool isAnchor = start + length <= anchorLength;
            int next = Libc.openat(at, name, flags | Libc.O_DIRECTORY | (isAnchor ? 0 : Libc.O_NOFOLLOW));
            if (next == -Errno.ENOENT)
            {
                if (!isAnnounced)
                {
                    action.Say("create directory " + FileFailure.Quote(destination.AsSpan(0, end)));
                    isAnnounced = true;
                }

                next = MakeOne(action, at, name);
                if (next == -Errno.EEXIST)
                {
                    // Somebody else made it in this moment.
                    next = Libc.openat(at, name, flags | Libc.O_DIRECTORY | (isAnchor ? 0 : Libc.O_NOFOLLOW));
                }
            }

            _ = Libc.close(at);
            if (next < 0)
            {
                throw FileFailure.Of(next, destination.AsSpan(0, start + length));
            }

            at = next;
            start += length + 1;
        }

        return at;
    }

    private static int MakeOne(FileAction action, int parent, byte[] terminatedName)
    {
        int fd;
        if (!action.Rule.SetsAttributes)
        {
            int result = Libc.mkdirat(parent, terminatedName, 0x1FF);
            if (result < 0)
            {
                return result;
            }

            fd = Libc.openat(parent, terminatedName, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
            return fd < 0 ? fd : Open(fd);
        }

        fd = NewDirectory.TryCreate(parent, terminatedName, out statx made);
        if (fd < 0)
        {
            return fd;
        }

        try
        {
            FileAttributes.Change(action, fd, in made);
            if (action.Rule.Spec.DirMode is null)
            {
                FileFailure.Check(Libc.fchmod(fd, 0x1ED), "set the mode: ");
            }

            return fd;
        }
        catch (FileFailure)
        {
            _ = Libc.close(fd);
            _ = Libc.unlinkat(parent, terminatedName, Libc.AT_REMOVEDIR);
            throw;
        }
    }

    // The daemon's umask is for its own files; these are the user's, who expects what mkdir makes. What a default access control list gave stays.
    private static int Open(int fd)
    {
        bool isBare = Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx made) >= 0 && made.stx_uid == Libc.geteuid() && made.stx_nlink <= 2 && (made.stx_mode & 0x3F) == 0;
        _ = isBare ? Libc.fchmod(fd, (uint)(made.stx_mode & 0xFFF) | 0x2D) : 0;
        return fd;
    }
}
