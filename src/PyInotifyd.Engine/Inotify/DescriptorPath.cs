using System;
using System.Buffers.Text;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Names an open descriptor as a path.</summary>
internal static class DescriptorPath
{
    /// <summary>Writes <c>/proc/self/fd/N</c> with its NUL into a buffer of at least 32 bytes and returns it.</summary>
    public static ReadOnlySpan<byte> Format(int fd, Span<byte> buffer)
    {
        "/proc/self/fd/"u8.CopyTo(buffer);
        Utf8Formatter.TryFormat(fd, buffer[14..], out int digits);
        buffer[14 + digits] = 0;
        return buffer[..(15 + digits)];
    }
}
