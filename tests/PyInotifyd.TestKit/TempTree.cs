using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit;

/// <summary>A temporary directory and the file operations of tests below it; it is gone with everything in it after <see cref="Dispose"/>.</summary>
/// <remarks>
/// Names are bytes, relative to the directory; a string stands for its UTF-8. Each operation is one system call or the fewest that do it,
/// so that a test knows which events it causes.
/// Errors: any failure throws an <see cref="IOException"/> that names the operation, the name and the errno.
/// </remarks>
public sealed class TempTree : IDisposable
{
    private const int DirectoryBufferBytes = 32 * 1024;

    private readonly int _root;

    /// <summary>Makes the directory, below <c>$TMPDIR</c> or <c>/tmp</c>.</summary>
    public TempTree()
        : this(System.IO.Path.GetTempPath())
    {
    }

    /// <summary>Makes the directory below another, such as the root of a file system mounted for a test.</summary>
    public TempTree(string parent)
    {
        Path = System.IO.Path.Combine(parent, "pyinotifyd-" + Guid.NewGuid().ToString("N")[..12]);
        Directory.CreateDirectory(Path);
        _root = Check(Libc.openat(Libc.AT_FDCWD, Terminated(Encoding.UTF8.GetBytes(Path)), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC), "open", []);
    }

    /// <summary>The absolute path of the directory.</summary>
    public string Path { get; }

    /// <summary>Returns the absolute path of a name in the tree as text.</summary>
    public string PathOf(string name) => Path + "/" + name;

    /// <summary>Returns the absolute path of a name in the tree as bytes.</summary>
    public byte[] PathOf(ReadOnlySpan<byte> name) => [.. Encoding.UTF8.GetBytes(Path), (byte)'/', .. name];

    /// <summary>Makes a directory, and those above it that are missing.</summary>
    public void MakeDirectory(string name) => MakeDirectory(Encoding.UTF8.GetBytes(name));

    /// <inheritdoc cref="MakeDirectory(string)"/>
    public void MakeDirectory(ReadOnlySpan<byte> name)
    {
        for (int end = 0; end < name.Length; end++)
        {
            int slash = name[(end + 1)..].IndexOf((byte)'/');
            end = slash < 0 ? name.Length : end + 1 + slash;
            byte[] part = Terminated(name[..end]);
            if (NativeFiles.mkdirat(_root, part, 0x1ff) != 0 && (Marshal.GetLastPInvokeError() != Errno.EEXIST || end == name.Length))
            {
                throw Failure("mkdir", part, Marshal.GetLastPInvokeError());
            }
        }
    }

    /// <summary>Creates or empties a file, writes the content and closes it.</summary>
    public void Write(string name, string content = "") => Write(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(content));

    /// <inheritdoc cref="Write(string, string)"/>
    public void Write(ReadOnlySpan<byte> name, ReadOnlySpan<byte> content) => Put(name, content, Libc.O_TRUNC);

    /// <summary>Opens a file, or creates it, writes at its end and closes it.</summary>
    public void Append(string name, string content) => Put(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(content), Libc.O_APPEND);

    /// <summary>Returns the content of a file.</summary>
    public byte[] Read(ReadOnlySpan<byte> name)
    {
        int fd = Open(name, Libc.O_RDONLY);
        List<byte> content = [];
        byte[] buffer = new byte[DirectoryBufferBytes];
        try
        {
            for (int count; (count = Check(Libc.read(fd, buffer), "read", name)) > 0;)
            {
                content.AddRange(buffer.AsSpan(0, count));
            }
        }
        finally
        {
            Libc.close(fd);
        }

        return [.. content];
    }

    /// <summary>Returns the content of a file as UTF-8.</summary>
    public string ReadText(string name) => Encoding.UTF8.GetString(Read(Encoding.UTF8.GetBytes(name)));

    /// <summary>Opens a name and returns the descriptor, which the caller closes with <see cref="Libc.close"/>.</summary>
    public int Open(ReadOnlySpan<byte> name, int flags, uint mode = 0x1b6)
    {
        return Check(Libc.openat(_root, Terminated(name), flags | Libc.O_CLOEXEC, mode), "open", name);
    }

    /// <summary>Renames, within the tree.</summary>
    public void Move(string from, string to) => Move(Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to));

    /// <inheritdoc cref="Move(string, string)"/>
    public void Move(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => CheckLast(NativeFiles.renameat(_root, Terminated(from), _root, Terminated(to)), "rename", from);

    /// <summary>Exchanges two names.</summary>
    public void Exchange(string one, string other)
    {
        const uint Exchange = 2;
        CheckLast(NativeFiles.renameat2(_root, Terminated(Encoding.UTF8.GetBytes(one)), _root, Terminated(Encoding.UTF8.GetBytes(other)), Exchange), "exchange", Encoding.UTF8.GetBytes(one));
    }

    /// <summary>Removes a file, or an empty directory.</summary>
    public void Delete(string name) => Delete(Encoding.UTF8.GetBytes(name));

    /// <inheritdoc cref="Delete(string)"/>
    public void Delete(ReadOnlySpan<byte> name)
    {
        bool directory = TypeOf(name) == Libc.S_IFDIR;
        CheckLast(NativeFiles.unlinkat(_root, Terminated(name), directory ? Libc.AT_REMOVEDIR : 0), "unlink", name);
    }

    /// <summary>Removes a directory with everything in it.</summary>
    public void DeleteTree(string name) => RemoveBelow(_root, Encoding.UTF8.GetBytes(name));

    /// <summary>Makes a hard link.</summary>
    public void Link(string existing, string name)
    {
        CheckLast(NativeFiles.linkat(_root, Terminated(Encoding.UTF8.GetBytes(existing)), _root, Terminated(Encoding.UTF8.GetBytes(name)), 0), "link", Encoding.UTF8.GetBytes(name));
    }

    /// <summary>Makes a symbolic link that holds <paramref name="target"/> as it is.</summary>
    public void Symlink(string target, string name)
    {
        CheckLast(NativeFiles.symlinkat(Terminated(Encoding.UTF8.GetBytes(target)), _root, Terminated(Encoding.UTF8.GetBytes(name))), "symlink", Encoding.UTF8.GetBytes(name));
    }

    /// <summary>Sets the permissions.</summary>
    public void SetMode(string name, uint mode) => CheckLast(NativeFiles.fchmodat(_root, Terminated(Encoding.UTF8.GetBytes(name)), mode, 0), "chmod", Encoding.UTF8.GetBytes(name));

    /// <summary>Tells whether a name exists; a symbolic link counts as what it is.</summary>
    public bool Exists(string name) => TypeOf(Encoding.UTF8.GetBytes(name)) != 0;

    /// <summary>Returns the type bits of a name's mode, or 0 where there is none.</summary>
    public int TypeOf(ReadOnlySpan<byte> name)
    {
        int result = Libc.statx(_root, Terminated(name), Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out statx status);
        return result == -Errno.ENOENT || Check(result, "statx", name) < 0 ? 0 : status.Type;
    }

    /// <summary>Returns what statx(2) tells of a name, of a symbolic link itself.</summary>
    public statx StatusOf(string name)
    {
        byte[] path = Encoding.UTF8.GetBytes(name);
        Check(Libc.statx(_root, Terminated(path), Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out statx status), "statx", path);
        return status;
    }

    /// <summary>Returns the names in a directory, sorted by their bytes; the empty name is the tree itself.</summary>
    public List<byte[]> List(string name = "")
    {
        int fd = Open(name.Length == 0 ? "."u8 : Encoding.UTF8.GetBytes(name), Libc.O_RDONLY | Libc.O_DIRECTORY);
        List<byte[]> names = [.. EntriesOf(fd).Select(entry => entry.Name)];
        Libc.close(fd);
        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    /// <summary>Removes the directory and everything in it.</summary>
    public void Dispose()
    {
        Libc.close(_root);
        RemoveBelow(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(Path));
    }

    private void Put(ReadOnlySpan<byte> name, ReadOnlySpan<byte> content, int flags)
    {
        int fd = Open(name, Libc.O_WRONLY | Libc.O_CREAT | flags);
        try
        {
            while (content.Length > 0)
            {
                content = content[Check(Libc.write(fd, content), "write", name)..];
            }
        }
        finally
        {
            Libc.close(fd);
        }
    }

    // Directory by directory, so that paths longer than PATH_MAX go too.
    private static void RemoveBelow(int parent, byte[] name)
    {
        byte[] path = Terminated(name);
        int fd = Libc.openat(parent, path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        if (fd == -Errno.EACCES && NativeFiles.fchmodat(parent, path, 0x1c0, 0) == 0)
        {
            fd = Libc.openat(parent, path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        }

        Check(fd, "open", name);
        foreach ((byte[] entry, bool directory) in EntriesOf(fd))
        {
            if (directory)
            {
                RemoveBelow(fd, entry);
            }
            else
            {
                // A daemon that is just ending may have been faster.
                NativeFiles.unlinkat(fd, Terminated(entry), 0);
            }
        }

        Libc.close(fd);
        CheckLast(NativeFiles.unlinkat(parent, path, Libc.AT_REMOVEDIR), "rmdir", name);
    }

    private static List<(byte[] Name, bool Directory)> EntriesOf(int fd)
    {
        List<(byte[] Name, bool Directory)> found = [];
        byte[] buffer = new byte[DirectoryBufferBytes];
        for (int count; (count = Check(Libc.getdents64(fd, buffer), "getdents64", [])) > 0;)
        {
            DirectoryEntries entries = new(buffer.AsSpan(0, count));
            while (entries.MoveNext())
            {
                found.Add((entries.Name.ToArray(), entries.Type == Libc.DT_DIR));
            }
        }

        return found;
    }

    private static byte[] Terminated(ReadOnlySpan<byte> name) => [.. name, 0];

    private static int Check(int result, string operation, ReadOnlySpan<byte> name)
    {
        return result >= 0 ? result : throw Failure(operation, name, -result);
    }

    private static void CheckLast(int result, string operation, ReadOnlySpan<byte> name)
    {
        if (result != 0)
        {
            throw Failure(operation, name, Marshal.GetLastPInvokeError());
        }
    }

    private static IOException Failure(string operation, ReadOnlySpan<byte> name, int errno)
    {
        return new IOException($"{operation} '{Encoding.Latin1.GetString(name).TrimEnd('\0')}': {Errno.Name(errno)}");
    }
}
