using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Paths;

/// <summary>Finds the files that a path with <c>*</c>, <c>?</c> and <c>[…]</c> stands for.</summary>
/// <remarks>As glob(7): byte by byte, <c>/</c> and a leading dot are matched only by themselves.</remarks>
public static class FilePattern
{
    /// <summary>Whether a path has one of the characters.</summary>
    public static bool IsPattern(ReadOnlySpan<byte> path) => path.IndexOfAny((byte)'*', (byte)'?', (byte)'[') >= 0;

    /// <summary>Whether the path as it is written is the name of something.</summary>
    public static bool Exists(ReadOnlySpan<byte> path)
    {
        byte[] terminated = new byte[path.Length + 1];
        path.CopyTo(terminated);
        return Libc.statx(Libc.AT_FDCWD, terminated, 0, Libc.STATX_TYPE, out _) >= 0;
    }

    /// <summary>Adds the paths that match, in the order of their bytes.</summary>
    public static void Expand(ReadOnlySpan<byte> pattern, List<byte[]> found)
    {
        int first = found.Count;
        Expand([], pattern, found);
        found.Sort(first, found.Count - first, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
    }

    /// <summary>Tells whether a name matches a pattern.</summary>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("."u8) && !pattern.StartsWith("."u8))
        {
            return false;
        }

        int p = 0;
        int n = 0;
        int star = -1;
        int afterStar = 0;
        while (n < name.Length)
        {
            int next = p < pattern.Length && pattern[p] != '*' ? MatchOne(pattern, p, name[n]) : -1;
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                afterStar = n;
            }
            else if (next >= 0)
            {
                p = next;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++afterStar;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept((byte)'*') < 0;
    }

    private static void Expand(ReadOnlySpan<byte> done, ReadOnlySpan<byte> rest, List<byte[]> found)
    {
        while (!rest.IsEmpty)
        {
            int slash = rest.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? rest : rest[..slash];
            ReadOnlySpan<byte> behind = slash < 0 ? default : rest[slash..];
            if (IsPattern(name))
            {
                foreach (byte[] entry in Entries(done))
                {
                    if (Matches(name, entry))
                    {
                        Expand((byte[])[.. done, .. entry], behind, found);
                    }
                }

                return;
            }

            int length = slash < 0 ? rest.Length : slash + 1;
            done = (byte[])[.. done, .. rest[..length]];
            rest = rest[length..];
        }

        if (Exists(done))
        {
            found.Add(done.ToArray());
        }
    }

    private static List<byte[]> Entries(ReadOnlySpan<byte> directory)
    {
        List<byte[]> entries = [];
        byte[] path = directory.IsEmpty ? [(byte)'.', 0] : [.. directory, 0];
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        if (fd < 0)
        {
            return entries;
        }

        byte[] buffer = new byte[32 << 10];
        int length;
        while ((length = Libc.getdents64(fd, buffer)) > 0)
        {
            DirectoryEntries records = new(buffer.AsSpan(0, length));
            while (records.MoveNext())
            {
                entries.Add(records.Name.ToArray());
            }
        }

        Libc.close(fd);
        return entries;
    }

    /// <summary>Returns the place behind the element of the pattern at <paramref name="p"/> if it matches a byte, else -1.</summary>
    private static int MatchOne(ReadOnlySpan<byte> pattern, int p, byte b)
    {
        int close = pattern[p] == '[' ? EndOfSet(pattern, p) : -1;
        if (close < 0)
        {
            return pattern[p] == '?' || pattern[p] == b ? p + 1 : -1;
        }

        bool negated = pattern[p + 1] is (byte)'!' or (byte)'^';
        bool isIn = false;
        for (int i = p + (negated ? 2 : 1); i < close; i++)
        {
            if (i + 2 < close && pattern[i + 1] == '-')
            {
                isIn |= b >= pattern[i] && b <= pattern[i + 2];
                i += 2;
            }
            else
            {
                isIn |= b == pattern[i];
            }
        }

        return isIn != negated ? close + 1 : -1;
    }

    /// <summary>Returns the place of the bracket that closes a set; -1 where there is none and the opening one stands for itself.</summary>
    private static int EndOfSet(ReadOnlySpan<byte> pattern, int open)
    {
        int first = open + 1;
        first += first < pattern.Length && pattern[first] is (byte)'!' or (byte)'^' ? 1 : 0;

        // A bracket at the first place of a set belongs to the set.
        int length = first + 1 < pattern.Length ? pattern[(first + 1)..].IndexOf((byte)']') : -1;
        return length < 0 ? -1 : first + 1 + length;
    }
}
