using System;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Hashes paths under a secret that is new at each start, so that nobody can make up names that fall into one place of a table.</summary>
internal readonly struct PathHash
{
    private readonly ulong _seed;

    public PathHash(ulong seed)
    {
        _seed = seed;
    }

    /// <summary>Returns the hash of a path, never 0: tables mark their empty places with that.</summary>
    public uint Of(ReadOnlySpan<byte> path)
    {
        ulong hash = NameHash.Compute(_seed, path);
        uint folded = (uint)(hash ^ (hash >> 32));
        return folded == 0 ? 1 : folded;
    }
}
