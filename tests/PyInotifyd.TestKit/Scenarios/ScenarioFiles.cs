using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>The file operations of scripts: one system call each, or the fewest that do it, in a fixed order.</summary>
/// <remarks>Paths are words of the script, with the temporary directory as the root.</remarks>
internal sealed class ScenarioFiles : IDisposable
{
    private const uint RenameExchange = 2;
    private const uint RenameNoReplace = 1;

    private readonly byte[] _root;
    private readonly Dictionary<string, int> _open = [];

    public ScenarioFiles(byte[] root)
    {
        _root = root;

        // Modes are shown.
        _ = NativeFiles.umask(0x12);
    }

    /// <summary>Returns the true path of a word, with a NUL.</summary>
    public byte[] PathOf(string word)
    {
        if (!word.StartsWith('/'))
        {
            throw new ScenarioException($"'{word}' is not an absolute path");
        }

        return word == "/" ? [.. _root, 0] : [.. _root, .. Words.Bytes(word), 0];
    }

    public void Put(string path, string content, int flags)
    {
        int fd = Check(Libc.openat(Libc.AT_FDCWD, PathOf(path), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_CLOEXEC | flags, 0x1b6), "open", path);
        if (content.Length != 0)
        {
            Check(Libc.write(fd, Words.Bytes(content)), "write", path);
        }

        _ = Libc.close(fd);
    }

    public void Read(string path)
    {
        int fd = Check(Libc.openat(Libc.AT_FDCWD, PathOf(path), Libc.O_RDONLY | Libc.O_CLOEXEC), "open", path);
        Check(Libc.read(fd, new byte[4096]), "read", path);
        _ = Libc.close(fd);
    }

    public void Open(string path, string name, bool read)
    {
        int flags = read ? Libc.O_RDONLY : Libc.O_WRONLY | Libc.O_CREAT;
        _open.Add(name, Check(Libc.openat(Libc.AT_FDCWD, PathOf(path), flags | Libc.O_CLOEXEC, 0x1b6), "open", path));
    }

    public void Write(string name, string content) => Check(Libc.write(_open[name], Words.Bytes(content)), "write", name);

    public void Close(string name)
    {
        _ = Libc.close(_open[name]);
        _open.Remove(name);
    }

    public void MakeDirectory(string path, bool parents)
    {
        for (int end = path.IndexOf('/', 1); parents && end > 0; end = path.IndexOf('/', end + 1))
        {
            if (NativeFiles.mkdirat(Libc.AT_FDCWD, PathOf(path[..end]), 0x1ff) != 0 && Marshal.GetLastPInvokeError() != Errno.EEXIST)
            {
                CheckLast(-1, "mkdir", path);
            }
        }

        CheckLast(NativeFiles.mkdirat(Libc.AT_FDCWD, PathOf(path), 0x1ff), "mkdir", path);
    }

    public void Rename(string from, string to, bool exchange, bool noReplace)
    {
        uint flags = exchange ? RenameExchange : noReplace ? RenameNoReplace : 0;
        CheckLast(NativeFiles.renameat2(Libc.AT_FDCWD, PathOf(from), Libc.AT_FDCWD, PathOf(to), flags), "rename", from);
    }

    public void Remove(string path) => CheckLast(NativeFiles.unlinkat(Libc.AT_FDCWD, PathOf(path), 0), "unlink", path);

    public void RemoveDirectory(string path) => CheckLast(NativeFiles.unlinkat(Libc.AT_FDCWD, PathOf(path), Libc.AT_REMOVEDIR), "rmdir", path);

    public void RemoveTree(string path)
    {
        foreach ((string name, bool isDir) in Names(path))
        {
            if (isDir)
            {
                RemoveTree(path + "/" + name);
            }
            else
            {
                Remove(path + "/" + name);
            }
        }

        RemoveDirectory(path);
    }

    public void CopyTree(string from, string to)
    {
        MakeDirectory(to, parents: false);
        foreach ((string name, bool isDir) in Names(from))
        {
            if (isDir)
            {
                CopyTree(from + "/" + name, to + "/" + name);
            }
            else
            {
                Put(to + "/" + name, "copy", 0);
            }
        }
    }

    public void Link(string existing, string path) =>
        CheckLast(NativeFiles.linkat(Libc.AT_FDCWD, PathOf(existing), Libc.AT_FDCWD, PathOf(path), 0), "link", path);

    public void Symlink(string target, string path)
    {
        byte[] text = target.StartsWith('/') ? PathOf(target) : [.. Words.Bytes(target), 0];
        CheckLast(NativeFiles.symlinkat(text, Libc.AT_FDCWD, PathOf(path)), "symlink", path);
    }

    public void SetMode(string mode, string path) =>
        CheckLast(NativeFiles.fchmodat(Libc.AT_FDCWD, PathOf(path), Convert.ToUInt32(mode, 8), 0), "chmod", path);

    public void SetOwner(string owner, string path)
    {
        int colon = owner.IndexOf(':', StringComparison.Ordinal);
        uint uid = uint.Parse(owner.AsSpan(0, colon), CultureInfo.InvariantCulture);
        uint gid = uint.Parse(owner.AsSpan(colon + 1), CultureInfo.InvariantCulture);
        Check(Libc.fchownat(Libc.AT_FDCWD, PathOf(path), uid, gid, Libc.AT_SYMLINK_NOFOLLOW), "chown", path);
    }

    public void MakeSpecial(string kind, string path)
    {
        // The device is /dev/null.
        (uint type, ulong device) = kind switch
        {
            "fifo" => ((uint)Libc.S_IFIFO, 0UL),
            "socket" => ((uint)Libc.S_IFSOCK, 0UL),
            "device" => ((uint)Libc.S_IFCHR, 0x103UL),
            _ => throw new ScenarioException($"mknod: '{kind}' is none of fifo, socket, device"),
        };
        CheckLast(NativeFiles.mknodat(Libc.AT_FDCWD, PathOf(path), type | 0x1b6, device), "mknod", path);
    }

    public void Dispose()
    {
        foreach (int fd in _open.Values)
        {
            _ = Libc.close(fd);
        }
    }

    private List<(string Name, bool IsDir)> Names(string path)
    {
        int fd = Check(Libc.openat(Libc.AT_FDCWD, PathOf(path), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC), "open", path);
        List<(string Name, bool IsDir)> names = [];
        byte[] buffer = new byte[32 * 1024];
        for (int size; (size = Check(Libc.getdents64(fd, buffer), "getdents64", path)) > 0;)
        {
            DirectoryEntries entries = new(buffer.AsSpan(0, size));
            while (entries.MoveNext())
            {
                names.Add((System.Text.Encoding.Latin1.GetString(entries.Name), entries.Type == Libc.DT_DIR));
            }
        }

        _ = Libc.close(fd);
        names.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return names;
    }

    private static int Check(int result, string operation, string path) =>
        result >= 0 ? result : throw new ScenarioException($"{operation} '{path}': {Errno.Name(result)}");

    private static void CheckLast(int result, string operation, string path)
    {
        if (result != 0)
        {
            throw new ScenarioException($"{operation} '{path}': {Errno.Name(Marshal.GetLastPInvokeError())}");
        }
    }
}
