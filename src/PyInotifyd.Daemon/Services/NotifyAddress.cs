using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Services;

/// <summary>The address in NOTIFY_SOCKET, in the kernel's form.</summary>
/// <remarks>Source: sd_notify(3): an absolute path, or an abstract name that begins with <c>@</c>; unix(7).</remarks>
internal static class NotifyAddress
{
    private const int MostBytes = 108;

    /// <summary>Returns the address as sendto(2) takes it; null where the text is none that can be sent to.</summary>
    public static byte[]? Of(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2 || text[0] is not ((byte)'/' or (byte)'@'))
        {
            return null;
        }

        // An abstract name begins with NUL and ends with the length of the address, a path ends with NUL.
        bool isAbstract = text[0] == '@';
        if (text.Length > (isAbstract ? MostBytes : MostBytes - 1))
        {
            return null;
        }

        byte[] address = new byte[sizeof(ushort) + text.Length + (isAbstract ? 0 : 1)];
        BitConverter.TryWriteBytes(address, (ushort)Libc.AF_UNIX);
        text.CopyTo(address.AsSpan(sizeof(ushort)));
        if (isAbstract)
        {
            address[sizeof(ushort)] = 0;
        }

        return address;
    }
}
