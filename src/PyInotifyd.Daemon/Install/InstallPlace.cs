using System;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Install;

/// <summary>The directory of an installed file, opened name by name, and the file in it.</summary>
/// <remarks>
/// No symbolic link is followed below the directories that the system may have as links, and none in the place of the file: whoever planted one would have root write elsewhere.
/// A file is written under a temporary name and renamed, so that it is whole or not there; what appeared in its place meanwhile stays.
/// Owns: the descriptor of the directory.
/// </remarks>
internal readonly ref struct InstallPlace
{
    private const int Most = 1024 * 1024;

    private readonly int _directory;
    private readonly byte[] _name;
    private readonly byte[] _temporary;

    private InstallPlace(int directory, string name)
    {
        _directory = directory;
        _name = Terminated(name);
        _temporary = Terminated("." + name + ".new");
    }

    /// <summary>Opens the place of a file; where that cannot be, <paramref name="problem"/> says why: null where a directory is just not there.</summary>
    public static bool TryOpen(InstalledFile file, bool create, out InstallPlace place, out string? problem)
    {
        place = default;
        string[] names = file.Path[1..].Split('/');
        int directory = Libc.openat(Libc.AT_FDCWD, "/\0"u8, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        for (int i = 0; i < names.Length - 1 && directory >= 0; i++)
        {
            int parent = directory;
            directory = Enter(parent, names[i], follow: i < file.Trusted, create, out problem);
            _ = Libc.close(parent);
            if (directory < 0)
            {
                problem = problem is null ? null : '/' + string.Join('/', names, 0, i + 1) + problem;
                return false;
            }
        }

        problem = directory < 0 ? "/: " + Describe(directory) : null;
        if (problem is not null)
        {
            return false;
        }

        place = new InstallPlace(directory, names[^1]);
        return true;
    }

    /// <summary>Returns what is in the file's place, with the reason where it is refused.</summary>
    public FileState Look(InstalledFile file, out string? problem)
    {
        problem = null;
        int result = Libc.statx(_directory, _name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out statx status);
        if (result == -Errno.ENOENT)
        {
            return FileState.Absent;
        }

        if (result < 0 || status.Type != Libc.S_IFREG)
        {
            problem = result < 0 ? Describe(result) : status.Type == Libc.S_IFLNK ? "is a symbolic link" : "is no regular file";
            return FileState.Refused;
        }

        if (!TryRead(out byte[] content, out problem))
        {
            return FileState.Refused;
        }

        if (content.AsSpan().SequenceEqual(file.Content))
        {
            return FileState.Same;
        }

        bool isOurs = file.Kind == InstalledFileKind.Program || (file.Kind == InstalledFileKind.Service && FileSeal.IsWhole(content));
        return isOurs ? FileState.Ours : FileState.Modified;
    }

    /// <summary>Writes the file and returns null, or what failed. Without <paramref name="replace"/> what is there stays.</summary>
    public string? Write(InstalledFile file, bool replace)
    {
        // What a killed run has left; only root can write here.
        _ = Libc.unlinkat(_directory, _temporary, 0);
        int fd = Libc.openat(_directory, _temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
        if (fd < 0)
        {
            return "create: " + Describe(fd);
        }

        string? problem = WriteAll(fd, file);
        _ = Libc.close(fd);
        if (problem is null)
        {
            int result = Libc.renameat2(_directory, _temporary, _directory, _name, replace ? 0 : Libc.RENAME_NOREPLACE);
            problem = result < 0 ? "rename: " + Describe(result) : null;
        }

        if (problem is not null)
        {
            _ = Libc.unlinkat(_directory, _temporary, 0);
        }

        return problem;
    }

    /// <summary>Removes the file and returns null, or what failed.</summary>
    public string? Remove()
    {
        int result = Libc.unlinkat(_directory, _name, 0);
        return result < 0 ? "remove: " + Describe(result) : null;
    }

    /// <summary>Removes what is in the file's place as a directory; returns 0 or minus errno.</summary>
    public int RemoveDirectory() => Libc.unlinkat(_directory, _name, Libc.AT_REMOVEDIR);

    /// <summary>Closes the directory.</summary>
    public void Dispose() => _ = Libc.close(_directory);

    private static int Enter(int parent, string name, bool follow, bool create, out string? problem)
    {
        byte[] terminated = Terminated(name);
        int flags = Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC | (follow ? 0 : Libc.O_NOFOLLOW);
        int directory = Libc.openat(parent, terminated, flags);
        if (directory == -Errno.ENOENT && create)
        {
            int result = Libc.mkdirat(parent, terminated, 0x1ed);
            directory = result is 0 or -Errno.EEXIST ? Libc.openat(parent, terminated, flags) : result;
            if (result == 0 && directory >= 0)
            {
                AllowAll(directory);
            }
        }

        problem = null;
        if (directory == -Errno.ENOTDIR || directory == -Errno.ELOOP)
        {
            bool isLink = Libc.statx(parent, terminated, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_TYPE, out statx status) == 0 && status.Type == Libc.S_IFLNK;
            problem = isLink ? " is a symbolic link" : " is no directory";
        }
        else if (directory < 0 && (directory != -Errno.ENOENT || create))
        {
            problem = ": " + Describe(directory);
        }

        return directory;
    }

    // The umask is for the daemon's own files; manual pages and completions are for everybody. A place cannot be changed, so it is opened once more.
    private static void AllowAll(int place)
    {
        int directory = Libc.openat(place, ".\0"u8, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        _ = directory < 0 ? directory : Libc.fchmod(directory, 0x1ed);
        _ = directory < 0 ? 0 : Libc.close(directory);
    }

    private static string? WriteAll(int fd, InstalledFile file)
    {
        ReadOnlySpan<byte> rest = file.Content;
        while (!rest.IsEmpty)
        {
            int written = Libc.write(fd, rest);
            if (written < 0 && written != -Errno.EINTR)
            {
                return "write: " + Describe(written);
            }

            rest = rest[Math.Max(written, 0)..];
        }

        int result = Libc.fchmod(fd, file.Mode);
        result = result < 0 ? result : Libc.fsync(fd);
        return result < 0 ? "flush: " + Describe(result) : null;
    }

    private static byte[] Terminated(string name) => Encoding.UTF8.GetBytes(name + '\0');

    private static string Describe(int result) => Errno.Name(result) + " " + Errno.Text(result);

    private bool TryRead(out byte[] content, out string? problem)
    {
        content = [];
        problem = null;
        int fd = Libc.openat(_directory, _name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC);
        if (fd < 0)
        {
            problem = "open: " + Describe(fd);
            return false;
        }

        // What is larger than anything that is installed is surely somebody's.
        byte[] buffer = new byte[Most];
        int length = 0;
        int count;
        while ((count = Libc.read(fd, buffer.AsSpan(length))) > 0 || count == -Errno.EINTR)
        {
            length += Math.Max(count, 0);
        }

        _ = Libc.close(fd);
        problem = count < 0 ? "read: " + Describe(count) : null;
        content = buffer[..length];
        return count == 0;
    }
}
