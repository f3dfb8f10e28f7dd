using System;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Threading;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Paths;

/// <summary>The names of files that are being copied: how they are made, and how they are told apart so that no watch reports them.</summary>
/// <remarks>
/// A named one is <c>.pyinotifyd.</c>, sixteen hexadecimal digits, <c>.tmp</c>. An unnamed one (O_TMPFILE) has events too: the kernel calls it <c>#</c> and its inode number, so the
/// numbers of the last ones are remembered; more of them than the ring holds do not fit between a copy and the reading of its events.
/// Threads: any; the names belong to the whole process.
/// </remarks>
public static class TemporaryNames
{
    /// <summary>Bytes of a name, without NUL.</summary>
    public const int Length = 32;

    private const int RingSize = 16384;

    private static ulong[]? s_unnamed;
    private static int s_next;
    private static int s_making;

    private static ReadOnlySpan<byte> Prefix => ".pyinotifyd."u8;

    private static ReadOnlySpan<byte> Suffix => ".tmp"u8;

    /// <summary>Returns a new name, ended by NUL.</summary>
    public static byte[] Create()
    {
        byte[] name = new byte[Length + 1];
        Prefix.CopyTo(name);
        Span<byte> random = stackalloc byte[8];
        if (Libc.getrandom(random, 0) != random.Length)
        {
            BitConverter.TryWriteBytes(random, Environment.TickCount64 * 0x5851F42D4C957F2D);
        }

        for (int i = 0; i < 8; i++)
        {
            name[Prefix.Length + (2 * i)] = "0123456789abcdef"u8[random[i] >> 4];
            name[Prefix.Length + (2 * i) + 1] = "0123456789abcdef"u8[random[i] & 15];
        }

        Suffix.CopyTo(name.AsSpan(Prefix.Length + 16));
        return name;
    }

    /// <summary>Says that an unnamed file is about to be made, whose number is not known yet, though events of it may be read; until <see cref="EndUnnamed"/> any name of that form is one.</summary>
    public static void BeginUnnamed() => Interlocked.Increment(ref s_making);

    /// <summary>Says that it has been made, or not, and has been noted.</summary>
    public static void EndUnnamed() => Interlocked.Decrement(ref s_making);

    /// <summary>Remembers the inode number of an unnamed file.</summary>
    public static void NoteUnnamed(ulong inode)
    {
        ulong[] ring = LazyInitializer.EnsureInitialized(ref s_unnamed, static () => new ulong[RingSize]);
        Volatile.Write(ref ring[(Interlocked.Increment(ref s_next) & int.MaxValue) % RingSize], inode);
    }

    /// <summary>Whether the last component of a path is a temporary name.</summary>
    /// <remarks>Cost: two looks at the path for all names that start with neither a dot nor a hash.</remarks>
    public static bool Is(ReadOnlySpan<byte> path) => IsName(path[(path.LastIndexOf((byte)'/') + 1)..]);

    /// <summary>Whether a name, without directories, is a temporary one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsName(ReadOnlySpan<byte> name) => !name.IsEmpty && name[0] is (byte)'.' or (byte)'#' && (name[0] == (byte)'.' ? IsNamed(name) : IsUnnamed(name));

    private static bool IsNamed(ReadOnlySpan<byte> name)
    {
        if (name.Length != Length || !name.StartsWith(Prefix) || !name.EndsWith(Suffix))
        {
            return false;
        }

        return name.Slice(Prefix.Length, 16).IndexOfAnyExcept("0123456789abcdef"u8) < 0;
    }

    private static bool IsUnnamed(ReadOnlySpan<byte> name)
    {
        if (name.Length < 2 || !Utf8Parser.TryParse(name[1..], out ulong inode, out int used) || used != name.Length - 1)
        {
            return false;
        }

        // In this order: what is no longer being made has been noted.
        return Volatile.Read(ref s_making) > 0 || (Volatile.Read(ref s_unnamed) is { } ring && ring.AsSpan().Contains(inode));
    }
}
