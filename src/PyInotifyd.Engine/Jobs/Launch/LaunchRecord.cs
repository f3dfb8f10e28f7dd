using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Launch;

/// <summary>The memory file in which the daemon tells the launcher what to do, and the launcher how far it got.</summary>
/// <remarks>
/// A file and not a pipe: nobody ever waits, and it holds any length of arguments. The launcher writes its step before it executes the program; the daemon looks when the process has ended, so a program's own
/// exit status is never mistaken for the launcher's. The program does not inherit it.
/// Shape: header of <see cref="HeaderBytes"/> bytes (magic, step, errno, flags, uid, gid, nice, number of groups, lengths of directory, PATH and arguments), groups, then the three texts; little endian as the machine.
/// </remarks>
internal static class LaunchRecord
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 48;

    /// <summary>Flag: groups, gid and uid are set.</summary>
    public const int SetsIdentity = 1;

    /// <summary>Flag: no capability is left.</summary>
    public const int DropsCapabilities = 2;

    /// <summary>Flag: no_new_privs is set.</summary>
    public const int SetsNoNewPrivs = 4;

    private const int StepOffset = 8;
    private const int ArgvLengthOffset = 44;

    // The last digit changes with the layout, in case the binary is replaced while a daemon runs.
    private static ReadOnlySpan<byte> Magic => "pyinoti1"u8;

    /// <summary>Makes a record and returns its descriptor, or minus errno.</summary>
    /// <param name="prefix">What <see cref="Prefix"/> returned.</param>
    /// <param name="argv">Arguments, each ended by NUL.</param>
    public static int Create(byte[] prefix, ReadOnlySpan<byte> argv)
    {
        int fd = Libc.memfd_create("launch\0"u8, Libc.MFD_CLOEXEC);
        if (fd < 0)
        {
            return fd;
        }

        BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(ArgvLengthOffset), argv.Length);
        int result = Libc.pwrite(fd, prefix, 0);
        result = result < 0 ? result : result < prefix.Length ? -Errno.ENOMEM : Libc.pwrite(fd, argv, prefix.Length);
        if (result == argv.Length)
        {
            return fd;
        }

        _ = Libc.close(fd);
        return result < 0 ? result : -Errno.ENOMEM;
    }

    /// <summary>Returns the part of a record that is the same for all starts of a job.</summary>
    /// <param name="flags">What is done.</param>
    /// <param name="runAs">Who it runs as; null: as now.</param>
    /// <param name="nice">Niceness that is added.</param>
    /// <param name="directory">Directory, ended by NUL.</param>
    /// <param name="path">PATH, without NUL.</param>
    public static byte[] Prefix(int flags, RunAsSpec? runAs, int nice, ReadOnlySpan<byte> directory, ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<uint> groups = runAs is null ? default : runAs.Groups.AsSpan();
        byte[] record = new byte[HeaderBytes + (groups.Length * sizeof(uint)) + directory.Length + path.Length];
        Magic.CopyTo(record);
        Span<int> header = MemoryMarshal.Cast<byte, int>(record.AsSpan(0, HeaderBytes));
        (header[4], header[5], header[6]) = (flags, (int)(runAs?.Uid ?? 0), (int)(runAs?.Gid ?? 0));
        (header[7], header[8], header[9], header[10]) = (nice, groups.Length, directory.Length, path.Length);
        Span<byte> rest = record.AsSpan(HeaderBytes);
        MemoryMarshal.AsBytes(groups).CopyTo(rest);
        directory.CopyTo(rest[(groups.Length * sizeof(uint))..]);
        path.CopyTo(rest[((groups.Length * sizeof(uint)) + directory.Length)..]);
        return record;
    }

    /// <summary>Reads a whole record; null where the descriptor holds none.</summary>
    public static byte[]? Read(int fd)
    {
        byte[] buffer = new byte[HeaderBytes];
        if (Libc.pread(fd, buffer, 0) != HeaderBytes || !buffer.AsSpan().StartsWith(Magic))
        {
            return null;
        }

        ReadOnlySpan<int> header = MemoryMarshal.Cast<byte, int>(buffer);
        long length = HeaderBytes + ((long)header[8] * sizeof(uint)) + header[9] + header[10] + header[11];
        if (header[8] < 0 || header[9] <= 0 || header[10] < 0 || header[11] <= 0 || length > int.MaxValue)
        {
            return null;
        }

        byte[] record = new byte[length];
        int size = 0;
        int got;
        while (size < length && (got = Libc.pread(fd, record.AsSpan(size), size)) > 0)
        {
            size += got;
        }

        return size == length ? record : null;
    }

    /// <summary>Writes how far the launcher got.</summary>
    public static void Report(int fd, LaunchStep step, int errno)
    {
        Span<int> report = [(int)step, errno];
        _ = Libc.pwrite(fd, MemoryMarshal.AsBytes(report), StepOffset);
    }

    /// <summary>Reads how far the launcher got.</summary>
    public static LaunchStep ReadReport(int fd, out int errno)
    {
        Span<int> report = stackalloc int[2];
        bool isWhole = Libc.pread(fd, MemoryMarshal.AsBytes(report), StepOffset) == report.Length * sizeof(int);
        errno = isWhole ? report[1] : 0;
        return isWhole && report[0] is >= 0 and <= (int)LaunchStep.Done ? (LaunchStep)report[0] : LaunchStep.None;
    }
}
