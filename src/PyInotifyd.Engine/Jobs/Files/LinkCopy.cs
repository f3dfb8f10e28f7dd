using System;
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
        return source;
    }
}
