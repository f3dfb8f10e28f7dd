using System;

namespace PyInotifyd.Configuration.Files;

/// <summary>Puts paths together, as text of bytes.</summary>
internal static class ConfigPath
{
    /// <summary>Returns a path that stands in a file, as seen from where the file's own path is seen.</summary>
    public static byte[] Beside(ReadOnlySpan<byte> file, ReadOnlySpan<byte> path)
    {
        int slash = file.LastIndexOf((byte)'/');
        if (slash < 0 || path.StartsWith("/"u8))
        {
            return path.ToArray();
        }

        byte[] joined = new byte[slash + 1 + path.Length];
        file[..(slash + 1)].CopyTo(joined);
        path.CopyTo(joined.AsSpan(slash + 1));
        return joined;
    }
}
