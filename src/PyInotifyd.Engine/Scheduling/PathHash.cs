using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Hashes paths under a secret that is new at each start, so that nobody can make up names that fall into one place of a table.</summary>
/// <remarks>
/// Cost: about one multiplication per 16 bytes; no allocation.
/// Source: the multiply-and-fold step is that of Wang Yi's wyhash.
/// </remarks>
internal readonly struct PathHash
{
    private readonly ulong _first;
    private readonly ulong _second;

    public PathHash(ulong first, ulong second)
    {
        _first = first;
        _second = second;
    }

    /// <summary>Returns the hash of a path, never 0: tables mark their empty places with that.</summary>
    public uint Of(ReadOnlySpan<byte> path)
    {
        ulong hash = _first ^ ((ulong)path.Length * 0x9E3779B97F4A7C15);
        ReadOnlySpan<byte> rest = path;
        while (rest.Length >= 16)
        {
            hash = Fold(BinaryPrimitives.ReadUInt64LittleEndian(rest) ^ _second, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]) ^ hash);
            rest = rest[16..];
        }

        ulong low;
        ulong high = 0;
        if (rest.Length >= 8)
        {
            low = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            high = Short(rest[8..]);
        }
        else
        {
            low = Short(rest);
        }

        hash = Fold(low ^ _second, high ^ hash);
        hash = Fold(hash ^ _first, _second ^ 0xE7037ED1A0B428DB);
        uint result = (uint)(hash ^ (hash >> 32));
        return result == 0 ? 1 : result;
    }

    private static ulong Short(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)bytes[i] << (i * 8);
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }
}
