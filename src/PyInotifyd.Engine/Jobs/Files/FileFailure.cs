using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Why an action of the file manager cannot go on; thrown below <see cref="FileAction"/> and caught there.</summary>
/// <remarks>An exception, because it may come from many levels inside a tree and ends the action in each case; nothing is thrown on the way of an action that succeeds.</remarks>
internal sealed class FileFailure : Exception
{
    /// <summary>Makes a failure in words.</summary>
    public FileFailure(string text, int errno = 0)
        : base(text)
    {
        Errno = Math.Abs(errno);
    }

    /// <summary>The error number; 0: it was no system call that failed.</summary>
    public int Errno { get; }

    /// <summary>Whether the answer to a stop, not a failure of the action.</summary>
    public bool IsStop { get; private init; }

    /// <summary>Whether a limit of the machine stood in the way, so that a later try may succeed.</summary>
    public bool IsTemporary => Errno is Linux.Errno.EMFILE or Linux.Errno.ENFILE or Linux.Errno.ENOMEM;

    /// <summary>Returns the failure of a system call: what it was about, the name and the text of the number, and what helps.</summary>
    public static FileFailure Of(int errno, string what)
    {
        string text = what + Linux.Errno.Name(errno) + " " + Linux.Errno.Text(errno);
        string? remedy = Remedy(Math.Abs(errno));
        return new FileFailure(remedy is null ? text : text + "; " + remedy, errno);
    }

    /// <summary>Returns the failure of a system call on a file that is not the action's own path.</summary>
    public static FileFailure Of(int errno, ReadOnlySpan<byte> path) => Of(errno, Quote(path) + ": ");

    /// <summary>Returns what ends an action that was told to stop.</summary>
    public static FileFailure Stopped() => new("stopped before its end, what was begun has been taken back") { IsStop = true };

    /// <summary>Throws unless a system call succeeded.</summary>
    public static int Check(int result, string what) => result >= 0 ? result : throw Of(result, what);

    /// <summary>Returns a path in quotes, as messages show it.</summary>
    public static string Quote(ReadOnlySpan<byte> path) => "'" + SurrogateEscape.Decode(path) + "'";

    private static string? Remedy(int errno) => errno switch
    {
        Linux.Errno.ENOSPC or Linux.Errno.EDQUOT => "make room there, then 'retry' it or touch the file",
        Linux.Errno.EACCES or Linux.Errno.EPERM => "check the permissions of the daemon's user",
        Linux.Errno.EROFS => "mount it for writing",
        Linux.Errno.ELOOP => "below the watch and the fixed part of the destination no symbolic link is followed",
        Linux.Errno.EMFILE => "raise the number of open files (ulimit -n, LimitNOFILE=)" + KernelLimit.OpenFiles(),
        Linux.Errno.ENFILE => "raise the sysctl fs.file-max" + KernelLimit.AllFiles(),
        Linux.Errno.ENAMETOOLONG => "use shorter names",
        _ => null,
    };
}
