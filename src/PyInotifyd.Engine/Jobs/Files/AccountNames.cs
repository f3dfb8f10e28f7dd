using System;
using System.Buffers.Text;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Finds the numbers of users and groups.</summary>
/// <remarks>
/// A static program has no name service switch, so <c>/etc/passwd</c> and <c>/etc/group</c> are read directly.
/// Threads: any.   Cost: reads the file each time.   Source: passwd(5), group(5).
/// </remarks>
public static class AccountNames
{
    /// <summary>Returns the number of a user, which may be given as a number.</summary>
    public static bool TryFindUser(string name, out uint id) => TryFind(name, "/etc/passwd\0"u8, out id);

    /// <summary>Returns the number of a group, which may be given as a number.</summary>
    public static bool TryFindGroup(string name, out uint id) => TryFind(name, "/etc/group\0"u8, out id);

    /// <summary>Reads the line <c>name:password:number:…</c> of a name.</summary>
    internal static bool TryFindIn(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out uint id)
    {
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (line.Length <= name.Length || !line.StartsWith(name) || line[name.Length] != (byte)':')
            {
                continue;
            }

            line = line[(name.Length + 1)..];
            int colon = line.IndexOf((byte)':');
            if (colon >= 0 && Utf8Parser.TryParse(line[(colon + 1)..], out id, out int used) && colon + 1 + used < line.Length && line[colon + 1 + used] == (byte)':')
            {
                return true;
            }
        }

        id = 0;
        return false;
    }

    private static bool TryFind(string name, ReadOnlySpan<byte> file, out uint id)
    {
        // The number that means «leave it» cannot be an owner.
        if (uint.TryParse(name, out id))
        {
            return id != uint.MaxValue;
        }

        int fd = Libc.openat(Libc.AT_FDCWD, file, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (fd < 0 || !SurrogateEscape.TryEncode(name, out byte[]? bytes))
        {
            return false;
        }

        PathBuilder text = new();
        byte[] buffer = new byte[16384];
        int size;
        while ((size = Libc.read(fd, buffer)) > 0)
        {
            text.Append(buffer.AsSpan(0, size));
        }

        _ = Libc.close(fd);
        return TryFindIn(text.Bytes, bytes, out id);
    }
}
