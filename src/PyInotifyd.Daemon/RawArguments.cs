using System;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>The arguments as bytes: the runtime decodes them as UTF-8 and loses what is not.</summary>
internal static class RawArguments
{
    private const char Lost = '\ufffd';

    /// <summary>Returns the arguments as text by surrogate escapes.</summary>
    /// <remarks>Only where the runtime lost something, /proc/self/cmdline is read; without /proc the runtime's text stays.</remarks>
    public static string[] Recover(string[] arguments)
    {
        foreach (string argument in arguments)
        {
            if (argument.Contains(Lost))
            {
                return Split(Read(), arguments);
            }
        }

        return arguments;
    }

    /// <summary>Returns the last of the words that end with NUL, as many as there are arguments; the arguments themselves where there are fewer words.</summary>
    internal static string[] Split(ReadOnlySpan<byte> words, string[] arguments)
    {
        int count = words.Count((byte)0);
        if (count < arguments.Length)
        {
            return arguments;
        }

        string[] result = new string[arguments.Length];
        for (int i = 0; i < count; i++)
        {
            int end = words.IndexOf((byte)0);
            int index = i - (count - arguments.Length);
            if (index >= 0)
            {
                result[index] = SurrogateEscape.Decode(words[..end]);
            }

            words = words[(end + 1)..];
        }

        return result;
    }

    private static byte[] Read()
    {
        int fd = Libc.openat(Libc.AT_FDCWD, "/proc/self/cmdline\0"u8, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (fd < 0)
        {
            return [];
        }

        byte[] buffer = new byte[4096];
        int length = 0;
        int count;
        while ((count = Libc.read(fd, buffer.AsSpan(length))) > 0)
        {
            length += count;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, length * 2);
            }
        }

        _ = Libc.close(fd);
        return buffer.AsSpan(0, length).ToArray();
    }
}
