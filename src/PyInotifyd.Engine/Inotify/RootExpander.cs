using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Turns the path of a watch with <c>*</c>, <c>?</c> and <c>[…]</c> into the roots that exist now.</summary>
/// <remarks>
/// As Python's glob: a pattern stands for one component and matches no leading dot unless it begins with one; <c>[!…]</c> negates; nothing crosses a slash. A path that exists as it
/// is written is that path, whatever characters it has. Results are in the order of their bytes.
/// Source: glob(7), Python's glob and fnmatch.
/// </remarks>
public static class RootExpander
{
    /// <summary>Returns the roots of a path: itself where it has no pattern or exists literally, else what matches, perhaps nothing.</summary>
    public static List<UnixPath> Expand(UnixPath path)
    {
        if (!HasPattern(path.Bytes) || Exists(path.Bytes))
        {
            return [path];
        }

        List<byte[]> found = [[]];
        ReadOnlySpan<byte> rest = path.Bytes.TrimStart((byte)'/');
        while (!rest.IsEmpty && found.Count != 0)
        {
            int end = rest.IndexOf((byte)'/');
            ReadOnlySpan<byte> component = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            List<byte[]> next = [];
            foreach (byte[] directory in found)
            {
                if (HasPattern(component))
                {
                    AddMatches(directory, component, next);
                }
                else
                {
                    next.Add([.. directory, (byte)'/', .. component]);
                }
            }

            found = next;
        }

        List<UnixPath> roots = [];
        foreach (byte[] root in found)
        {
            if (Exists(root))
            {
                roots.Add(new UnixPath(root));
            }
        }

        roots.Sort((a, b) => a.Bytes.SequenceCompareTo(b.Bytes));
        return roots;
    }

    /// <summary>Says whether a component matches a pattern.</summary>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> name)
    {
        int p = 0;
        int n = 0;
        int starPattern = -1;
        int starName = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == (byte)'*')
            {
                starPattern = ++p;
                starName = n;
            }
            else if (p < pattern.Length && MatchesOne(pattern, ref p, name[n]))
            {
                n++;
            }
            else if (starPattern >= 0)
            {
                p = starPattern;
                n = ++starName;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == (byte)'*')
        {
            p++;
        }

        return p == pattern.Length;
    }

    private static bool MatchesOne(ReadOnlySpan<byte> pattern, ref int at, byte value)
    {
        byte p = pattern[at];
        if (p == (byte)'?')
        {
            at++;
            return true;
        }

        if (p == (byte)'[')
        {
            int i = at + 1;
            bool negated = i < pattern.Length && pattern[i] == (byte)'!';
            i += negated ? 1 : 0;
            int close = i < pattern.Length ? pattern[(i + 1)..].IndexOf((byte)']') : -1;
            if (close >= 0)
            {
                ReadOnlySpan<byte> set = pattern.Slice(i, close + 1);
                bool inSet = false;
                for (int k = 0; k < set.Length; k++)
                {
                    if (k + 2 < set.Length && set[k + 1] == (byte)'-')
                    {
                        inSet |= value >= set[k] && value <= set[k + 2];
                        k += 2;
                    }
                    else
                    {
                        inSet |= value == set[k];
                    }
                }

                if (inSet == negated)
                {
                    return false;
                }

                at = i + close + 2;
                return true;
            }
        }

        if (p != value)
        {
            return false;
        }

        at++;
        return true;
    }

    private static bool HasPattern(ReadOnlySpan<byte> text) => text.IndexOfAny("*?["u8) >= 0;

    private static bool Exists(ReadOnlySpan<byte> path) =>
        Libc.statx(Libc.AT_FDCWD, (byte[])[.. path, 0], Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_NO_AUTOMOUNT, Libc.STATX_TYPE, out _) >= 0;

    private static void AddMatches(byte[] directory, ReadOnlySpan<byte> pattern, List<byte[]> found)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, (byte[])[.. directory, (byte)'/', 0], Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        if (fd < 0)
        {
            return;
        }

        byte[] records = new byte[32 * 1024];
        int size;
        while ((size = Libc.getdents64(fd, records)) > 0)
        {
            DirectoryEntries entries = new(records.AsSpan(0, size));
            while (entries.MoveNext())
            {
                bool hidden = entries.Name[0] == (byte)'.' && pattern[0] != (byte)'.';
                if (!hidden && Matches(pattern, entries.Name))
                {
                    found.Add([.. directory, (byte)'/', .. entries.Name]);
                }
            }
        }

        _ = Libc.close(fd);
    }
}
