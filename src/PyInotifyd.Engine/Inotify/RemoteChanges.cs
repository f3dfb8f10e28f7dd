using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Finds what has changed on a file system whose times are those of another host.</summary>
/// <remarks>
/// The local clock says nothing about such times. What counts is the newest change time that was seen there: whatever is not older than that may have changed since, and is reported when one scan
/// finds it as the scan before did, unchanged for a whole interval; nobody can be asked whether it is still being written. Remembered are only entries about as new as the newest.
/// The first scan reports nothing.   Threads: reactor only.
/// </remarks>
internal sealed class RemoteChanges
{
    /// <summary>Times may be whole seconds, and several servers differ a little.</summary>
    private const long SlackNs = 2_000_000_000;

    private Dictionary<ulong, Entry> _seen = [];
    private Dictionary<ulong, Entry> _next = [];
    private bool _hasBaseline;
    private long _newestNs = long.MinValue;
    private long _oldestWaitingNs = long.MaxValue;

    private readonly record struct Entry(long ChangedNs, bool IsReported);

    /// <summary>Change times from here on are looked at.</summary>
    public long SinceNs { get; private set; } = long.MinValue;

    /// <summary>Begins a scan.</summary>
    public void Begin()
    {
        _next = [];
        _oldestWaitingNs = long.MaxValue;
    }

    /// <summary>Says whether an entry, of which the path's hash is given, is to be reported now.</summary>
    /// <param name="path">The hash.</param>
    /// <param name="found">What it looks like.</param>
    /// <param name="isReported">It is reported in any case, and is only to be remembered.</param>
    public bool IsDue(ulong path, in statx found, bool isReported = false)
    {
        long changedNs = found.stx_ctime.Nanoseconds;
        _newestNs = Math.Max(_newestNs, changedNs);
        if (_hasBaseline && changedNs < SinceNs)
        {
            return false;
        }

        ulong key = ((((path * 0x9E3779B97F4A7C15) ^ (ulong)changedNs) * 0xD6E8FEB86659FD93) ^ found.stx_size) * 0x9E3779B97F4A7C15 ^ (ulong)found.stx_mtime.Nanoseconds;
        bool wasSeen = _seen.TryGetValue(key, out Entry before);
        _next[key] = new Entry(changedNs, wasSeen || isReported || !_hasBaseline);
        if (!wasSeen && !isReported && _hasBaseline)
        {
            _oldestWaitingNs = Math.Min(_oldestWaitingNs, changedNs);
        }

        return wasSeen && !before.IsReported;
    }

    /// <summary>Ends a scan.</summary>
    public void End()
    {
        long fromNs = Math.Min(_newestNs, _oldestWaitingNs);
        SinceNs = fromNs == long.MinValue ? fromNs : fromNs - SlackNs;
        _seen = [];
        foreach ((ulong key, Entry entry) in _next)
        {
            if (entry.ChangedNs >= SinceNs)
            {
                _seen.Add(key, entry);
            }
        }

        _next = [];
        _hasBaseline = true;
    }
}
