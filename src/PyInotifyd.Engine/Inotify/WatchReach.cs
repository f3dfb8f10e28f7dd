using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Tells whether a watch that starts now reports a path, and what stands in the way where it does not. Watches nothing.</summary>
/// <remarks>
/// The directories between the root and the path are looked at as <see cref="WatchTree"/> looks at them when it walks down: names of temporary files, patterns that exclude, links, other file systems,
/// directories that are there already (<c>rec</c>) and those that are not yet (<c>auto_add</c>). The patterns are the watch's own <see cref="PathFilter"/>.
/// Threads: one at a time.
/// </remarks>
public sealed class WatchReach
{
    private static List<string>? s_pseudoMounts;

    private readonly byte[] _root;
    private readonly List<string> _remarks = [];
    private PathFilter? _filter;

    /// <summary>Takes a watch and one of the roots that its path stands for.</summary>
    public WatchReach(WatchSpec spec, UnixPath root)
    {
        Spec = spec;
        _root = root.ToArray();
    }

    /// <summary>The watch as configured.</summary>
    public WatchSpec Spec { get; }

    /// <summary>The root.</summary>
    public ReadOnlySpan<byte> Root => _root;

    /// <summary>The pattern that excluded the last path, or a directory above it; null: none.</summary>
    public string? ExcludedBy { get; private set; }

    /// <summary>Why the last path is left out where no pattern excludes it; null: it is not.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>What a person should know about the last answer, each a sentence: why the path is left out, or what the answer depends on.</summary>
    public IReadOnlyList<string> Remarks => _remarks;

    /// <summary>Whether a path is the root or lies in the tree below it as far as the watch goes, whatever its patterns say.</summary>
    public bool Covers(ReadOnlySpan<byte> path)
    {
        if (path.SequenceEqual(_root))
        {
            return true;
        }

        int start = NamesStart;
        return path.Length > start && path.StartsWith(_root) && path[start - 1] == (byte)'/' && (Spec.Rec || Spec.AutoAdd || path[start..].IndexOf((byte)'/') < 0);
    }

    /// <summary>Whether events of a path that the watch covers are reported.</summary>
    public bool Reports(ReadOnlySpan<byte> path)
    {
        _remarks.Clear();
        (ExcludedBy, Obstacle) = (null, null);
        if (_filter is null)
        {
            _filter = new PathFilter(Spec);
            _filter.Exploded += (pattern, subject) =>
                _remarks.Add("the pattern " + pattern + " takes too many steps on " + Quote(subject) + " and counts as not matched; simplify it");
        }

        return IsReached(path) && Passes(path);
    }

    // Where the names below the root begin.
    private int NamesStart => _root.Length == 1 ? 1 : _root.Length + 1;

    private bool Passes(ReadOnlySpan<byte> path)
    {
        if (TemporaryNames.Is(path))
        {
            return Refuse(path, " is the name of a file that a file manager is writing, which no watch reports");
        }

        ExcludedBy = _filter!.ExcludedBy(path);
        if (ExcludedBy is null && !_filter.Includes(path))
        {
            return Refuse(path, " matches no pattern of include_filter");
        }

        return ExcludedBy is null;
    }

    private bool IsReached(ReadOnlySpan<byte> path)
    {
        int end = path.SequenceEqual(_root) ? path.Length : NamesStart;
        ulong device = 0;
        bool exists = Look(_root, true, out statx found);
        bool isFirst = true;
        if (!exists)
        {
            _remarks.Add("the watch " + Quote(_root) + " does not exist" + (Spec.OnMissing == MissingPolicy.Fail ? ", so the daemon does not start" : "; it is waited for"));
        }
        else if (found.Type != Libc.S_IFDIR && end < path.Length)
        {
            return Refuse(_root, " is not a directory");
        }
        else
        {
            device = DeviceOf(in found);
            WarnUnreadable(_root);
        }

        int length;
        for (; end < path.Length && (length = path[end..].IndexOf((byte)'/')) >= 0; end += length + 1, isFirst = false)
        {
            ReadOnlySpan<byte> directory = path[..(end + length)];
            if (!Descends(directory, ref exists, isFirst, device))
            {
                return false;
            }
        }

        return true;
    }

    private bool Descends(ReadOnlySpan<byte> directory, ref bool exists, bool isFirst, ulong device)
    {
        if (TemporaryNames.Is(directory))
        {
            return Refuse(directory, " is the name of a directory that a file manager is writing, which no watch reports");
        }

        ExcludedBy = _filter!.ExcludedBy(directory);
        if (ExcludedBy is not null)
        {
            return false;
        }

        if (!exists)
        {
            return true;
        }

        exists = Look(directory, false, out statx found);
        if (!exists)
        {
            if (!Spec.AutoAdd)
            {
                _remarks.Add("the directory " + Quote(directory) + " does not exist; without auto_add it is watched only if it is there when the daemon starts");
            }

            return true;
        }

        if (found.Type != Libc.S_IFDIR)
        {
            return Refuse(directory, found.Type == Libc.S_IFLNK ? " is a symbolic link, which is not followed below the root of a watch" : " is not a directory");
        }

        if (isFirst && !Spec.Rec)
        {
            return Refuse(directory, " is there already, and without rec only directories that appear later are watched");
        }

        if (Spec.OneFileSystem && DeviceOf(in found) != device)
        {
            return Refuse(directory, " is on another file system than the watch, and one_file_system is set");
        }

        if ((s_pseudoMounts ??= MountTable.PseudoFileSystems()).Contains(SurrogateEscape.Decode(directory)))
        {
            return Refuse(directory, " is a file system of the kernel's, which is never watched");
        }

        WarnUnreadable(directory);
        return true;
    }

    private void WarnUnreadable(ReadOnlySpan<byte> directory)
    {
        if (Libc.faccessat(Libc.AT_FDCWD, (byte[])[.. directory, 0], Libc.R_OK, Libc.AT_EACCESS) is var result && result < 0)
        {
            _remarks.Add(Quote(directory) + " cannot be watched: " + Errno.Name(result) + " " + Errno.Text(result));
        }
    }

    private bool Refuse(ReadOnlySpan<byte> path, string why)
    {
        Obstacle = Quote(path) + why;
        _remarks.Add(Obstacle);
        return false;
    }

    private static bool Look(ReadOnlySpan<byte> path, bool follow, out statx found) =>
        Libc.statx(Libc.AT_FDCWD, (byte[])[.. path, 0], (follow ? 0 : Libc.AT_SYMLINK_NOFOLLOW) | Libc.AT_NO_AUTOMOUNT, Libc.STATX_TYPE, out found) == 0;

    private static ulong DeviceOf(in statx found) => ((ulong)found.stx_dev_major << 32) | found.stx_dev_minor;

    private static string Quote(ReadOnlySpan<byte> path) => "'" + SurrogateEscape.Decode(path) + "'";
}
