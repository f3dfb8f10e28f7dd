using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>The files for which there was no room for a task, in bounded memory: a scan finds them again.</summary>
/// <remarks>
/// Kept by inode, so that a rename does not matter: exactly up to a limit, beyond it in a Bloom filter, which never forgets one and now and then takes another file for one of them: that is done twice.
/// Cost: 20 to 40 bytes each, then 4 MiB for all the others.
/// </remarks>
internal sealed class RefusedPaths
{
    private const int FilterBits = 1 << 25;
    private const int Probes = 4;

    private readonly HashSet<ulong> _exact = [];
    private readonly List<byte[]> _roots = [];
    private ulong[]? _filter;

    /// <summary>How many were added.</summary>
    public long Count { get; private set; }

    /// <summary>The oldest change time among them; a scan for all that changed since then finds them too.</summary>
    public long OldestNs { get; private set; } = long.MaxValue;

    /// <summary>The watches' paths that they are below.</summary>
    public IReadOnlyList<byte[]> Roots => _roots;

    public void Add(ulong key, long changedNs, byte[] root, int exactLimit)
    {
        Count++;
        OldestNs = Math.Min(OldestNs, changedNs);
        if (_exact.Count < exactLimit)
        {
            _exact.Add(key);
        }
        else if (!_exact.Contains(key))
        {
            _filter ??= new ulong[FilterBits / 64];
            for (int i = 0; i < Probes; i++)
            {
                int bit = Bit(key, i);
                _filter[bit >> 6] |= 1UL << bit;
            }
        }

        AddRoot(root);
    }

    public bool Contains(ulong key)
    {
        if (_exact.Contains(key))
        {
            return true;
        }

        bool found = _filter is not null;
        for (int i = 0; found && i < Probes; i++)
        {
            int bit = Bit(key, i);
            found = (_filter![bit >> 6] >> bit & 1) != 0;
        }

        return found;
    }

    /// <summary>Forgets one of those that are kept exactly.</summary>
    public void Remove(ulong key) => _exact.Remove(key);

    private void AddRoot(byte[] root)
    {
        foreach (byte[] known in _roots)
        {
            if (ReferenceEquals(known, root) || known.AsSpan().SequenceEqual(root))
            {
                return;
            }
        }

        _roots.Add(root);
    }

    // The keys are hashes already; each probe takes other bits of them.
    private static int Bit(ulong key, int probe) => (int)((key + ((key >> 32 | 1) * (ulong)probe * 0x9E3779B97F4A7C15)) >> 39);
}
