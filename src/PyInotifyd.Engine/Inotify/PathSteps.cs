using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Goes down a path as the kernel does, through every symbolic link, and says what it passes.</summary>
internal static class PathSteps
{
    /// <summary>Links that the kernel follows on the way of one path.</summary>
    private const int MostLinks = 40;

    private const int PathMax = 4096;

    /// <summary>A name that the path leads through.</summary>
    /// <param name="Directory">The directory that the name is in, by a path without links that ends with NUL.</param>
    /// <param name="Name">The name.</param>
    /// <param name="Type">What it is, one of the S_IF constants; 0: it is not there, or keeps us out, and the way ends.</param>
    internal readonly record struct Step(byte[] Directory, byte[] Name, int Type);

    /// <summary>Returns the steps of an absolute path; none for the root directory. The last one is no link, unless there are too many.</summary>
    public static List<Step> Of(ReadOnlySpan<byte> path)
    {
        List<Step> steps = [];
        byte[] rest = path.ToArray();
        byte[] directory = [];
        byte[] target = new byte[PathMax];
        int links = 0;
        while (TakeName(ref rest) is { Length: > 0 } name)
        {
            if (name.AsSpan().SequenceEqual("."u8))
            {
                continue;
            }

            if (name.AsSpan().SequenceEqual(".."u8))
            {
                directory = directory[..Math.Max(directory.AsSpan().LastIndexOf((byte)'/'), 0)];
                continue;
            }

            byte[] full = [.. directory, (byte)'/', .. name, 0];
            const int flags = Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT;
            int type = Libc.statx(Libc.AT_FDCWD, full, flags, Libc.STATX_TYPE, out statx found) < 0 ? 0 : found.Type;
            steps.Add(new Step(directory.Length == 0 ? [(byte)'/', 0] : [.. directory, 0], name, type));
            if (type == Libc.S_IFLNK)
            {
                int size = Libc.readlinkat(Libc.AT_FDCWD, full, target);
                if (size <= 0 || ++links > MostLinks || size + rest.Length > PathMax)
                {
                    return steps;
                }

                rest = [.. target.AsSpan(0, size), (byte)'/', .. rest];
                directory = target[0] == (byte)'/' ? [] : directory;
            }
            else if (type != Libc.S_IFDIR)
            {
                return steps;
            }
            else
            {
                directory = full[..^1];
            }
        }

        return steps;
    }

    /// <summary>Takes the first name off a path; empty at its end.</summary>
    private static byte[] TakeName(ref byte[] path)
    {
        ReadOnlySpan<byte> rest = path.AsSpan().TrimStart((byte)'/');
        int end = rest.IndexOf((byte)'/');
        byte[] name = (end < 0 ? rest : rest[..end]).ToArray();
        path = end < 0 ? [] : rest[end..].ToArray();
        return name;
    }
}
