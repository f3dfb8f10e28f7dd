using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Sockets of this machine.</summary>
    public const int AF_UNIX = 1;

    /// <summary>IPv4.</summary>
    public const int AF_INET = 2;

    /// <summary>IPv6.</summary>
    public const int AF_INET6 = 10;

    /// <summary>Stream.</summary>
    public const int SOCK_STREAM = 1;

    /// <summary>Datagrams.</summary>
    public const int SOCK_DGRAM = 2;

    /// <summary>Close on exec.</summary>
    public const int SOCK_CLOEXEC = 0x80000;

    /// <summary>Non-blocking.</summary>
    public const int SOCK_NONBLOCK = 0x800;

    /// <summary>Level of the options of all sockets.</summary>
    public const int SOL_SOCKET = 1;

    /// <summary>Who is at the other end.</summary>
    public const int SO_PEERCRED = 17;

    /// <summary>The supplementary groups of who is at the other end (Linux 4.13).</summary>
    public const int SO_PEERGROUPS = 59;

    /// <summary>Size of the send buffer.</summary>
    public const int SO_SNDBUF = 7;

    /// <summary>Size of the receive buffer.</summary>
    public const int SO_RCVBUF = 8;

    /// <summary>Do not wait.</summary>
    public const int MSG_DONTWAIT = 0x40;

    /// <summary>EPIPE without the signal.</summary>
    public const int MSG_NOSIGNAL = 0x4000;

    [LibraryImport(C, EntryPoint = "socket", SetLastError = true)]
    private static partial int native_socket(int domain, int type, int protocol);

    [LibraryImport(C, EntryPoint = "connect", SetLastError = true)]
    private static partial int native_connect(int fd, byte* address, uint length);

    [LibraryImport(C, EntryPoint = "bind", SetLastError = true)]
    private static partial int native_bind(int fd, byte* address, uint length);

    [LibraryImport(C, EntryPoint = "listen", SetLastError = true)]
    private static partial int native_listen(int fd, int backlog);

    [LibraryImport(C, EntryPoint = "accept4", SetLastError = true)]
    private static partial int native_accept4(int fd, byte* address, uint* length, int flags);

    [LibraryImport(C, EntryPoint = "send", SetLastError = true)]
    private static partial nint native_send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(C, EntryPoint = "sendto", SetLastError = true)]
    private static partial nint native_sendto(int fd, byte* buffer, nuint length, int flags, byte* address, uint addressLength);

    [LibraryImport(C, EntryPoint = "recv", SetLastError = true)]
    private static partial nint native_recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(C, EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int native_getsockopt(int fd, int level, int name, byte* value, uint* length);

    /// <summary>Returns a new socket.</summary>
    public static int socket(int domain, int type, int protocol) => Result(native_socket(domain, type, protocol));

    /// <summary>Connects to an address in the form of the kernel's sockaddr.</summary>
    public static int connect(int fd, ReadOnlySpan<byte> address)
    {
        fixed (byte* p = address)
        {
            return Result(native_connect(fd, p, (uint)address.Length));
        }
    }

    /// <summary>Gives a socket its address.</summary>
    public static int bind(int fd, ReadOnlySpan<byte> address)
    {
        fixed (byte* p = address)
        {
            return Result(native_bind(fd, p, (uint)address.Length));
        }
    }

    /// <summary>Starts to take connections.</summary>
    public static int listen(int fd, int backlog) => Result(native_listen(fd, backlog));

    /// <summary>Takes a connection.</summary>
    public static int accept4(int fd, int flags) => Result(native_accept4(fd, null, null, flags));

    /// <summary>Sends on a connected socket.</summary>
    public static int send(int fd, ReadOnlySpan<byte> buffer, int flags)
    {
        fixed (byte* p = buffer)
        {
            return (int)Result((long)native_send(fd, p, (nuint)buffer.Length, flags));
        }
    }

    /// <summary>Sends a datagram to an address.</summary>
    public static int sendto(int fd, ReadOnlySpan<byte> buffer, int flags, ReadOnlySpan<byte> address)
    {
        fixed (byte* p = buffer)
        fixed (byte* a = address)
        {
            return (int)Result((long)native_sendto(fd, p, (nuint)buffer.Length, flags, a, (uint)address.Length));
        }
    }

    /// <summary>Receives at most the span's length.</summary>
    public static int recv(int fd, Span<byte> buffer, int flags)
    {
        fixed (byte* p = buffer)
        {
            return (int)Result((long)native_recv(fd, p, (nuint)buffer.Length, flags));
        }
    }

    /// <summary>Tells who is at the other end of a unix socket.</summary>
    public static int getsockopt(int fd, int level, int name, out ucred value)
    {
        uint length = (uint)sizeof(ucred);
        fixed (ucred* p = &value)
        {
            return Result(native_getsockopt(fd, level, name, (byte*)p, &length));
        }
    }

    /// <summary>Reads an option of a socket into the span and returns its length.</summary>
    public static int getsockopt(int fd, int level, int name, Span<byte> value)
    {
        uint length = (uint)value.Length;
        fixed (byte* p = value)
        {
            int result = Result(native_getsockopt(fd, level, name, p, &length));
            return result < 0 ? result : (int)length;
        }
    }
}

/// <summary>Who is at the other end of a unix socket.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ucred
{
    /// <summary>Process id.</summary>
    public int pid;

    /// <summary>Effective user id when it connected.</summary>
    public uint uid;

    /// <summary>Effective group id when it connected.</summary>
    public uint gid;
}
