using System;
using System.Runtime.InteropServices;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>Who is at the other end of a connection, as the kernel vouches for it.</summary>
/// <param name="Pid">Process that connected.</param>
/// <param name="Uid">Its user.</param>
/// <param name="IsOwner">It is root or the daemon's user.</param>
/// <param name="InGroup">It is in the group that may use the socket too.</param>
internal readonly record struct ControlPeer(int Pid, uint Uid, bool IsOwner, bool InGroup)
{
    private const int FirstGroups = 64;

    /// <summary>Whether it may ask for anything.</summary>
    public bool IsAllowed => IsOwner || InGroup;

    /// <summary>Returns who is there; nobody in particular, with no right, where the kernel does not tell.</summary>
    public static ControlPeer Of(int fd, uint? group)
    {
        if (Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_PEERCRED, out ucred who) < 0)
        {
            return new ControlPeer(0, uint.MaxValue, false, false);
        }

        bool isOwner = who.uid == 0 || who.uid == Libc.geteuid();
        return new ControlPeer(who.pid, who.uid, isOwner, group is { } wanted && (who.gid == wanted || HasGroup(fd, wanted)));
    }

    /// <inheritdoc/>
    public override string ToString() => "uid " + Uid.ToString() + ", pid " + Pid.ToString();

    private static bool HasGroup(int fd, uint wanted)
    {
        uint[] groups = new uint[FirstGroups];
        int size = Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_PEERGROUPS, MemoryMarshal.AsBytes(groups.AsSpan()));
        if (size == -Errno.ERANGE)
        {
            // Nobody can have more: NGROUPS_MAX.
            groups = new uint[65536];
            size = Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_PEERGROUPS, MemoryMarshal.AsBytes(groups.AsSpan()));
        }

        return size > 0 && groups.AsSpan(0, size / sizeof(uint)).Contains(wanted);
    }
}
