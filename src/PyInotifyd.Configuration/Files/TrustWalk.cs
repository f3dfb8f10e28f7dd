using System;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Configuration.Files;

/// <summary>One way through the file system, from name to name on descriptors, and the first thing on it that others could change.</summary>
/// <remarks>Owns: the descriptor of the directory that it stands in.</remarks>
internal sealed class TrustWalk(FileTrust trust)
{
    private const int MaxLinks = 40;
    private const uint GroupWrite = 0x10;
    private const uint OthersWrite = 0x2;
    private const uint Sticky = 0x200;

    private readonly PathBuilder _place = new();
    private int _directory = -1;
    private bool _isSticky;

    // A place only, so that neither a FIFO nor a device is touched; numbers of flags differ between machines.
    private static int Find => Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;

    /// <summary>What is wrong; null: nothing.</summary>
    public string? Fault { get; private set; }

    /// <summary>Opens what the path leads to and returns the descriptor, or minus errno.</summary>
    public int Open(ReadOnlySpan<byte> path, int flags)
    {
        if (path.IsEmpty)
        {
            return -Errno.ENOENT;
        }

        try
        {
            int result = path[0] == '/' ? Enter(Libc.openat(Libc.AT_FDCWD, "/\0"u8, Find | Libc.O_DIRECTORY), "/"u8) : EnterCurrent();
            return result < 0 ? result : Follow(path.ToArray(), flags);
        }
        finally
        {
            Leave();
        }
    }

    private int Follow(byte[] path, int flags)
    {
        int links = 0;
        int at = 0;
        while (true)
        {
            while (at < path.Length && path[at] == '/')
            {
                at++;
            }

            int end = path.AsSpan(at).IndexOf((byte)'/');
            bool isLast = end < 0;
            end = isLast ? path.Length : at + end;
            if (at == path.Length)
            {
                // The path ends in a directory: the root, or one that a slash follows.
                return Libc.openat(_directory, ".\0"u8, flags);
            }

            byte[] name = [.. path.AsSpan(at, end - at), 0];
            at = end;
            int fd = Libc.openat(_directory, name, Find);
            if (fd < 0)
            {
                return fd;
            }

            int result = Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx status);
            if (result >= 0 && status.Type == Libc.S_IFLNK)
            {
                result = ++links > MaxLinks ? -Errno.ELOOP : ReadLink(fd, name, in status, ref path, ref at);
                _ = Libc.close(fd);
            }
            else if (result >= 0 && status.Type == Libc.S_IFDIR)
            {
                result = Enter(fd, name.AsSpan(0, name.Length - 1));
                if (result >= 0 && isLast)
                {
                    return Libc.openat(_directory, ".\0"u8, flags);
                }
            }
            else
            {
                _ = Libc.close(fd);
                return result < 0 ? result : isLast ? OpenLast(name, flags) : -Errno.ENOTDIR;
            }

            if (result < 0)
            {
                return result;
            }
        }
    }

    // The descriptor that is handed out is the one that is checked.
    private int OpenLast(ReadOnlySpan<byte> name, int flags)
    {
        int fd;
        do
        {
            fd = Libc.openat(_directory, name, flags | Libc.O_NOFOLLOW);
        }
        while (fd == -Errno.EINTR);
        if (fd < 0)
        {
            return fd;
        }

        int result = Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx status);
        if (result < 0)
        {
            _ = Libc.close(fd);
            return result;
        }

        int length = _place.Length;
        _place.AppendName(name[..^1]);

        // Devices are there for everybody to write.
        if (status.Type == Libc.S_IFREG)
        {
            Check(in status, isDirectory: false);
        }

        _place.Length = length;
        return fd;
    }

    private int ReadLink(int fd, ReadOnlySpan<byte> name, in statx status, ref byte[] path, ref int at)
    {
        if (_isSticky && !trust.IsTrusted(status.stx_uid))
        {
            int length = _place.Length;
            _place.AppendName(name[..^1]);
            Complain("is a symbolic link of " + Owner(in status) + ", who may point it elsewhere", "chown -h root ");
            _place.Length = length;
        }

        byte[] target = new byte[4096];
        int size = Libc.readlinkat(fd, "\0"u8, target);
        if (size <= 0)
        {
            return size < 0 ? size : -Errno.ENOENT;
        }

        path = [.. target.AsSpan(0, size), .. path.AsSpan(at)];
        at = 0;
        return path[0] == '/' ? Enter(Libc.openat(Libc.AT_FDCWD, "/\0"u8, Find | Libc.O_DIRECTORY), "/"u8) : 0;
    }

    // All directories above the current one, up to the root of this process.
    private int EnterCurrent()
    {
        byte[] text = new byte[4096];
        int size = Libc.getcwd(text);
        if (size < 0)
        {
            return size;
        }

        // One that lies outside the root is "(unreachable)/…" here, and the walk upward ends at its own top.
        int result = Enter(Libc.openat(Libc.AT_FDCWD, ".\0"u8, Find | Libc.O_DIRECTORY), text.AsSpan(0, size));
        int here = result < 0 ? result : Libc.openat(_directory, ".\0"u8, Find);
        while (here >= 0)
        {
            int above = Libc.openat(here, "..\0"u8, Find | Libc.O_DIRECTORY);
            statx lower = default;
            statx upper = default;
            result = above < 0 ? above : Libc.statx(here, Libc.STATX_BASIC_STATS, out lower);
            result = result < 0 ? result : Libc.statx(above, Libc.STATX_BASIC_STATS, out upper);
            _ = Libc.close(here);
            bool isTop = result >= 0 && lower.stx_ino == upper.stx_ino && lower.stx_dev_major == upper.stx_dev_major && lower.stx_dev_minor == upper.stx_dev_minor;
            if (result < 0 || isTop)
            {
                _ = above >= 0 ? Libc.close(above) : 0;
                break;
            }

            Up();
            Check(in upper, isDirectory: true);
            here = above;
        }

        _place.Set(text.AsSpan(0, size));
        return result < 0 ? result : here < 0 ? here : 0;
    }

    private int Enter(int fd, ReadOnlySpan<byte> name)
    {
        if (fd < 0)
        {
            return fd;
        }

        Leave();
        _directory = fd;
        int result = Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx status);
        if (result < 0)
        {
            return result;
        }

        if (name[0] == '/')
        {
            _place.Set(name);
        }
        else if (name.SequenceEqual(".."u8))
        {
            Up();
        }
        else if (!name.SequenceEqual("."u8))
        {
            _place.AppendName(name);
        }

        _isSticky = (status.stx_mode & (GroupWrite | OthersWrite)) != 0;
        Check(in status, isDirectory: true);
        return 0;
    }

    private void Leave()
    {
        if (_directory >= 0)
        {
            _ = Libc.close(_directory);
            _directory = -1;
        }
    }

    private void Check(in statx status, bool isDirectory)
    {
        uint mode = status.stx_mode;
        if (!trust.IsTrusted(status.stx_uid))
        {
            Complain("belongs to " + Owner(in status), "chown root ");
        }
        else if ((mode & OthersWrite) != 0 && !(isDirectory && (mode & Sticky) != 0))
        {
            Complain("may be written by everybody (mode " + Octal(mode) + ")", "chmod go-w ");
        }
        else if ((mode & GroupWrite) != 0 && !(isDirectory && (mode & Sticky) != 0))
        {
            Complain("may be written by its group " + status.stx_gid.ToString() + " (mode " + Octal(mode) + ")", "chmod g-w ");
        }
    }

    private void Complain(string what, string remedy)
    {
        string place = SurrogateEscape.Decode(_place.Bytes);
        Fault ??= place + " " + what + "; " + remedy + place;
    }

    private static string Owner(in statx status) => "user " + status.stx_uid.ToString();

    private static string Octal(uint mode) => "0" + Convert.ToString((int)(mode & 0xFFF), 8);

    private void Up() => _place.Length = Math.Max(_place.Bytes.LastIndexOf((byte)'/'), 1);
}
