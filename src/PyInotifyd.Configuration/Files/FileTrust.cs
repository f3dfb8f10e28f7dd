using System;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Configuration.Files;

/// <summary>Opens files whose content this process obeys, and tells whether somebody else could change them.</summary>
/// <remarks>
/// <para>
/// A path is walked one name at a time on descriptors, symbolic links included, so that what is checked is what is opened. Each directory on the way must belong to root or the trusted user and be writable
/// by nobody else; a sticky one (/tmp) may be, since only the owner of an entry can replace it there, and then the entry, a link too, must belong to one of the two as well. Directories above the current one
/// count where the path is relative. With an access control list the group bits of the mode are its mask, so whoever it lets write shows as "group" here.
/// </para>
/// <para>
/// Whoever can change nothing on such a way cannot change it between the check and a later use either; so the answer stays true for programs that are run by their path.
/// </para>
/// Not seen: a descriptor that somebody opened for writing before the mode was mended; file servers whose own users may write what the mode forbids.
/// Threads: any; no state.   Source: path_resolution(7), acl(5); the rule is that of sshd's StrictModes, with links followed.
/// </remarks>
public sealed class FileTrust
{
    private readonly uint _user;

    private FileTrust(bool checks, bool isLenient, uint user)
    {
        (Checks, IsLenient, _user) = (checks, isLenient, user);
    }

    /// <summary>Gets the one that opens everything and finds fault with nothing.</summary>
    public static FileTrust OfAll { get; } = new(checks: false, isLenient: true, 0);

    /// <summary>Gets whether faults are looked for.</summary>
    public bool Checks { get; }

    /// <summary>Gets whether a file with a fault is used all the same.</summary>
    public bool IsLenient { get; }

    /// <summary>Returns what this process trusts: as root, files that only root can change; otherwise all that it can read.</summary>
    /// <param name="insecure">Files with a fault are used all the same.</param>
    public static FileTrust OfThisProcess(bool insecure) => Libc.geteuid() == 0 ? Strict(0, insecure) : OfAll;

    /// <summary>Returns one that trusts root and a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="insecure">Files with a fault are used all the same.</param>
    public static FileTrust Strict(uint user, bool insecure = false) => new(checks: true, insecure, user);

    /// <summary>Opens a file and tells what is wrong with the way to it or with itself.</summary>
    /// <param name="path">Without NUL; relative to the current directory unless it begins with a slash.</param>
    /// <param name="flags">Flags of open(2) besides O_RDONLY; O_CLOEXEC, O_NOCTTY and O_NONBLOCK are always set.</param>
    /// <param name="fault">What is wrong, with the way to mend it; null: nothing.</param>
    /// <returns>The descriptor, which is the caller's also where there is a fault, or minus errno.</returns>
    public int Open(ReadOnlySpan<byte> path, int flags, out string? fault)
    {
        fault = null;
        flags |= Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_NONBLOCK;
        if (!Checks)
        {
            byte[] terminated = new byte[path.Length + 1];
            path.CopyTo(terminated);
            int fd;
            do
            {
                fd = Libc.openat(Libc.AT_FDCWD, terminated, flags);
            }
            while (fd == -Errno.EINTR);
            return fd;
        }

        TrustWalk walk = new(this);
        int result = walk.Open(path, flags);
        fault = walk.Fault;
        return result;
    }

    /// <summary>Tells what is wrong with a file or directory and the way to it.</summary>
    /// <param name="path">As for <see cref="Open"/>.</param>
    /// <param name="fault">What is wrong, with the way to mend it; null: nothing.</param>
    /// <returns>The type of what is there (S_IFREG, S_IFDIR …), or minus errno.</returns>
    public int Look(ReadOnlySpan<byte> path, out string? fault)
    {
        int fd = Open(path, Libc.O_PATH, out fault);
        if (fd < 0)
        {
            return fd;
        }

        int result = Libc.statx(fd, Libc.STATX_TYPE, out statx status);
        _ = Libc.close(fd);
        return result < 0 ? result : status.Type;
    }

    /// <summary>Returns whether an owner may change what this process obeys.</summary>
    internal bool IsTrusted(uint owner) => owner == 0 || owner == _user;
}
