using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Library;

/// <summary>What happened, as a job gets it: the newest event of its path.</summary>
/// <remarks>
/// Names are bytes. The texts hold U+DC80 to U+DCFF for bytes that are not UTF-8, as in Python; the classes of System.IO do not find such a file.
/// Threads: any; immutable.
/// </remarks>
public sealed class FileEvent
{
    private readonly byte[] _path;
    private readonly byte[] _source;
    private readonly byte[] _watch;
    private string? _pathName;
    private string? _sourceName;
    private string? _watchName;

    internal FileEvent(TaskEntry task)
    {
        // The arrays are never written to, what is renamed gets a new one.
        (_path, _source, _watch) = (task.Path, task.SrcPath ?? [], task.WatchPath);
        Mask = (uint)task.Mask;
        Event = (FileEvents)EventNames.FromSlot(EventNames.Slot(task.Mask));
        MaskName = EventNames.First(task.Mask);
        IsDirectory = task.IsDir;
        Cookie = task.Cookie;
        Wd = task.Wd;
    }

    /// <summary>What happened, one of <see cref="FileEvents"/>.</summary>
    public FileEvents Event { get; }

    /// <summary>Its name, such as IN_CLOSE_WRITE.</summary>
    public string MaskName { get; }

    /// <summary>The mask as the kernel gave it.</summary>
    public uint Mask { get; }

    /// <summary>The path, without NUL.</summary>
    public ReadOnlyMemory<byte> PathBytes => _path;

    /// <summary>The path as text.</summary>
    public string PathName => _pathName ??= SurrogateEscape.Decode(_path);

    /// <summary>The last name of the path as text.</summary>
    public string Name => PathName[(PathName.LastIndexOf('/') + 1)..];

    /// <summary>Where it was before a rename; empty where that is unknown.</summary>
    public ReadOnlyMemory<byte> SrcPathBytes => _source;

    /// <summary>Where it was before a rename, as text; empty where that is unknown.</summary>
    public string SrcPathName => _sourceName ??= SurrogateEscape.Decode(_source);

    /// <summary>The path of the watch, as it was configured.</summary>
    public string WatchPath => _watchName ??= SurrogateEscape.Decode(_watch);

    /// <summary>Whether it happened to a directory.</summary>
    public bool IsDirectory { get; }

    /// <summary>Joins the two events of a rename; 0: it was none.</summary>
    public uint Cookie { get; }

    /// <summary>The kernel's number of the watched directory; what was found by a scan may have none.</summary>
    public int Wd { get; }

    /// <summary>Returns the event's name and the path.</summary>
    public override string ToString() => MaskName + " " + PathName;
}
