using System;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>The listening socket under its name in the file system.</summary>
/// <remarks>
/// Nobody but who may use it can ever connect: the mode is set before bind(2), which gives it to the name. While a name that a killed daemon left is taken over, the directory is locked (flock), so that two daemons that
/// start together do not both take it.
/// Owns: the descriptor and, as long as it is the same file, the name.
/// Source: unix(7); unix_bind_bsd in net/unix/af_unix.c takes the mode of the descriptor.
/// </remarks>
internal sealed class ControlEndpoint : IDisposable
{
    private const uint OwnerOnly = 0x180; // 0600
    private const uint OwnerAndGroup = 0x1B0; // 0660
    private const uint DirectoryMode = 0x1ED; // 0755
    private const int Backlog = 4096;
    private const int LockTries = 20;
    private const int LockWaitMs = 5;

    private readonly byte[] _path;
    private readonly int _directory;
    private readonly byte[] _name;
    private statx _identity;

    private ControlEndpoint(byte[] path, int directory, byte[] name)
    {
        _path = path;
        _directory = directory;
        _name = name;
    }

    /// <summary>The listening descriptor, which does not block.</summary>
    public int Fd { get; private set; } = -1;

    /// <summary>The path.</summary>
    public ReadOnlySpan<byte> Path => _path;

    /// <summary>Whether the name in the file system is still that of this socket.</summary>
    public bool IsOurs =>
        Libc.statx(_directory, _name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out statx found) >= 0
        && found.stx_ino == _identity.stx_ino && found.stx_dev_major == _identity.stx_dev_major && found.stx_dev_minor == _identity.stx_dev_minor;

    /// <summary>Listens at a path; null, with the reason, where that cannot be.</summary>
    public static ControlEndpoint? Open(byte[] path, out string problem)
    {
        problem = ControlPath.Problem(path) ?? "";
        if (problem.Length != 0)
        {
            return null;
        }

        int slash = path.AsSpan().LastIndexOf((byte)'/');
        byte[] directoryPath = slash == 0 ? "/"u8.ToArray() : path[..slash];
        int made = -1;
        if (path.AsSpan().SequenceEqual(ControlPath.OfRoot))
        {
            made = Libc.mkdirat(Libc.AT_FDCWD, [.. directoryPath, 0], DirectoryMode);
        }

        int directory = FileTrust.Strict(Libc.geteuid()).Open(directoryPath, Libc.O_DIRECTORY, out string? fault);
        if (directory < 0)
        {
            problem = "its directory cannot be opened: " + Errno.Name(directory) + " " + Errno.Text(directory);
            return null;
        }

        // The umask is for our own files; a group may have to pass through here.
        _ = made == 0 ? Libc.fchmod(directory, DirectoryMode) : 0;
        problem = fault ?? "";
        ControlEndpoint endpoint = new(path, directory, [.. path.AsSpan(slash + 1), 0]);
        if (problem.Length == 0)
        {
            bool locked = Lock(directory);
            problem = endpoint.Listen() ?? "";
            if (locked)
            {
                _ = Libc.flock(directory, Libc.LOCK_UN);
            }
        }

        if (problem.Length == 0)
        {
            return endpoint;
        }

        endpoint.Dispose();
        return null;
    }

    /// <summary>Lets a group use the socket too, or nobody else where there is none; returns minus errno where that fails.</summary>
    public int SetGroup(uint? group)
    {
        // Between the two nobody of the old or the new group gets in.
        int result = Libc.fchmodat(_directory, _name, OwnerOnly);
        result = result < 0 ? result : Libc.fchownat(_directory, _name, uint.MaxValue, group ?? Libc.getegid(), Libc.AT_SYMLINK_NOFOLLOW);
        return result < 0 || group is null ? result : Libc.fchmodat(_directory, _name, OwnerAndGroup);
    }

    /// <summary>Ends listening, and removes the name if it is still ours.</summary>
    public void Dispose()
    {
        if (Fd >= 0)
        {
            if (IsOurs)
            {
                _ = Libc.unlinkat(_directory, _name, 0);
            }

            _ = Libc.close(Fd);
            Fd = -1;
        }

        _ = Libc.close(_directory);
    }

    /// <summary>Takes the lock of a directory. Somebody may hold it for ever, and then it is done without: it only keeps apart daemons that start at the same moment.</summary>
    private static bool Lock(int directory)
    {
        for (int i = 0; i < LockTries; i++)
        {
            if (Libc.flock(directory, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
            {
                return true;
            }

            _ = Libc.poll([], LockWaitMs);
        }

        return false;
    }

    private string? Listen()
    {
        int fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        if (fd < 0)
        {
            return Failure("socket", fd);
        }

        string? problem = Vacate() ?? Bind(fd);
        if (problem is not null)
        {
            _ = Libc.close(fd);
            return problem;
        }

        Fd = fd;
        return null;
    }

    private string? Bind(int fd)
    {
        int result = Libc.fchmod(fd, OwnerOnly);
        if (result < 0)
        {
            return Failure("fchmod", result);
        }

        result = Libc.bind(fd, ControlPath.Address(_path));
        if (result < 0)
        {
            return Failure("bind", result);
        }

        result = Libc.statx(_directory, _name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out _identity);
        result = result < 0 ? result : Libc.listen(fd, Backlog);
        if (result < 0)
        {
            _ = Libc.unlinkat(_directory, _name, 0);
            return Failure("listen", result);
        }

        return null;
    }

    /// <summary>Removes the socket of a daemon that is no more; says why where the name is taken.</summary>
    private string? Vacate()
    {
        int result = Libc.statx(_directory, _name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out statx found);
        if (result == -Errno.ENOENT)
        {
            return null;
        }

        if (result < 0)
        {
            return Failure("statx", result);
        }

        if (found.Type != Libc.S_IFSOCK)
        {
            return "it exists and is not a socket; remove it, or choose another path";
        }

        int probe = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        if (probe < 0)
        {
            return Failure("socket", probe);
        }

        result = Libc.connect(probe, ControlPath.Address(_path));
        _ = Libc.close(probe);
        if (result is 0 or -Errno.EAGAIN)
        {
            return "another process listens there, most likely another pyinotifyd; give each its own control_socket";
        }

        if (result != -Errno.ECONNREFUSED)
        {
            return Failure("connect", result);
        }

        result = Libc.unlinkat(_directory, _name, 0);
        return result is 0 or -Errno.ENOENT ? null : Failure("unlink of what is left of another daemon", result);
    }

    private static string Failure(string operation, int error) => operation + ": " + Errno.Name(error) + " " + Errno.Text(error);

    /// <summary>Returns the path as text.</summary>
    public override string ToString() => SurrogateEscape.Decode(_path);
}
