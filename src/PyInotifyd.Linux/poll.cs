using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

public static unsafe partial class Libc
{
    /// <summary>Readable.</summary>
    public const int POLLIN = 0x001;

    /// <summary>Writable.</summary>
    public const int POLLOUT = 0x004;

    /// <summary>Error.</summary>
    public const int POLLERR = 0x008;

    /// <summary>Something exceptional: for /proc/self/mountinfo, the table has changed.</summary>
    public const int POLLPRI = 0x002;

    /// <summary>The other end has hung up.</summary>
    public const int POLLHUP = 0x010;

    /// <summary>Not an open descriptor.</summary>
    public const int POLLNVAL = 0x020;

    [LibraryImport(C, EntryPoint = "poll", SetLastError = true)]
    private static partial int native_poll(pollfd* fds, ulong nfds, int timeout);

    /// <summary>Waits until a descriptor is ready or <paramref name="timeout"/> milliseconds are over (-1: for ever); returns how many are ready.</summary>
    public static int poll(Span<pollfd> fds, int timeout)
    {
        fixed (pollfd* p = fds)
        {
            return Result(native_poll(p, (ulong)fds.Length, timeout));
        }
    }
}

/// <summary>An entry of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct pollfd
{
    /// <summary>Descriptor; a negative one is passed over.</summary>
    public int fd;

    /// <summary>What to wait for.</summary>
    public short events;

    /// <summary>What is there.</summary>
    public short revents;
}
