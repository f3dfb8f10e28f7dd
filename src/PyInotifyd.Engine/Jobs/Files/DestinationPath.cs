using System;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Reads destinations: absolute, without <c>..</c>, each slash once.</summary>
/// <remarks>Threads: any.</remarks>
internal static class DestinationPath
{
    /// <summary>Returns a path with single slashes, no dots and none at the end; null, and why, where it cannot be a destination.</summary>
    public static byte[]? Normalise(ReadOnlySpan<byte> path, out string? error)
    {
        error = path.IsEmpty ? "the destination is empty"
            : path[0] != (byte)'/' ? "the destination " + FileFailure.Quote(path) + " is not absolute"
            : path.Contains((byte)0) ? "the destination " + FileFailure.Quote(path) + " contains a NUL"
            : null;
        if (error is not null)
        {
            return null;
        }

        byte[] result = new byte[path.Length];
        int length = 0;
        ReadOnlySpan<byte> rest = path;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (name.SequenceEqual(".."u8))
            {
                error = "the destination " + FileFailure.Quote(path) + " contains '..'";
                return null;
            }

            if (!name.IsEmpty && !name.SequenceEqual("."u8))
            {
                result[length++] = (byte)'/';
                name.CopyTo(result.AsSpan(length));
                length += name.Length;
            }
        }

        if (length == 0)
        {
            error = "the destination is the root directory";
            return null;
        }

        return result.AsSpan(0, length).ToArray();
    }

    /// <summary>Returns how many bytes of a destination are the administrator's own words, in which links may be followed: the directories of the template's literal start, or the watch's root.</summary>
    public static int AnchorLength(FileRule rule, ReadOnlySpan<byte> destination, ReadOnlySpan<byte> watchRoot)
    {
        ReadOnlySpan<byte> literal = rule.Destination!.LiteralPrefix;
        int slash = literal.LastIndexOf((byte)'/');
        int length = slash <= 0 ? 0 : Normalise(literal[..slash], out _)?.Length ?? 0;
        return Math.Max(Math.Min(length, destination.LastIndexOf((byte)'/')), IsBelow(destination, watchRoot) ? watchRoot.Length : 0);
    }

    /// <summary>Whether a path lies below a directory.</summary>
    public static bool IsBelow(ReadOnlySpan<byte> path, ReadOnlySpan<byte> directory) =>
        path.Length > directory.Length && path.StartsWith(directory) && (path[directory.Length] == (byte)'/' || (directory.Length == 1 && directory[0] == (byte)'/'));
}
