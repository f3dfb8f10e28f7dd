using System;

namespace PyInotifyd.Engine.Paths;

/// <summary>Brings absolute paths into their shortest form.</summary>
/// <remarks>Threads: any; the class holds no state.</remarks>
public static class NormalPath
{
    /// <summary>Returns an absolute path without <c>//</c>, <c>.</c>, <c>..</c> and a slash at the end.</summary>
    /// <remarks>By the text alone, as Python's <c>abspath</c> does: a symbolic link before <c>..</c> is not looked at.</remarks>
    public static byte[] Of(ReadOnlySpan<byte> path)
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
