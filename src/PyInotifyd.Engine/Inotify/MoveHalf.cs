using System;

namespace PyInotifyd.Engine.Inotify;

/// <summary>The source of a rename as one watch saw it.</summary>
internal struct MoveSource
{
    /// <summary>Index of the watch.</summary>
    public int Watch;

    /// <summary>Node of the directory that the entry left.</summary>
    public int Parent;

    /// <summary>Node of the directory that moved; -1: a file, or not watched.</summary>
    public int Node;

    /// <summary>Node that may have moved in its place: it was pushed aside by a rename onto this very name; -1: none.</summary>
    public int Displaced;

    /// <summary>Where the entry was; the buffer is reused, only <see cref="PathLength"/> bytes count.</summary>
    public byte[] Path;

    /// <summary>Bytes of <see cref="Path"/>.</summary>
    public int PathLength;

    /// <summary>The path as a span.</summary>
    public readonly ReadOnlySpan<byte> PathBytes => Path.AsSpan(0, PathLength);

    /// <summary>The last component of the path.</summary>
    public readonly ReadOnlySpan<byte> Name => PathBytes[(PathBytes.LastIndexOf((byte)'/') + 1)..];
}

/// <summary>A MOVED_FROM that waits for its MOVED_TO: one source for each watch that saw it.</summary>
internal sealed class MoveHalf
{
    private MoveSource[] _sources = new MoveSource[1];

    /// <summary>Cookie of the rename; 0: free.</summary>
    public uint Cookie;

    /// <summary>Descriptor of the directory that the entry left.</summary>
    public int Wd;

    /// <summary>Where what moved is a file of the open set: why it is in there.</summary>
    public OpenKind? OpenKind;

    /// <summary>The change time that this file has at least.</summary>
    public long OpenSinceNs;

    /// <summary>Number of sources.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a directory that is watched hangs on it.</summary>
    public bool HoldsNodes
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                if (_sources[i].Node >= 0 || _sources[i].Displaced >= 0)
                {
                    return Cookie != 0;
                }
            }

            return false;
        }
    }

    /// <summary>Returns a source.</summary>
    public ref MoveSource this[int index] => ref _sources[index];

    /// <summary>Empties it for a new rename.</summary>
    public void Reset(uint cookie, int wd)
    {
        Cookie = cookie;
        Wd = wd;
        Count = 0;
        OpenKind = null;
    }

    /// <summary>Adds a source.</summary>
    public void Add(int watch, int parent, int node, int displaced, ReadOnlySpan<byte> path)
    {
        if (Count == _sources.Length)
        {
            Array.Resize(ref _sources, Count * 2);
        }

        ref MoveSource source = ref _sources[Count++];
        source.Watch = watch;
        source.Parent = parent;
        source.Node = node;
        source.Displaced = displaced;
        if (source.Path is null || source.Path.Length < path.Length)
        {
            source.Path = new byte[Math.Max(256, path.Length * 2)];
        }

        path.CopyTo(source.Path);
        source.PathLength = path.Length;
    }

    /// <summary>Returns the index of the source of a watch, or -1.</summary>
    public int Find(int watch)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_sources[i].Watch == watch)
            {
                return i;
            }
        }

        return -1;
    }
}
