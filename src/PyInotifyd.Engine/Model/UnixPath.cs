using System;

namespace PyInotifyd.Engine.Model;

/// <summary>A path as the kernel has it: bytes without NUL, compared byte by byte.</summary>
/// <remarks>Owns: the array given to the constructor, which must not change afterwards.</remarks>
public readonly struct UnixPath : IEquatable<UnixPath>
{
    private readonly byte[]? _bytes;

    /// <summary>Wraps the bytes.</summary>
    public UnixPath(byte[] bytes)
    {
        _bytes = bytes;
    }

    /// <summary>The bytes, without NUL.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether it holds nothing.</summary>
    public bool IsEmpty => _bytes is null || _bytes.Length == 0;

    /// <summary>Returns the bytes as an array of its own.</summary>
    public byte[] ToArray() => Bytes.ToArray();

    /// <inheritdoc/>
    public bool Equals(UnixPath other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UnixPath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>Whether both are the same bytes.</summary>
    public static bool operator ==(UnixPath left, UnixPath right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(UnixPath left, UnixPath right) => !left.Equals(right);
}
