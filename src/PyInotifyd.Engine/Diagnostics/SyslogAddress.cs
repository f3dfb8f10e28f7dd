using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Where a syslog server listens: a unix socket, or a UDP port of a host.</summary>
/// <remarks>A host is resolved once, when the address is made: a static program has no resolver, so names must be in /etc/hosts.</remarks>
public sealed class SyslogAddress
{
    private const int MaxSocketPath = 107;

    private readonly byte[] _address;

    private SyslogAddress(int family, byte[] address, string text)
    {
        Family = family;
        _address = address;
        Text = text;
    }

    /// <summary>Returns AF_UNIX, AF_INET or AF_INET6.</summary>
    public int Family { get; }

    /// <summary>Returns the address as messages name it: a path, or host:port.</summary>
    public string Text { get; }

    /// <summary>The address as connect(2) takes it.</summary>
    internal ReadOnlySpan<byte> Bytes => _address;

    /// <summary>Makes the address of a unix socket; false, and why, where no socket can have that path.</summary>
    public static bool TryForSocket(ReadOnlySpan<byte> path, [NotNullWhen(true)] out SyslogAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        error = null;
        if (path.IsEmpty || path.Length > MaxSocketPath || path.IndexOf((byte)0) >= 0)
        {
            error = path.IsEmpty ? "the path of the syslog socket is empty" : "the path of the syslog socket is longer than 107 bytes or holds a NUL";
            return false;
        }

        byte[] bytes = new byte[2 + path.Length + 1];
        BitConverter.TryWriteBytes(bytes, (ushort)Libc.AF_UNIX);
        path.CopyTo(bytes.AsSpan(2));
        address = new SyslogAddress(Libc.AF_UNIX, bytes, Encoding.UTF8.GetString(path));
        return true;
    }

    /// <summary>Makes the address of a UDP port; false, and why, where the host is neither numeric nor in /etc/hosts.</summary>
    /// <param name="host">IPv4, IPv6 without brackets, or a name.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="address">The address.</param>
    /// <param name="error">Why there is none.</param>
    public static bool TryForHost(string host, int port, [NotNullWhen(true)] out SyslogAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        error = null;
        if (port is < 1 or > 65535)
        {
            error = "syslog port " + port.ToString() + " is not between 1 and 65535";
            return false;
        }

        if (!HostAddress.TryResolve(host, out byte[] number))
        {
            error = "syslog host '" + host + "' is neither a numeric address nor a name in /etc/hosts (pyinotifyd is a static program and cannot ask DNS)";
            return false;
        }

        bool v4 = number.Length == 4;
        int family = v4 ? Libc.AF_INET : Libc.AF_INET6;
        byte[] bytes = new byte[v4 ? 16 : 28];
        BitConverter.TryWriteBytes(bytes, (ushort)family);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)port);
        number.CopyTo(bytes, v4 ? 4 : 8);
        address = new SyslogAddress(family, bytes, (host.Contains(':') ? "[" + host + "]" : host) + ":" + port.ToString());
        return true;
    }
}
