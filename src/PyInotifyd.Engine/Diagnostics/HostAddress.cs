using System;
using System.Buffers.Binary;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Turns names and numeric addresses of hosts into bytes without the C library's resolver, which a static program does not have.</summary>
/// <remarks>
/// Shape: 4 bytes for IPv4, 16 for IPv6.
/// Source: hosts(5); RFC 4291 section 2.2 for the forms of IPv6.
/// </remarks>
internal static class HostAddress
{
    private const int MaxSize = 1024 * 1024;

    /// <summary>Finds the address of a numeric host, of localhost, or of a name in /etc/hosts; false where there is none.</summary>
    public static bool TryResolve(string host, out byte[] address)
    {
        if (TryParseAddress(host, out address))
        {
            return true;
        }

        byte[] content = Read("/etc/hosts\0"u8);
        if (TryFind(content, host, out address))
        {
            return true;
        }

        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            address = [127, 0, 0, 1];
            return true;
        }

        return false;
    }

    /// <summary>Finds a name in the content of a hosts file; the first line that has it counts.</summary>
    internal static bool TryFind(ReadOnlySpan<byte> content, string host, out byte[] address)
    {
        ReadOnlySpan<char> rest = Encoding.Latin1.GetString(content);
        while (!rest.IsEmpty)
        {
            int newline = rest.IndexOf('\n');
            ReadOnlySpan<char> line = newline < 0 ? rest : rest[..newline];
            rest = newline < 0 ? default : rest[(newline + 1)..];
            if (LineHas(line, host, out int numberLength) && TryParseAddress(line.TrimStart(" \t")[..numberLength], out address))
            {
                return true;
            }
        }

        address = [];
        return false;
    }

    /// <summary>Reads an IPv4 address in four decimal parts, or an IPv6 address without a zone.</summary>
    internal static bool TryParseAddress(ReadOnlySpan<char> text, out byte[] address)
    {
        address = new byte[4];
        if (TryParseIPv4(text, address))
        {
            return true;
        }

        address = new byte[16];
        return TryParseIPv6(text, address);
    }

    private static bool LineHas(ReadOnlySpan<char> line, string host, out int numberLength)
    {
        int comment = line.IndexOf('#');
        ReadOnlySpan<char> rest = (comment < 0 ? line : line[..comment]).TrimStart(" \t");
        numberLength = WordLength(rest);
        rest = rest[numberLength..].TrimStart(" \t\r");
        while (!rest.IsEmpty)
        {
            int length = WordLength(rest);
            if (rest[..length].Equals(host, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }

            rest = rest[length..].TrimStart(" \t\r");
        }

        return false;
    }

    private static int WordLength(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny(" \t\r");
        return end < 0 ? text.Length : end;
    }

    private static bool TryParseIPv4(ReadOnlySpan<char> text, Span<byte> address)
    {
        for (int part = 0; part < 4; part++)
        {
            int dot = text.IndexOf('.');
            ReadOnlySpan<char> digits = part == 3 || dot < 0 ? text : text[..dot];
            if ((part < 3 && dot < 0) || !TryParseNumber(digits, 10, 3, 255, out int value))
            {
                return false;
            }

            address[part] = (byte)value;
            text = part == 3 ? default : text[(dot + 1)..];
        }

        return true;
    }

    private static bool TryParseIPv6(ReadOnlySpan<char> text, Span<byte> address)
    {
        int gap = text.IndexOf("::");
        if (gap < 0)
        {
            return TryParseGroups(text, address, out int length) && length == address.Length;
        }

        Span<byte> tail = stackalloc byte[16];
        if (!TryParseGroups(text[..gap], address, out int before) || !TryParseGroups(text[(gap + 2)..], tail, out int after) || before + after > 14)
        {
            return false;
        }

        address[before..].Clear();
        tail[..after].CopyTo(address[^after..]);
        return true;
    }

    /// <summary>Reads groups of four hexadecimal digits, the last of which may be an IPv4 address in place of two.</summary>
    private static bool TryParseGroups(ReadOnlySpan<char> text, Span<byte> address, out int length)
    {
        length = 0;
        while (!text.IsEmpty)
        {
            int colon = text.IndexOf(':');
            ReadOnlySpan<char> group = colon < 0 ? text : text[..colon];
            if (colon < 0 && length <= address.Length - 4 && TryParseIPv4(group, address[length..]))
            {
                length += 4;
                return true;
            }

            if (length > address.Length - 2 || !TryParseNumber(group, 16, 4, 0xffff, out int value))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt16BigEndian(address[length..], (ushort)value);
            length += 2;
            if (colon < 0)
            {
                return true;
            }

            text = text[(colon + 1)..];
            if (text.IsEmpty)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> digits, int radix, int maxDigits, int maxValue, out int value)
    {
        value = 0;
        if (digits.IsEmpty || digits.Length > maxDigits)
        {
            return false;
        }

        foreach (char c in digits)
        {
            if (radix == 16 ? !char.IsAsciiHexDigit(c) : !char.IsAsciiDigit(c))
            {
                return false;
            }

            int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

            value = (value * radix) + digit;
        }

        return value <= maxValue;
    }

    private static byte[] Read(ReadOnlySpan<byte> path)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY);
        if (fd < 0)
        {
            return [];
        }

        byte[] content = new byte[4096];
        int length = 0;
        int count;
        while ((count = Libc.read(fd, content.AsSpan(length))) > 0 && length < MaxSize)
        {
            length += count;
            if (length == content.Length)
            {
                Array.Resize(ref content, length * 2);
            }
        }

        _ = Libc.close(fd);
        return content.AsSpan(0, length).ToArray();
    }
}
