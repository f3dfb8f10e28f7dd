using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Library;

/// <summary>A file or directory that is watched, and what its events do.</summary>
/// <remarks>Threads: any; it does not change once it is made.</remarks>
public sealed class Watch
{
    private readonly UnixPath _path;

    /// <summary>Makes a watch of a path as text; U+DC80 to U+DCFF stand for bytes that are not UTF-8.</summary>
    /// <remarks>Errors: a path that is not absolute → ArgumentException.</remarks>
    public Watch(string path, EventMap events)
        : this(Encode(path), events)
    {
    }

    /// <summary>Makes a watch of a path in bytes.</summary>
    /// <param name="path">The absolute path, without NUL; <c>*</c>, <c>?</c> and <c>[…]</c> are expanded at the start and at a reload.</param>
    /// <param name="events">What events do.</param>
    /// <remarks>Errors: a path that is not absolute → ArgumentException.</remarks>
    public Watch(ReadOnlySpan<byte> path, EventMap events)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (path.IsEmpty || path[0] != '/' || path.Contains((byte)0))
        {
            throw new ArgumentException("a watch needs an absolute path, found '" + SurrogateEscape.Decode(path) + "'", nameof(path));
        }

        _path = new UnixPath(NormalPath.Of(path));
        Events = events;
    }

    /// <summary>The path, normalised.</summary>
    public ReadOnlyMemory<byte> PathBytes => _path.ToArray();

    /// <summary>What events do.</summary>
    public EventMap Events { get; }

    /// <summary>Whether all sub-directories are watched too.</summary>
    public bool Rec { get; init; }

    /// <summary>Whether sub-directories that appear later are watched too, with everything in them.</summary>
    public bool AutoAdd { get; init; }

    /// <summary>Whether sub-directories of other file systems are left out.</summary>
    public bool OneFileSystem { get; init; }

    /// <summary>Regular expressions, as in Python; paths that match one at their start give no events and are not descended into.</summary>
    public IReadOnlyList<string> ExcludeFilter { get; init => field = Checked(value); } = [];

    /// <summary>Regular expressions, as in Python, of which the path of a file must match one to give events; empty: all do.</summary>
    public IReadOnlyList<string> IncludeFilter { get; init => field = Checked(value); } = [];

    /// <summary>Whether a path that is absent at the start is an error; else it is watched as soon as it is there.</summary>
    public bool FailIfMissing { get; init; }

    /// <summary>Whether the tree is scanned after the kernel's queue has overflowed, so that nothing is lost.</summary>
    public bool RescanOnOverflow { get; init; } = true;

    /// <summary>What of the tree is reported at the start.</summary>
    public StartScan ScanOnStart { get; init; }

    /// <summary>How often the tree is scanned besides, for file systems that others change too; zero: never.</summary>
    public TimeSpan Poll { get; init => field = Milliseconds.Checked(value); }

    internal WatchSpec ToSpec(ICollection<Scheduler> used) => new()
    {
        Path = _path,
        EventMap = Events.ToSpec(used),
        Rec = Rec,
        AutoAdd = AutoAdd,
        OneFileSystem = OneFileSystem,
        Exclude = new SpecList<string>([.. ExcludeFilter]),
        Include = IncludeFilter.Count == 0 ? null : new SpecList<string>([.. IncludeFilter]),
        OnMissing = FailIfMissing ? MissingPolicy.Fail : MissingPolicy.Wait,
        OnOverflow = RescanOnOverflow ? OverflowPolicy.Rescan : OverflowPolicy.Ignore,
        ScanOnStart = (Engine.Model.StartScan)ScanOnStart,
        PollMs = Milliseconds.Of(Poll),
    };

    private static byte[] Encode(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return SurrogateEscape.TryEncode(path, out byte[]? bytes) ? bytes : throw new ArgumentException("the path holds half a character", nameof(path));
    }

    private static IReadOnlyList<string> Checked(IReadOnlyList<string> patterns)
    {
        foreach (string pattern in patterns)
        {
            if (!PythonRegex.TryParse(pattern, out _, out PatternError? error))
            {
                throw new ArgumentException("regular expression '" + pattern + "': " + error.Message);
            }
        }

        return [.. patterns];
    }
}
