using System;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>Where the control socket is, and its path as the kernel takes it.</summary>
internal static class ControlPath
{
    /// <summary>Longest path of a unix socket: sun_path has 108 bytes, the last for a NUL.</summary>
    public const int MaxLength = 107;

    /// <summary>Returns the place for root's daemon, which is made where /run is there.</summary>
    public static ReadOnlySpan<byte> OfRoot => "/run/pyinotifyd/control.sock"u8;

    /// <summary>Returns the place where a daemon of this user listens unless its configuration says otherwise; null where there is none.</summary>
    public static byte[]? Default()
    {
        if (Libc.geteuid() == 0)
        {
            return OfRoot.ToArray();
        }

        string? directory = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return directory is ['/', ..] && SurrogateEscape.TryEncode(directory + "/pyinotifyd.sock", out byte[]? path) ? path : null;
    }

    /// <summary>Returns what is wrong with a path for a socket, or null.</summary>
    public static string? Problem(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path.Contains((byte)0))
        {
            return "it is empty or holds a NUL";
        }

        return path.Length > MaxLength ? "it has " + path.Length.ToString() + " bytes, and the path of a socket can have 107 at most; choose a shorter one" : null;
    }

    /// <summary>Returns the address of a path that has no <see cref="Problem"/>.</summary>
    /// <remarks>Source: unix(7).</remarks>
    public static byte[] Address(ReadOnlySpan<byte> path)
    {
        byte[] address = new byte[2 + path.Length + 1];
        BitConverter.TryWriteBytes(address, (ushort)Libc.AF_UNIX);
        path.CopyTo(address.AsSpan(2));
        return address;
    }
}
