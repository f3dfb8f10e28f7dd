using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;

namespace PyInotifyd.Soak;

/// <summary>What is on the disk now, and what of it has not come out of the daemon as it has to.</summary>
internal sealed class Truth(TempTree tree)
{
    private static readonly string[] s_roots = ["w1", "w2", "r", "m"];

    // Device, inode and path of each directory that is to be watched.
    private readonly Dictionary<(ulong Device, ulong Inode), string> _directories = [];
    private readonly List<(string Path, string Content)> _files = [];
    private readonly List<string> _unowed = [];
    private int _unowedBelow;

    /// <summary>The number of files that are to have been processed.</summary>
    public int Files => _files.Count;

    /// <summary>The number of directories that are to be watched.</summary>
    public int Directories => _directories.Count;

    /// <summary>The contents of the files below directories that nobody is owed the files of.</summary>
    public IReadOnlyList<string> Unowed => _unowed;

    /// <summary>Looks at the watched trees, without what is excluded and the given files.</summary>
    /// <param name="notOwed">Files.</param>
    /// <param name="notOwedBelow">Directories: what they hold is to be watched, but nobody is owed the files.</param>
    public void Look(HashSet<(ulong Device, ulong Inode)> notOwed, HashSet<(ulong Device, ulong Inode)> notOwedBelow)
    {
        _directories.Clear();
        _files.Clear();
        _unowed.Clear();
        foreach (string root in s_roots.Where(root => Directory.Exists(tree.PathOf(root))))
        {
            Walk(root, notOwed, notOwedBelow);
        }
    }

    /// <summary>Returns the files of which the content is not among those that tasks saw.</summary>
    public List<string> Missing(HashSet<string> processed) => [.. _files.Where(file => !processed.Contains(file.Content)).Select(file => file.Path)];

    /// <summary>Returns what is watched and should not be, or the other way about.</summary>
    /// <param name="watched">What the kernel says.</param>
    /// <param name="anyHeld">Some file is open: the kernel keeps its directory, and the watch of it, after both were deleted.</param>
    public List<string> WatchDifferences(HashSet<(ulong Device, ulong Inode)> watched, bool anyHeld)
    {
        // By inode alone: on btrfs the kernel shows another device there than stat(2).
        HashSet<ulong> inodes = [.. watched.Select(each => each.Inode)];
        List<string> found = [.. _directories.Where(each => !inodes.Contains(each.Key.Inode)).Select(each => $"not watched: {each.Value}")];

        if (anyHeld)
        {
            return found;
        }

        // The directories above a root, and those of the test itself.
        HashSet<ulong> known = [.. _directories.Keys.Select(each => each.Inode)];
        for (string? above = tree.Path; above is not null; above = Path.GetDirectoryName(above))
        {
            known.Add(Identity(above).Inode);
        }

        known.Add(Identity(tree.PathOf("flood")).Inode);
        found.AddRange(watched.Where(each => !known.Contains(each.Inode)).Select(each => $"watched and no directory of a tree: device {each.Device:x} inode {each.Inode} {NameOf(each)}"));
        return found;
    }

    private void Walk(string name, HashSet<(ulong Device, ulong Inode)> notOwed, HashSet<(ulong Device, ulong Inode)> notOwedBelow)
    {
        (ulong, ulong) identity = Identity(tree.PathOf(name));
        _directories[identity] = name;
        bool isUnowed = notOwedBelow.Contains(identity);
        _unowedBelow += isUnowed ? 1 : 0;
        foreach (FileSystemInfo entry in new DirectoryInfo(tree.PathOf(name)).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            string path = $"{name}/{entry.Name}";
            if (path.EndsWith(".ign", StringComparison.Ordinal))
            {
                continue;
            }

            if (entry is DirectoryInfo)
            {
                Walk(path, notOwed, notOwedBelow);
            }
            else if (!notOwed.Contains(Identity(entry.FullName)) && tree.ReadText(path) is { Length: > 0 } content)
            {
                if (_unowedBelow == 0)
                {
                    _files.Add((path, content));
                }
                else
                {
                    _unowed.Add(content);
                }
            }
        }

        _unowedBelow -= isUnowed ? 1 : 0;
    }

    private string NameOf((ulong Device, ulong Inode) identity) =>
        Directory.EnumerateFileSystemEntries(tree.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .FirstOrDefault(path => Identity(path).Inode == identity.Inode) ?? "(nowhere in the test's tree)";

    private static (ulong Device, ulong Inode) Identity(string path)
    {
        int result = Libc.statx(Libc.AT_FDCWD, [.. Encoding.UTF8.GetBytes(path), 0], Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out statx status);
        return result < 0 ? throw new IOException($"statx '{path}': {Errno.Name(result)}") : (((ulong)status.stx_dev_major << 20) | status.stx_dev_minor, status.stx_ino);
    }
}
