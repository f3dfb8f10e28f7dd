using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.State;

/// <summary>How the reading of a state file went.</summary>
internal enum StateRead
{
    /// <summary>It could be read.</summary>
    Fine,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>It is there and cannot be read, or is none of this version, or is damaged.</summary>
    Bad,

    /// <summary>It is there, and somebody else can have written it: it is not read.</summary>
    Foreign,
}

/// <summary>The state file: what it looks like, and how it is read and written.</summary>
/// <remarks>
/// Lines of words (<see cref="StateWriter"/>), the first of which says what the line is; the first line names the version. A file of another version, or of which a single byte is wrong, is not believed at all.
/// A new file is written beside the old one, brought to the device, and renamed over it: there is always a whole one. It is always made anew: what lies under its name is removed, whoever put it there.
/// What a state file says is done, with the daemon's rights. So one is only read if nobody but root and the daemon's user can have written it, and no link is followed to it.
/// Threads: any, one at a time.
/// </remarks>
internal static class StateFile
{
    private const int Version = 1;
    private const int FileMode = 0x180; // 0600
    private const uint OthersWrite = 0x12; // 022
    private const int LargestBytes = 1 << 30;

    /// <summary>Writes what comes before the tasks.</summary>
    public static void WriteHead(StateWriter writer, in ClockReading clock, long markNs, bool isClean)
    {
        writer.Word("pyinotifyd-state"u8);
        writer.Number(Version);
        writer.EndLine();
        writer.Word("clock"u8);
        writer.Word(Encoding.ASCII.GetBytes(clock.BootId));
        writer.Number(clock.RealtimeNs);
        writer.Number(clock.BootNs);
        writer.EndLine();
        writer.Word("mark"u8);
        writer.Number(markNs);
        writer.Number(isClean ? 1 : 0);
        writer.EndLine();
    }

    /// <summary>Writes a watch.</summary>
    public static void WriteWatch(StateWriter writer, ReadOnlySpan<byte> root)
    {
        writer.Word("watch"u8);
        writer.Word(root);
        writer.EndLine();
    }

    /// <summary>Writes a root that is away.</summary>
    public static void WriteLost(StateWriter writer, ReadOnlySpan<byte> root, ulong key, long sinceNs)
    {
        writer.Word("lost"u8);
        writer.Word(root);
        writer.Hex(key);
        writer.Number(sinceNs);
        writer.EndLine();
    }

    /// <summary>Writes a directory.</summary>
    public static void WriteDirectory(StateWriter writer, ulong key)
    {
        writer.Word("directory"u8);
        writer.Hex(key);
        writer.EndLine();
    }

    /// <summary>Writes a file that somebody may have open for writing; inode 0: not known.</summary>
    public static void WriteOpen(StateWriter writer, ReadOnlySpan<byte> path, ulong inode)
    {
        writer.Word("open"u8);
        writer.Word(path);
        writer.Hex(inode);
        writer.EndLine();
    }

    /// <summary>Writes a task.</summary>
    public static void WriteTask(StateWriter writer, StoredTask task, bool isFailed)
    {
        if (!SurrogateEscape.TryEncode(task.Scheduler, out byte[]? scheduler))
        {
            // Such a name stands for no bytes; the task is found again by its file.
            return;
        }

        writer.Word(isFailed ? "failed"u8 : "task"u8);
        writer.Word(scheduler);
        writer.Hex(task.Id);
        writer.Number((uint)task.Mask);
        writer.Number(task.IsDir ? 1 : 0);
        writer.Number(task.RemainingMs);
        writer.Number(task.AgeMs);
        writer.Number(task.Failures);
        writer.Hex(task.Inode);
        writer.Word(task.WatchPath);
        writer.Word(task.Path);
        writer.Word(task.SrcPath);
        writer.EndLine();
    }

    /// <summary>Reads a file; the errno where that was the reason, else 0.</summary>
    public static StateRead Read(ReadOnlySpan<byte> terminatedPath, out SavedState state, out int error)
    {
        state = new SavedState();
        byte[]? content = Content(terminatedPath, out error);
        if (content is null)
        {
            return error is -Errno.EPERM or -Errno.ELOOP ? StateRead.Foreign : error == -Errno.ENOENT ? StateRead.Missing : StateRead.Bad;
        }

        return TryParse(content, state) ? StateRead.Fine : StateRead.Bad;
    }

    /// <summary>Reads the text of a state file; false where any of it is not as it should be.</summary>
    public static bool TryParse(ReadOnlySpan<byte> content, SavedState state)
    {
        if (!StateLines.TryOpen(content, out StateLines lines) || !lines.MoveNext() || !IsWord(ref lines, "pyinotifyd-state"u8)
            || !lines.Number(out long version) || version != Version || !lines.IsEnd
            || !lines.MoveNext() || !IsWord(ref lines, "clock"u8) || !lines.Word(out byte[] boot) || !lines.Number(out long realtime) || !lines.Number(out long bootTime)
            || !lines.MoveNext() || !IsWord(ref lines, "mark"u8) || !lines.Number(out long mark) || !lines.Count(out int clean))
        {
            return false;
        }

        state.Clock = new ClockReading(Encoding.ASCII.GetString(boot), realtime, bootTime);
        state.MarkNs = mark;
        state.IsClean = clean == 1;
        while (lines.MoveNext())
        {
            if (!lines.Word(out byte[] kind) || !TryParseLine(kind, ref lines, state) || !lines.IsEnd)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes the file that is to become the new one; a descriptor or minus errno.</summary>
    public static int BeginWrite(byte[] path)
    {
        // One that is there is what a killed run has left, or somebody's: a link to another file, a pipe that nobody reads.
        byte[] name = NewName(path);
        int removed = Libc.unlinkat(Libc.AT_FDCWD, name, 0);
        return removed < 0 && removed != -Errno.ENOENT
            ? removed
            : Libc.openat(Libc.AT_FDCWD, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, FileMode);
    }

    /// <summary>Writes all of a span; 0 or minus errno.</summary>
    public static int WriteAll(int fd, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int written = Libc.write(fd, bytes);
            if (written < 0 && written != -Errno.EINTR)
            {
                return written;
            }

            bytes = bytes[Math.Max(written, 0)..];
        }

        return 0;
    }

    /// <summary>Brings the new file to the device and to its name; closes the descriptor; 0 or minus errno.</summary>
    /// <remarks>Cost: as long as the device takes.</remarks>
    public static int EndWrite(byte[] path, int fd)
    {
        int result = Libc.fsync(fd);
        int closed = Libc.close(fd);
        result = result < 0 ? result : closed;
        if (result >= 0)
        {
            result = Libc.renameat2(Libc.AT_FDCWD, NewName(path), Libc.AT_FDCWD, [.. path, 0], 0);
        }

        if (result < 0)
        {
            RemoveNew(path);
            return result;
        }

        int slash = path.AsSpan().LastIndexOf((byte)'/');
        byte[] directory = slash <= 0 ? [(byte)'/', 0] : [.. path.AsSpan(0, slash), 0];
        int dirfd = Libc.openat(Libc.AT_FDCWD, directory, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (dirfd < 0)
        {
            return dirfd;
        }

        // Some file systems cannot, and say EINVAL; the file itself is safe.
        result = Libc.fsync(dirfd);
        _ = Libc.close(dirfd);
        return result == -Errno.EINVAL ? 0 : result;
    }

    /// <summary>Keeps a file that cannot be believed, under another name; 0 or minus errno.</summary>
    public static int PutAside(byte[] path) => Libc.renameat2(Libc.AT_FDCWD, [.. path, 0], Libc.AT_FDCWD, [.. path, .. ".bad\0"u8], 0);

    /// <summary>Removes a file that was begun and could not be finished, for want of room perhaps.</summary>
    public static void RemoveNew(byte[] path) => _ = Libc.unlinkat(Libc.AT_FDCWD, NewName(path), 0);

    private static byte[] NewName(byte[] path) => [.. path, .. ".new\0"u8];

    private static bool IsWord(ref StateLines lines, ReadOnlySpan<byte> expected) => lines.Word(out byte[] word) && expected.SequenceEqual(word);

    private static bool TryParseLine(ReadOnlySpan<byte> kind, ref StateLines lines, SavedState state)
    {
        if (kind.SequenceEqual("watch"u8))
        {
            bool ok = lines.Word(out byte[] root);
            state.Watches.Add(root);
            return ok;
        }

        if (kind.SequenceEqual("lost"u8))
        {
            bool ok = lines.Word(out byte[] root) & lines.Hex(out ulong key) & lines.Number(out long sinceNs);
            state.Lost.Add((root, key, sinceNs));
            return ok;
        }

        if (kind.SequenceEqual("directory"u8))
        {
            bool ok = lines.Hex(out ulong key);
            state.Directories.Add(key);
            return ok;
        }

        if (kind.SequenceEqual("open"u8))
        {
            bool ok = lines.Word(out byte[] open) & lines.Hex(out ulong openInode);
            state.Open.Add(new WatchTree.OpenBefore(open, openInode));
            return ok && open.Length != 0 && open[0] == (byte)'/' && !open.AsSpan().Contains((byte)0);
        }

        bool isFailed = kind.SequenceEqual("failed"u8);
        if (!isFailed && !kind.SequenceEqual("task"u8))
        {
            return false;
        }

        if (!lines.Word(out byte[] scheduler) || !lines.Hex(out ulong id) || !lines.Number(out long mask) || mask is < 0 or > uint.MaxValue || !lines.Count(out int isDir)
            || !lines.Number(out long remaining) || remaining < 0 || !lines.Number(out long age) || age < 0 || !lines.Count(out int failures) || !lines.Hex(out ulong inode)
            || !lines.Word(out byte[] watch) || !lines.Word(out byte[] path) || path.Length == 0 || path[0] != (byte)'/' || path.AsSpan().Contains((byte)0)
            || !lines.Word(out byte[] source))
        {
            return false;
        }

        List<StoredTask> list = isFailed ? state.Failed : state.Tasks;
        list.Add(new StoredTask
        {
            Scheduler = SurrogateEscape.Decode(scheduler),
            Id = id,
            Mask = (EventMask)(uint)mask,
            IsDir = isDir == 1,
            RemainingMs = remaining,
            AgeMs = age,
            Failures = failures,
            Inode = inode,
            WatchPath = watch,
            Path = path,
            SrcPath = source.Length == 0 ? null : source,
        });
        return true;
    }

    private static bool IsForeign(in statx file) =>
        file.Type != Libc.S_IFREG || (file.stx_uid != 0 && file.stx_uid != Libc.geteuid()) || (file.stx_mode & OthersWrite) != 0 || file.stx_nlink > 1;

    private static byte[]? Content(ReadOnlySpan<byte> terminatedPath, out int error)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, terminatedPath, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY);
        error = Math.Min(fd, 0);
        if (fd < 0)
        {
            return null;
        }

        if (Libc.statx(fd, "\0"u8, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out statx file) >= 0 && file.Type != Libc.S_IFDIR && IsForeign(in file))
        {
            error = -Errno.EPERM;
            _ = Libc.close(fd);
            return null;
        }

        byte[] content = new byte[64 * 1024];
        int length = 0;
        int size;
        while ((size = Libc.read(fd, content.AsSpan(length))) > 0 && length < LargestBytes)
        {
            length += size;
            if (length == content.Length)
            {
                Array.Resize(ref content, length * 2);
            }
        }

        _ = Libc.close(fd);
        error = Math.Min(size, 0);
        return size == 0 ? content[..length] : null;
    }
}
