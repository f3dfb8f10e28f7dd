using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Gives files the mode, owner, times and extended attributes that they should have.</summary>
/// <remarks>
/// Always on an open file, never by name. The owner comes before the extended attributes, because its change removes some, and these before the mode, because a list of access rights has part of
/// it. Set-id bits and capabilities do not go to another owner.
/// Threads: any.   Source: chown(2), acl(5), capabilities(7).
/// </remarks>
internal static class FileAttributes
{
    private const uint Leave = uint.MaxValue;
    private const int PermissionBits = 0xFFF;
    private const int SetIdBits = Libc.S_ISUID | Libc.S_ISGID;

    /// <summary>Makes a copy like what it was copied from, except for what the rule says.</summary>
    /// <param name="action">The action that it is part of.</param>
    /// <param name="from">The source, open.</param>
    /// <param name="source">The source as it was when it was opened.</param>
    /// <param name="to">The copy, open.</param>
    /// <param name="made">The copy as it was made.</param>
    public static void Keep(FileAction action, int from, in statx source, int to, in statx made)
    {
        uint uid = action.Uid != Leave ? action.Uid : action.IsRoot ? source.stx_uid : made.stx_uid;
        uint gid = action.Gid != Leave ? action.Gid : action.IsRoot ? source.stx_gid : made.stx_gid;
        if (uid != made.stx_uid || gid != made.stx_gid)
        {
            FileFailure.Check(Libc.fchown(to, uid, gid), "set the owner: ");
        }

        bool otherOwner = uid != source.stx_uid || gid != source.stx_gid;
        KeepExtended(action, from, to, otherOwner);
        int mode = ModeOf(action.Rule.Spec, source.Type) ?? (source.stx_mode & (otherOwner ? PermissionBits & ~SetIdBits : PermissionBits));
        FileFailure.Check(Libc.fchmod(to, (uint)mode), "set the mode: ");
        FileFailure.Check(Libc.futimens(to, TimeOf(in source.stx_atime), TimeOf(in source.stx_mtime)), "set the times: ");
    }

    /// <summary>Makes the copy of a link like the link: its owner and times.</summary>
    public static void KeepLink(FileAction action, int directory, ReadOnlySpan<byte> terminatedName, in statx source)
    {
        uint uid = action.Uid != Leave ? action.Uid : action.IsRoot ? source.stx_uid : Leave;
        uint gid = action.Gid != Leave ? action.Gid : action.IsRoot ? source.stx_gid : Leave;
        if (uid != Leave || gid != Leave)
        {
            FileFailure.Check(Libc.fchownat(directory, terminatedName, uid, gid, Libc.AT_SYMLINK_NOFOLLOW), "set the owner: ");
        }

        _ = Libc.utimensat(directory, terminatedName, TimeOf(in source.stx_atime), TimeOf(in source.stx_mtime), Libc.AT_SYMLINK_NOFOLLOW);
    }

    /// <summary>Sets what the rule says on what is moved or was created.</summary>
    /// <param name="action">The action that it is part of.</param>
    /// <param name="fd">The file or directory, open.</param>
    /// <param name="found">It, as it is.</param>
    public static void Change(FileAction action, int fd, in statx found)
    {
        uint uid = action.Uid != Leave ? action.Uid : found.stx_uid;
        uint gid = action.Gid != Leave ? action.Gid : found.stx_gid;
        bool otherOwner = uid != found.stx_uid || gid != found.stx_gid;
        if (otherOwner)
        {
            FileFailure.Check(Libc.fchown(fd, uid, gid), "set the owner: ");
        }

        int old = found.stx_mode & PermissionBits;
        int mode = ModeOf(action.Rule.Spec, found.Type) ?? (otherOwner ? old & ~SetIdBits : old);

        // The change of the owner may have taken bits away already, which is not to be relied on: root's does not for directories.
        if (mode != old || otherOwner)
        {
            FileFailure.Check(Libc.fchmod(fd, (uint)mode), "set the mode: ");
        }
    }

    /// <summary>Puts back mode and owner as they were; what fails is left.</summary>
    public static void Restore(int fd, in statx found)
    {
        _ = Libc.fchown(fd, found.stx_uid, found.stx_gid);
        _ = Libc.fchmod(fd, (uint)(found.stx_mode & PermissionBits));
    }

    /// <summary>Throws where root would change, or show to others, a file that somebody linked here from elsewhere.</summary>
    public static void RefuseLinked(FileAction action, in statx file)
    {
        RuleSpec rule = action.Rule.Spec;
        if (action.IsRoot && file.stx_nlink > 1 && file.Type == Libc.S_IFREG && (rule.FileMode is not null || rule.User is not null || rule.Group is not null))
        {
            throw new FileFailure("it has " + file.stx_nlink.ToString() + " links, and root changes neither mode nor owner of such a file: the others may belong to somebody else");
        }
    }

    private static int? ModeOf(RuleSpec rule, int type) => type == Libc.S_IFDIR ? rule.DirMode : rule.FileMode;

    private static timespec TimeOf(in statx_timestamp time) => new() { tv_sec = time.tv_sec, tv_nsec = time.tv_nsec };

    private static void KeepExtended(FileAction action, int from, int to, bool otherOwner)
    {
        // Most files have none, and say so without a buffer.
        if (Libc.flistxattr(from, default) <= 0)
        {
            return;
        }

        byte[] names = action.Worker.AttributeNames;
        int length = Libc.flistxattr(from, names);
        for (int at = 0; at < length;)
        {
            int end = names.AsSpan(at, length - at).IndexOf((byte)0);
            if (end < 0)
            {
                break;
            }

            ReadOnlySpan<byte> name = names.AsSpan(at, end + 1);
            at += end + 1;
            if (otherOwner && name.SequenceEqual("security.capability\0"u8))
            {
                continue;
            }

            int size = Libc.fgetxattr(from, name, action.Worker.AttributeValue);
            int result = size < 0 ? size : Libc.fsetxattr(to, name, action.Worker.AttributeValue.AsSpan(0, size));
            bool isOptional = result is -Errno.EOPNOTSUPP or -Errno.ENODATA || !(name.StartsWith("user."u8) || name.StartsWith("system.posix_acl_"u8));
            if (result < 0 && !isOptional)
            {
                throw FileFailure.Of(result, "keep the extended attribute " + FileFailure.Quote(name[..^1]) + ": ");
            }
        }
    }
}
