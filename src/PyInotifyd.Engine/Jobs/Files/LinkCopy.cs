using System;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Copies symbolic links as links.</summary>
internal static class LinkCopy
{
    /// <summary>Makes a link with what another holds, its owner and its times, and describes the other.</summary>
    public static statx Make(FileAction action, int directory, ReadOnlySpan<byte> terminatedName, int toDirectory, ReadOnlySpan<byte> toTerminatedName)
    {
        byte[] target = new byte[4097];
        FileFailure.Check(Place.Stat(directory, terminatedName, out statx source), "");
        int length = FileFailure.Check(Libc.readlinkat(directory, terminatedName, target.AsSpan(0, 4096)), "read the link: ");
        target[length] = 0;
        int result = Libc.symlinkat(target.AsSpan(0, length + 1), toDirectory, toTerminatedName);
        if (result < 0)
        {
            throw result == -Errno.EEXIST ? FileAction.Exists() : FileFailure.Of(result, "make the link: ");
        }

        FileAttributes.KeepLink(action, toDirectory, toTerminatedName, in source);
        KeepExtended(action, directory, terminatedName, toDirectory, toTerminatedName);
        return source;
    }

    // A link has only attributes of the system (security labels, trusted.*), which are kept where the daemon's user may set them. There is no call for them that takes a directory's descriptor:
    // they are reached through /proc, else left.
    private static void KeepExtended(FileAction action, int directory, ReadOnlySpan<byte> terminatedName, int toDirectory, ReadOnlySpan<byte> toTerminatedName)
    {
        byte[] from = PathIn(directory, terminatedName);
        if (Libc.llistxattr(from, default) <= 0)
        {
            return;
        }

        byte[] to = PathIn(toDirectory, toTerminatedName);
        byte[] names = action.Worker.AttributeNames;
        ReadOnlySpan<byte> rest = names.AsSpan(0, Math.Max(0, Libc.llistxattr(from, names)));
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> name = rest[..(rest.IndexOf((byte)0) + 1)];
            rest = rest[name.Length..];
            int size = Libc.lgetxattr(from, name, action.Worker.AttributeValue);
            _ = size < 0 ? size : Libc.lsetxattr(to, name, action.Worker.AttributeValue.AsSpan(0, size));
        }
    }

    private static byte[] PathIn(int directory, ReadOnlySpan<byte> terminatedName)
    {
        Span<byte> path = stackalloc byte[32];
        return [.. DescriptorPath.Format(directory, path)[..^1], (byte)'/', .. terminatedName];
    }
}
