using System;

namespace PyInotifyd.Configuration.Files;

/// <summary>Puts paths together and into their shortest form, as text of bytes.</summary>
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

    /// <summary>Returns an absolute path without <c>//</c>, <c>.</c>, <c>..</c> and a slash at the end.</summary>
    /// <remarks>By the text alone, as Python's <c>abspath</c> does: a symbolic link before <c>..</c> is not looked at.</remarks>
    public static byte[] Normalize(ReadOnlySpan<byte> path)
    {
        byte[] result = new byte[path.Length + 1];
        int length = 0;
        while (!path.IsEmpty)
        {
            int slash = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? path : path[..slash];
            path = slash < 0 ? default : path[(slash + 1)..];
            if (name.SequenceEqual(".."u8))
            {
                length = Math.Max(result.AsSpan(0, length).LastIndexOf((byte)'/'), 0);
            }
            else if (!name.IsEmpty && !name.SequenceEqual("."u8))
            {
                result[length++] = (byte)'/';
                name.CopyTo(result.AsSpan(length));
                length += name.Length;
            }
        }

        return length == 0 ? "/"u8.ToArray() : result.AsSpan(0, length).ToArray();
    }
}
