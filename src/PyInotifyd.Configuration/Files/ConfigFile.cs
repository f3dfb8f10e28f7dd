using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Configuration.Files;

/// <summary>Reads the files of a configuration whole.</summary>
/// <remarks>Opened so that an odd path does no harm: a FIFO does not block, a terminal does not become the controlling one, a device is not read.</remarks>
internal static class ConfigFile
{
    private const int MaxBytes = 64 << 20;

    /// <summary>Reads a file and tells which one it is; otherwise says why not, as <c>cannot be read: ENOENT no such file or directory; …</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="trust">Which files are obeyed.</param>
    /// <param name="bytes">What is in it.</param>
    /// <param name="identity">Which file it is.</param>
    /// <param name="doubt">Why it would have been refused, where that was overridden; else null.</param>
    public static string? Read(ReadOnlySpan<byte> path, FileTrust trust, out byte[] bytes, out FileIdentity identity, out string? doubt)
    {
        bytes = [];
        identity = default;
        doubt = null;
        int fd = trust.Open(path, 0, out string? fault);
        if (fd < 0)
        {
            return Complaint(fd);
        }

        try
        {
            if (fault is not null && !trust.IsLenient)
            {
                return Refusal(fault);
            }

            doubt = fault is null ? null : Doubt(fault);
            int result = Libc.statx(fd, "\0"u8, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out statx status);
            if (result < 0)
            {
                return Complaint(result);
            }

            if (status.Type != Libc.S_IFREG)
            {
                return status.Type == Libc.S_IFDIR ? Complaint(-Errno.EISDIR) : "cannot be read: not a regular file; copy what it gives into one";
            }

            identity = new FileIdentity(((ulong)status.stx_dev_major << 32) | status.stx_dev_minor, status.stx_ino);
            return ReadAll(fd, status.stx_size, out bytes);
        }
        finally
        {
            Libc.close(fd);
        }
    }

    /// <summary>Returns <c>refused: what is wrong; remedy</c>.</summary>
    public static string Refusal(string fault) => $"refused, others could change what root runs: {fault}, or accept it with --insecure";

    /// <summary>Returns the warning about a file that is used all the same.</summary>
    public static string Doubt(string fault) => $"accepted with --insecure, others could change what root runs: {fault}";

    /// <summary>Returns <c>cannot be read: ERRNO words; remedy</c>.</summary>
    public static string Complaint(int errno)
    {
        string words = -errno switch
        {
            Errno.ENOENT => " no such file or directory; check the spelling",
            Errno.EACCES => " permission denied; let the daemon's user read it, and pass through all directories above",
            Errno.EISDIR => " is a directory; name a file in it",
            Errno.ENOTDIR => " something above it is not a directory; check the spelling",
            Errno.ELOOP => " too many symbolic links; one of them points at itself",
            Errno.ENAMETOOLONG => " the name is too long",
            Errno.EMFILE or Errno.ENFILE => " too many open files; raise the limit (ulimit -n, fs.file-max)",
            Errno.ENXIO => " a socket or device; name a regular file",
            Errno.EIO => " input/output error; check the disk",
            _ => "",
        };
        return $"cannot be read: {Errno.Name(errno)}{words}";
    }

    private static string? ReadAll(int fd, ulong size, out byte[] bytes)
    {
        const string tooLarge = "cannot be read: larger than 64 MiB; split it up with include";
        bytes = [];
        if (size > MaxBytes)
        {
            return tooLarge;
        }

        // One byte more than expected tells the end without a second buffer; files below /proc say that they have 0.
        byte[] buffer = new byte[Math.Max((int)size + 1, 4096)];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            int got = Libc.read(fd, buffer.AsSpan(length));
            if (got == 0)
            {
                bytes = buffer.AsSpan(0, length).ToArray();
                return null;
            }

            if (got < 0 && got != -Errno.EINTR)
            {
                return Complaint(got);
            }

            length += Math.Max(got, 0);
            if (length > MaxBytes)
            {
                return tooLarge;
            }
        }
    }
}
