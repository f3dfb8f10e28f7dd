using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Reads which file systems are mounted where.</summary>
/// <remarks>Source: proc_pid_mountinfo(5).</remarks>
internal static class MountTable
{
    private static readonly string[] s_pseudo =
    [
        "proc", "sysfs", "debugfs", "tracefs", "securityfs", "cgroup", "cgroup2", "pstore", "bpf", "configfs", "devpts", "mqueue", "hugetlbfs", "fusectl", "efivarfs",
        "binfmt_misc", "selinuxfs", "nsfs", "rpc_pipefs", "autofs",
    ];

    /// <summary>Returns the mount points of file systems that hold no files of users, as escaped text; none where /proc is absent.</summary>
    public static List<string> PseudoFileSystems()
    {
        List<string> found = [];
        foreach (string line in ReadLines())
        {
            // 36 35 98:0 /root /mount/point options [optional…] - type source super-options
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (dash > 4 && dash + 1 < fields.Length && Array.IndexOf(s_pseudo, fields[dash + 1]) >= 0)
            {
                found.Add(Unescape(fields[4]));
            }
        }

        return found;
    }

    /// <summary>Returns all mount points; none where /proc is absent.</summary>
    public static List<string> All()
    {
        List<string> found = [];
        foreach (string line in ReadLines())
        {
            string[] fields = line.Split(' ', 6);
            if (fields.Length == 6)
            {
                found.Add(Unescape(fields[4]));
            }
        }

        return found;
    }

    /// <summary>Returns all mounts, the number of each, a blank and its mount point; none where /proc is absent.</summary>
    public static List<string> Entries()
    {
        List<string> found = [];
        foreach (string line in ReadLines())
        {
            string[] fields = line.Split(' ', 6);
            if (fields.Length == 6)
            {
                found.Add(fields[0] + " " + Unescape(fields[4]));
            }
        }

        return found;
    }

    private static string[] ReadLines()
    {
        int fd = Libc.openat(Libc.AT_FDCWD, "/proc/self/mountinfo\0"u8, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (fd < 0)
        {
            return [];
        }

        PathBuilder text = new();
        byte[] buffer = new byte[4096];
        int size;
        while ((size = Libc.read(fd, buffer)) > 0)
        {
            text.Append(buffer.AsSpan(0, size));
        }

        _ = Libc.close(fd);
        return SurrogateEscape.Decode(text.Bytes).Split('\n');
    }

    /// <summary>Blank, tab, newline and backslash stand as three octal digits after a backslash.</summary>
    private static string Unescape(string field)
    {
        int at;
        int from = 0;
        while ((at = field.IndexOf('\\', from)) >= 0 && at + 3 < field.Length)
        {
            int code = ((field[at + 1] - '0') * 64) + ((field[at + 2] - '0') * 8) + (field[at + 3] - '0');
            field = string.Concat(field.AsSpan(0, at), [(char)code], field.AsSpan(at + 4));
            from = at + 1;
        }

        return field;
    }
}
