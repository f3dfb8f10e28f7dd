using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Why a file is in the open set.</summary>
internal enum OpenKind : byte
{
    /// <summary>IN_CREATE or IN_MODIFY was read and no IN_CLOSE_WRITE yet.</summary>
    Seen,

    /// <summary>The same, and a look since found that somebody has it open: the close is on its way.</summary>
    Writing,

    /// <summary>A scan found it open for writing: it is looked at again and again.</summary>
    Held,

    /// <summary>A scan found it where no lease is to be had: it is reported once it stays the same.</summary>
    Unsettled,
}

/// <summary>A file that somebody may have open for writing.</summary>
internal struct OpenFile
{
    /// <summary>Its key in the index; not known before it is there.</summary>
    public ulong Key;

    /// <summary>Change time that the file has at least (CLOCK_REALTIME_COARSE).</summary>
    public long SinceNs;

    /// <summary>When it is looked at again, on the monotonic clock; 0: not set yet.</summary>
    public long DueNs;

    /// <summary>Size and times at the last look, hashed.</summary>
    public ulong Print;

    /// <summary>Descriptor of its directory, or of itself where the name is empty; below -1: minus two minus the node of a directory that is not watched.</summary>
    public int Wd;
    public int Previous;
    public int Next;

    /// <summary>The last scan that found it open.</summary>
    public int Scan;
    public int NamePlace;
    public byte NameLength;
    public byte Tries;
    public OpenKind Kind;
}

/// <summary>The open set: files of which a close is still to come.</summary>
/// <remarks>
/// close(2) moves no change time, so after a gap a scan cannot tell the files that were closed in it: those that were open before it are remembered here. Nearly always a file is in the set
/// for the moments between two records. A member is known by its directory's descriptor and its name, which directories above it can be renamed without touching.
/// Bounded: beyond <see cref="Limit"/> the oldest member leaves, and <see cref="ForgottenSinceNs"/> remembers from which change time on a scan finds it.
/// Cost: a hash and a lookup, nothing allocated once the tables have grown; while a file is the last one that a record noted, its records cost one comparison of names, and it gets its place
/// in the table only when another one takes its turn: nearly always its close comes first.   Threads: reactor only.
/// </remarks>
internal sealed class OpenSet
{
    /// <summary>Members at most: about 8 MB.</summary>
    internal const int Limit = 65_536;

    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private readonly Dictionary<ulong, int> _index = [];
    private OpenFile[] _files = [];
    private NameArena _names = new();

    // The member noted last, or -1, and whether it is in the index.
    private int _noted = -1;
    private bool _notedIsIndexed;
    private int _free = -1;
    private int _used;
    private int _last = -1;
    private long _changes;

    /// <summary>Members.</summary>
    public int Count { get; private set; }

    /// <summary>Members that are to be looked at.</summary>
    public int Waiting { get; private set; }

    /// <summary>The member that has been there for longest, -1: none. The others follow by <see cref="OpenFile.Next"/>.</summary>
    public int First { get; private set; } = -1;

    /// <summary>Change times from here on may belong to members that had to leave; <see cref="long.MaxValue"/>: none had to.</summary>
    public long ForgottenSinceNs { get; set; } = long.MaxValue;

    /// <summary>A number that is another one whenever the set is; 0: it is empty.</summary>
    public long Version => Count == 0 && ForgottenSinceNs == long.MaxValue ? 0 : _changes;

    public ref OpenFile this[int file] => ref _files[file];

    /// <summary>Returns the name of a member.</summary>
    public ReadOnlySpan<byte> Name(int file) => _names.Get(_files[file].NamePlace, _files[file].NameLength);

    /// <summary>Returns a member, or -1.</summary>
    public int Find(int wd, ReadOnlySpan<byte> name) => IsNoted(wd, name) ? _noted : FindIndexed(wd, name);

    /// <summary>Notes that a file was created or written, as a record says; one that is a member stays what it is.</summary>
    public void Note(int wd, ReadOnlySpan<byte> name, long sinceNs)
    {
        if (!IsNoted(wd, name))
        {
            NoteAnother(wd, name, sinceNs);
        }
    }

    /// <summary>Puts a file in that a scan found, and returns it.</summary>
    public int Put(int wd, ReadOnlySpan<byte> name, long sinceNs, OpenKind kind)
    {
        int file = Find(wd, name);
        if (file < 0)
        {
            file = Add(wd, name, sinceNs);
            Index(file);
        }

        SetKind(file, kind);
        return file;
    }

    /// <summary>Changes why a member is in the set.</summary>
    public void SetKind(int file, OpenKind kind)
    {
        Waiting += (_files[file].Kind == OpenKind.Writing ? 1 : 0) - (kind == OpenKind.Writing ? 1 : 0);
        _files[file].Kind = kind;
    }

    /// <summary>Notes that a file was closed, or has gone; says whether it was a member.</summary>
    public bool Remove(int wd, ReadOnlySpan<byte> name)
    {
        int file = Find(wd, name);
        if (file < 0)
        {
            return false;
        }

        RemoveAt(file);
        return true;
    }

    /// <summary>Takes a member out.</summary>
    public void RemoveAt(int file)
    {
        ref OpenFile f = ref _files[file];
        bool isIndexed = true;
        if (file == _noted)
        {
            _noted = -1;
            isIndexed = _notedIsIndexed;
        }

        if (isIndexed)
        {
            _index.Remove(f.Key);
        }

        Count--;
        Waiting -= f.Kind == OpenKind.Writing ? 0 : 1;

        if (f.Previous >= 0)
        {
            _files[f.Previous].Next = f.Next;
        }
        else
        {
            First = f.Next;
        }

        if (f.Next >= 0)
        {
            _files[f.Next].Previous = f.Previous;
        }
        else
        {
            _last = f.Previous;
        }

        _names.Release(f.NameLength);
        f.Next = _free;
        _free = file;
        _changes++;
        if (Count == 0)
        {
            Clear();
        }
        else if (_names.Free > 1 << 18 && _names.Free > _names.Used / 2)
        {
            CompactNames();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsNoted(int wd, ReadOnlySpan<byte> name)
    {
        if (_noted < 0)
        {
            return false;
        }

        ref OpenFile f = ref _files[_noted];
        return f.Wd == wd && f.NameLength == name.Length && _names.Get(f.NamePlace, f.NameLength).SequenceEqual(name);
    }

    private int FindIndexed(int wd, ReadOnlySpan<byte> name) => _index.Count != 0 && _index.TryGetValue(KeyOf(wd, name), out int file) ? file : -1;

    private void NoteAnother(int wd, ReadOnlySpan<byte> name, long sinceNs)
    {
        if (_noted >= 0 && !_notedIsIndexed)
        {
            Index(_noted);
        }

        // Not a member's place while another one may have to leave for the new one.
        _noted = -1;
        int file = FindIndexed(wd, name);
        _notedIsIndexed = file >= 0;
        _noted = file >= 0 ? file : Add(wd, name, sinceNs);
    }

    private void Index(int file)
    {
        ref OpenFile f = ref _files[file];
        f.Key = KeyOf(f.Wd, Name(file));
        _index.Add(f.Key, file);
    }

    /// <summary>Makes a member, which the caller puts into the index or keeps as the one noted last.</summary>
    private int Add(int wd, ReadOnlySpan<byte> name, long sinceNs)
    {
        if (Count >= Limit)
        {
            ForgottenSinceNs = Math.Min(ForgottenSinceNs, _files[First].SinceNs);
            RemoveAt(First);
        }

        int file = _free;
        if (file >= 0)
        {
            _free = _files[file].Next;
        }
        else
        {
            file = _used++;
            if (file == _files.Length)
            {
                Array.Resize(ref _files, Math.Max(16, file * 2));
            }
        }

        _files[file] = new OpenFile
        {
            SinceNs = sinceNs,
            Wd = wd,
            Previous = _last,
            Next = -1,
            NamePlace = _names.Add(name),
            NameLength = (byte)name.Length,
        };
        if (_last >= 0)
        {
            _files[_last].Next = file;
        }
        else
        {
            First = file;
        }

        _last = file;
        Count++;
        Waiting++;
        _changes++;
        return file;
    }

    /// <summary>With nothing in it the set starts over: no holes among the names, and after a burst no memory.</summary>
    private void Clear()
    {
        _free = -1;
        _used = 0;
        if (_files.Length > 8192)
        {
            _files = [];
            _index.TrimExcess();
            _names = new NameArena();
        }
        else
        {
            _names.Clear();
        }
    }

    private void CompactNames()
    {
        NameArena names = new();
        for (int file = First; file >= 0; file = _files[file].Next)
        {
            _files[file].NamePlace = names.Add(Name(file));
        }

        _names = names;
    }

    private ulong KeyOf(int wd, ReadOnlySpan<byte> name) => NameHash.Compute(_seed ^ ((ulong)(uint)wd << 20), name) | 1;
}
