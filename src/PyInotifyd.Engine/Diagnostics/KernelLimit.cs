using System;
using System.Buffers.Text;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Names the limits of the kernel that stand in the way, with the values that they have now.</summary>
/// <remarks>Threads: any.   Cost: a few system calls; for messages, not for every try.</remarks>
internal static class KernelLimit
{
    private const int LongestPath = 4096;

    /// <summary>Returns a number that a file of /proc or of a control group holds; <see cref="long.MaxValue"/> where there is none (<c>max</c>) or it cannot be read.</summary>
    public static long Read(ReadOnlySpan<byte> terminatedPath)
    {
        Span<byte> text = stackalloc byte[32];
        int size = ReadText(terminatedPath, text);
        return size > 0 && Utf8Parser.TryParse(text[..size], out long number, out _) ? number : long.MaxValue;
    }

    /// <summary>Returns how many files this process may have open, in words; empty where that cannot be asked.</summary>
    public static string OpenFiles() => Libc.getrlimit(Libc.RLIMIT_NOFILE, out rlimit limit) < 0 ? "" : " (RLIMIT_NOFILE is " + limit.rlim_cur.ToString() + ")";

    /// <summary>Returns how many files the machine may have open, in words.</summary>
    public static string AllFiles() => Value("fs.file-max is ", Read("/proc/sys/fs/file-max\0"u8)) is { Length: > 0 } value ? " (" + value + ")" : "";

    /// <summary>Returns the limits of which one keeps the daemon from another process or thread, in words: those that there are.</summary>
    public static string Processes()
    {
        StringBuilder text = new();
        if (Libc.getrlimit(Libc.RLIMIT_NPROC, out rlimit limit) >= 0 && limit.rlim_cur < int.MaxValue)
        {
            Append(text, Value("RLIMIT_NPROC is ", (long)limit.rlim_cur));
        }

        Append(text, Value("pids.max of the control group is ", PidsMax()));
        Append(text, Value("kernel.pid_max is ", Read("/proc/sys/kernel/pid_max\0"u8)));
        return text.Length == 0 ? "" : " (" + text.ToString() + ")";
    }

    /// <summary>Returns the smallest limit of processes of the control groups (version 2) that this process is in.</summary>
    private static long PidsMax()
    {
        byte[] groups = new byte[LongestPath];
        ReadOnlySpan<byte> text = groups.AsSpan(0, Math.Max(ReadText("/proc/self/cgroup\0"u8, groups), 0));
        int at = text.IndexOf("0::"u8);
        if (at < 0)
        {
            return long.MaxValue;
        }

        ReadOnlySpan<byte> group = text[(at + 3)..];
        int end = group.IndexOf((byte)'\n');
        group = end < 0 ? group : group[..end];
        long smallest = long.MaxValue;
        while (group.Length > 1)
        {
            smallest = Math.Min(smallest, Read([.. "/sys/fs/cgroup"u8, .. group, .. "/pids.max\0"u8]));
            group = group[..Math.Max(group.LastIndexOf((byte)'/'), 0)];
        }

        return smallest;
    }

    private static string Value(string name, long value) => value == long.MaxValue ? "" : name + value.ToString();

    private static void Append(StringBuilder text, string value) => text.Append(text.Length == 0 || value.Length == 0 ? "" : ", ").Append(value);

    private static int ReadText(ReadOnlySpan<byte> terminatedPath, Span<byte> text)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, terminatedPath, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (fd < 0)
        {
            return fd;
        }

        int size = Libc.read(fd, text);
        _ = Libc.close(fd);
        return size;
    }
}
