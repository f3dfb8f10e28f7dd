using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using PyInotifyd.Linux;
using PyInotifyd.TestKit.Scenarios;

namespace PyInotifyd.EndToEndTests.Events;

/// <summary>Carries out the operations of the table below a directory, each with the fewest system calls that do it.</summary>
/// <remarks>Words are those of the scenarios (<see cref="Words"/>); <c>%255</c> in a path stands for a name of 255 bytes.</remarks>
internal sealed class FileScript : IDisposable
{
    private const int TemporaryFile = 0x410000;
    private const uint NoReplace = 1;
    private const uint Exchange = 2;
    private const uint Fifo = 0x1000 | 0x1a4;

    private readonly byte[] _root;
    private readonly Dictionary<string, int> _open = [];

    public FileScript(byte[] root)
    {
        _root = root;
    }

    /// <summary>Puts the names in that the table abbreviates.</summary>
    public static string Expand(string text) => text.Replace("%255", new string('n', 255), StringComparison.Ordinal);

    /// <summary>Carries out one line.</summary>
    public void Run(string line)
    {
        List<string> w = Words.Split(Expand(line));
        switch (w[0])
        {
            case "create":
                Libc.close(Open(w[1], Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL));
                break;
            case "put":
                Put(w[1], Libc.O_CREAT | Libc.O_TRUNC, w.Count > 2 ? w[2] : "");
                break;
            case "append":
                Put(w[1], Libc.O_APPEND, w[2]);
                break;
            case "read":
                Read(w[1]);
                break;
            case "list":
                List(w[1]);
                break;
            case "open":
                _open[w[2]] = Open(w[1], Libc.O_WRONLY | Libc.O_CREAT);
                break;
            case "write":
                Check(Libc.write(_open[w[1]], Words.Bytes(w[2])), line);
                break;
            case "close":
                _open.Remove(w[1], out int fd);
                Check(Libc.close(fd), line);
                break;
            case "tree":
                for (int slash = w[1].IndexOf('/'); slash >= 0; slash = w[1].IndexOf('/', slash + 1))
                {
                    _ = mkdir(PathOf(w[1][..slash]), 0x1ff);
                }

                CheckLast(mkdir(PathOf(w[1]), 0x1ff), line);
                Put(w[1] + "/" + w[2], Libc.O_CREAT, "");
                break;
            case "rm-r":
                RemoveTree(w[1]);
                break;
            case "tmpfile":
                LinkUnnamed(w[1], w[1] + "/" + w[2]);
                break;
            default:
                CheckLast(Simple(w), line);
                break;
        }
    }

    public void Dispose()
    {
        foreach (int fd in _open.Values)
        {
            Libc.close(fd);
        }
    }

    private int Simple(List<string> w) => w[0] switch
    {
        "mkdir" => mkdir(PathOf(w[1]), 0x1ff),
        "rmdir" => rmdir(PathOf(w[1])),
        "rm" => unlink(PathOf(w[1])),
        "mv" => renameat2(Libc.AT_FDCWD, PathOf(w[1]), Libc.AT_FDCWD, PathOf(w[2]), 0),
        "mv-n" => renameat2(Libc.AT_FDCWD, PathOf(w[1]), Libc.AT_FDCWD, PathOf(w[2]), NoReplace),
        "exchange" => renameat2(Libc.AT_FDCWD, PathOf(w[1]), Libc.AT_FDCWD, PathOf(w[2]), Exchange),
        "ln" => link(PathOf(w[1]), PathOf(w[2])),
        "symlink" => symlink([.. Words.Bytes(w[1]), 0], PathOf(w[2])),
        "mkfifo" => mknod(PathOf(w[1]), Fifo, 0),
        "chmod" => chmod(PathOf(w[1]), Convert.ToUInt32(w[2], 8)),
        "chown" => chown(PathOf(w[1]), Libc.geteuid(), uint.MaxValue),
        "utime" => utimensat(Libc.AT_FDCWD, PathOf(w[1]), 0, 0),
        "setfattr" => setxattr(PathOf(w[1]), [.. Words.Bytes(w[2]), 0], Words.Bytes(w[3]), w[3].Length, 0),
        "truncate" => truncate(PathOf(w[1]), 0),
        "ftruncate" => ftruncate(_open[w[1]], 1),
        _ => throw new InvalidDataException($"unknown operation '{w[0]}'"),
    };

    private byte[] PathOf(string word) => [.. _root, (byte)'/', .. Words.Bytes(word), 0];

    private int Open(string path, int flags) => Check(Libc.openat(Libc.AT_FDCWD, PathOf(path), flags | Libc.O_CLOEXEC, 0x1b6), path);

    private void Put(string path, int flags, string content)
    {
        int fd = Open(path, Libc.O_WRONLY | flags);
        if (content.Length != 0)
        {
            Check(Libc.write(fd, Words.Bytes(content)), path);
        }

        Libc.close(fd);
    }

    private void Read(string path)
    {
        int fd = Open(path, Libc.O_RDONLY);
        Check(Libc.read(fd, new byte[64]), path);
        Libc.close(fd);
    }

    // One call for the names, none for the end of the list.
    private void List(string path)
    {
        int fd = Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        Check(Libc.getdents64(fd, new byte[4096]), path);
        Libc.close(fd);
    }

    private void LinkUnnamed(string directory, string path)
    {
        int fd = Open(directory, Libc.O_RDWR | TemporaryFile);
        Check(Libc.write(fd, "x"u8), directory);
        string self = $"/proc/self/fd/{fd}\0";
        CheckLast(linkat(Libc.AT_FDCWD, Words.Bytes(self), Libc.AT_FDCWD, PathOf(path), Libc.AT_SYMLINK_FOLLOW), path);
        Libc.close(fd);
    }

    private void RemoveTree(string path)
    {
        int fd = Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        byte[] buffer = new byte[32 * 1024];
        List<(string Name, bool IsDir)> names = [];
        for (int size; (size = Check(Libc.getdents64(fd, buffer), path)) > 0;)
        {
            DirectoryEntries entries = new(buffer.AsSpan(0, size));
            while (entries.MoveNext())
            {
                names.Add((System.Text.Encoding.Latin1.GetString(entries.Name), entries.Type == Libc.DT_DIR));
            }
        }

        Libc.close(fd);
        foreach ((string name, bool isDir) in names)
        {
            if (isDir)
            {
                RemoveTree(path + "/" + name);
            }
            else
            {
                CheckLast(unlink(PathOf(path + "/" + name)), name);
            }
        }

        CheckLast(rmdir(PathOf(path)), path);
    }

    private static int Check(int result, string line) => result >= 0 ? result : throw new IOException($"{line}: {Errno.Name(result)}");

    private static void CheckLast(int result, string line)
    {
        if (result != 0)
        {
            throw new IOException($"{line}: {Errno.Name(Marshal.GetLastPInvokeError())}");
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int mkdir(byte[] path, uint mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int rmdir(byte[] path);

    [DllImport("libc", SetLastError = true)]
    private static extern int unlink(byte[] path);

    [DllImport("libc", SetLastError = true)]
    private static extern int renameat2(int oldDirectory, byte[] oldPath, int newDirectory, byte[] newPath, uint flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int link(byte[] existing, byte[] path);

    [DllImport("libc", SetLastError = true)]
    private static extern int linkat(int oldDirectory, byte[] oldPath, int newDirectory, byte[] newPath, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int symlink(byte[] target, byte[] path);

    [DllImport("libc", SetLastError = true)]
    private static extern int mknod(byte[] path, uint mode, ulong device);

    [DllImport("libc", SetLastError = true)]
    private static extern int chmod(byte[] path, uint mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int chown(byte[] path, uint owner, uint group);

    [DllImport("libc", SetLastError = true)]
    private static extern int utimensat(int directory, byte[] path, nint times, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int setxattr(byte[] path, byte[] name, byte[] value, nint size, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int truncate(byte[] path, long length);

    [DllImport("libc", SetLastError = true)]
    private static extern int ftruncate(int fd, long length);
}
