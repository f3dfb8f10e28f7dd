using System;

namespace PyInotifyd.Engine.State;

/// <summary>FNV-1a of 64 bits.</summary>
/// <remarks>Source: Fowler, Noll, Vo; draft-eastlake-fnv.</remarks>
internal static class Checksum
{
    /// <summary>The sum of nothing.</summary>
    public const ulong Start = 0xcbf29ce484222325;

    /// <summary>Returns the sum with one byte more.</summary>
    public static ulong Add(ulong sum, byte b) => (sum ^ b) * 0x100000001b3;

    /// <summary>Returns the sum of bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong sum = Start;
        foreach (byte b in bytes)
        {
            sum = Add(sum, b);
        }

        return sum;
    }
}
