using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Remembers, until the kernel's queue has been read past the moment, what scans already reported and what the daemon itself looked at.</summary>
/// <remarks>
/// A scan sees what is there now; the queue may still hold the events that made it so. Their creation must not be reported twice, a directory that was added meanwhile must be
/// checked before it is believed (<see cref="NodeFlags.Fresh"/>), and opens that the scan itself caused are not news. «Past the moment» is exact: bytes read from the queue
/// plus the bytes in it (FIONREAD) when the scan ended, compared with the bytes handled. Keys are 64-bit seeded hashes, so a name costs no copy.
/// Threads: reactor only.
/// </remarks>
internal sealed class QueueMemory
{
    private readonly Dictionary<ulong, int> _keys = [];
    private readonly Queue<Entry> _entries = new();
    private readonly List<Entry> _open = [];
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private int _scan;

    private readonly record struct Entry(long Horizon, ulong Key, int Scan, int Node, int Wd);

    /// <summary>Whether nothing is remembered.</summary>
    public bool IsEmpty => _entries.Count == 0 && _open.Count == 0;

    /// <summary>Whether any name is remembered.</summary>
    public bool HasNames => _keys.Count != 0;

    /// <summary>Remembers that a name was reported to a watch as created.</summary>
    public void AddReported(int wd, int watch, ReadOnlySpan<byte> name) => AddKey(ReportedKey(wd, watch, name));

    /// <summary>Remembers that the daemon itself opens an entry (or, with an empty name, the directory).</summary>
    public void AddLook(int wd, ReadOnlySpan<byte> name) => AddKey(LookKey(wd, name));

    /// <summary>Remembers that a node is fresh.</summary>
    public void AddFresh(int node, int wd) => _open.Add(new Entry(0, 0, 0, node, wd));

    /// <summary>Says whether a creation was reported, and forgets it: the next one of that name is another.</summary>
    public bool TakeReported(int wd, int watch, ReadOnlySpan<byte> name) => _keys.Count != 0 && _keys.Remove(ReportedKey(wd, watch, name));

    /// <summary>Says whether a creation was reported.</summary>
    public bool IsReported(int wd, int watch, ReadOnlySpan<byte> name) => _keys.Count != 0 && _keys.ContainsKey(ReportedKey(wd, watch, name));

    /// <summary>Says whether the daemon itself has opened an entry.</summary>
    public bool IsOwnLook(int wd, ReadOnlySpan<byte> name) => _keys.Count != 0 && _keys.ContainsKey(LookKey(wd, name));

    /// <summary>Ends a scan: what was added since the last call is remembered until the queue has been handled up to <paramref name="horizon"/>.</summary>
    public void Close(long horizon)
    {
        foreach (Entry entry in _open)
        {
            _entries.Enqueue(entry with { Horizon = horizon });
        }

        _scan++;
        _open.Clear();
        if (_open.Capacity > 4096)
        {
            _open.TrimExcess();
        }
    }

    /// <summary>Forgets what the queue has been handled past; fresh nodes are believed from now on.</summary>
    public void Expire(long handled, NodeTable nodes)
    {
        while (_entries.TryPeek(out Entry entry) && entry.Horizon <= handled)
        {
            _entries.Dequeue();
            if (entry.Key != 0)
            {
                // A later scan that found the same name again remembers it for longer.
                if (_keys.TryGetValue(entry.Key, out int scan) && scan == entry.Scan)
                {
                    _keys.Remove(entry.Key);
                }
            }
            else if (nodes[entry.Node].Wd == entry.Wd)
            {
                nodes[entry.Node].Flags &= ~NodeFlags.Fresh;
            }
        }

        if (_entries.Count == 0 && _keys.Capacity > 4096)
        {
            _entries.TrimExcess();
            _keys.TrimExcess();
        }
    }

    private void AddKey(ulong key)
    {
        if (!_keys.TryGetValue(key, out int scan) || scan != _scan)
        {
            _keys[key] = _scan;
            _open.Add(new Entry(0, key, _scan, 0, 0));
        }
    }

    private ulong ReportedKey(int wd, int watch, ReadOnlySpan<byte> name) => NameHash.Compute(_seed ^ ((ulong)(uint)wd << 20) ^ (ulong)(uint)(watch + 1), name) | 1;

    private ulong LookKey(int wd, ReadOnlySpan<byte> name) => NameHash.Compute(~_seed ^ ((ulong)(uint)wd << 20), name) | 1;
}
