using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>What is on the disk, for the section <c>Files</c>: mode, path, owner where it is somebody else, content, where a link leads, which names are one file.</summary>
internal static class FileRows
{
    private const int ShownBytes = 64;

    /// <summary>Returns a row for each name, in the order of <see cref="WatchedInodes.Walk"/>.</summary>
    public static List<string> Of(TempTree tree, ScenarioRecorder recorder)
    {
        byte[] root = Encoding.UTF8.GetBytes(tree.Path);
        List<string> rows = [];
        Dictionary<ulong, string> first = [];
        foreach (TreeEntry entry in WatchedInodes.Walk(tree, ""))
        {
            if (entry.Path.Length == 0)
            {
                continue;
            }

            statx status = entry.Status;
            byte[] path = [.. root, .. entry.Path, 0];
            string shown = recorder.Shown(path.AsSpan(0, path.Length - 1));
            StringBuilder row = new(Convert.ToString(status.stx_mode & 0xFFF, 8).PadLeft(4, '0'));
            row.Append(' ').Append(shown).Append(entry.IsDirectory ? "/" : "");
            if (status.stx_uid != Libc.geteuid() || status.stx_gid != Libc.getegid())
            {
                row.Append(CultureInfo.InvariantCulture, $" owner={status.stx_uid}:{status.stx_gid}");
            }

            if (!entry.IsDirectory && !first.TryAdd(status.stx_ino, shown))
            {
                row.Append(" = ").Append(first[status.stx_ino]);
            }
            else
            {
                row.Append(What(path, status, recorder));
            }

            rows.Add(row.ToString());
        }

        return rows;
    }

    private static string What(byte[] path, statx status, ScenarioRecorder recorder)
    {
        byte[] buffer = new byte[4096];
        switch (status.Type)
        {
            case Libc.S_IFDIR:
                return "";
            case Libc.S_IFLNK:
                ReadOnlySpan<byte> target = buffer.AsSpan(0, Libc.readlinkat(Libc.AT_FDCWD, path, buffer));
                return " → " + (target.StartsWith("/"u8) ? recorder.Shown(target) : Encoding.Latin1.GetString(target));
            case Libc.S_IFREG:
                int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC);
                int size = Libc.read(fd, buffer);
                _ = Libc.close(fd);
                string text = Encoding.Latin1.GetString(buffer, 0, Math.Min(Math.Max(size, 0), ShownBytes)).TrimEnd('\n').Replace("\n", "\\n", StringComparison.Ordinal);
                return text.Length == 0 ? "" : ": " + text;
            case Libc.S_IFIFO:
                return " FIFO";
            case Libc.S_IFSOCK:
                return " socket";
            default:
                return " device";
        }
    }
}
