using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Which file it is: device and inode.</summary>
internal readonly struct FileIdentity(ulong device, ulong inode) : IEquatable<FileIdentity>
{
    public ulong Device { get; } = device;

    public ulong Inode { get; } = inode;

    public static FileIdentity Of(in statx file) => new(((ulong)file.stx_dev_major << 32) | file.stx_dev_minor, file.stx_ino);

    public bool Equals(FileIdentity other) => Inode == other.Inode && Device == other.Device;

    public override bool Equals(object? obj) => obj is FileIdentity other && Equals(other);

    public override int GetHashCode() => (int)(Inode ^ (Inode >> 32) ^ (Device * 31));
}
