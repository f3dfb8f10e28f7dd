using System;

namespace PyInotifyd.Linux;

/// <summary>Error numbers of errno(3), positive, as on x86-64 and arm64.</summary>
public static class Errno
{
    /// <summary>Operation not permitted.</summary>
    public const int EPERM = 1;

    /// <summary>No such file or directory.</summary>
    public const int ENOENT = 2;

    /// <summary>No such process.</summary>
    public const int ESRCH = 3;

    /// <summary>Interrupted.</summary>
    public const int EINTR = 4;

    /// <summary>Input/output error.</summary>
    public const int EIO = 5;

    /// <summary>No such device or address.</summary>
    public const int ENXIO = 6;

    /// <summary>Argument list too long.</summary>
    public const int E2BIG = 7;

    /// <summary>Exec format error.</summary>
    public const int ENOEXEC = 8;

    /// <summary>Bad descriptor.</summary>
    public const int EBADF = 9;

    /// <summary>No child processes.</summary>
    public const int ECHILD = 10;

    /// <summary>Try again.</summary>
    public const int EAGAIN = 11;

    /// <summary>Out of memory.</summary>
    public const int ENOMEM = 12;

    /// <summary>Permission denied.</summary>
    public const int EACCES = 13;

    /// <summary>Bad address.</summary>
    public const int EFAULT = 14;

    /// <summary>Device or resource busy.</summary>
    public const int EBUSY = 16;

    /// <summary>File exists.</summary>
    public const int EEXIST = 17;

    /// <summary>Other file system.</summary>
    public const int EXDEV = 18;

    /// <summary>No such device.</summary>
    public const int ENODEV = 19;

    /// <summary>Not a directory.</summary>
    public const int ENOTDIR = 20;

    /// <summary>Is a directory.</summary>
    public const int EISDIR = 21;

    /// <summary>Invalid argument.</summary>
    public const int EINVAL = 22;

    /// <summary>Too many open files in the system.</summary>
    public const int ENFILE = 23;

    /// <summary>Too many open files in this process.</summary>
    public const int EMFILE = 24;

    /// <summary>Not a terminal.</summary>
    public const int ENOTTY = 25;

    /// <summary>Text file busy.</summary>
    public const int ETXTBSY = 26;

    /// <summary>File too large.</summary>
    public const int EFBIG = 27;

    /// <summary>No space left, or a limit such as the number of watches is reached.</summary>
    public const int ENOSPC = 28;

    /// <summary>Cannot seek.</summary>
    public const int ESPIPE = 29;

    /// <summary>Read-only file system.</summary>
    public const int EROFS = 30;

    /// <summary>Too many links.</summary>
    public const int EMLINK = 31;

    /// <summary>Broken pipe.</summary>
    public const int EPIPE = 32;

    /// <summary>Result too large.</summary>
    public const int ERANGE = 34;

    /// <summary>Deadlock avoided.</summary>
    public const int EDEADLK = 35;

    /// <summary>Name too long.</summary>
    public const int ENAMETOOLONG = 36;

    /// <summary>Not in this kernel.</summary>
    public const int ENOSYS = 38;

    /// <summary>Directory not empty.</summary>
    public const int ENOTEMPTY = 39;

    /// <summary>Too many symbolic links, or one where none may be.</summary>
    public const int ELOOP = 40;

    /// <summary>No such extended attribute.</summary>
    public const int ENODATA = 61;

    /// <summary>Value too large.</summary>
    public const int EOVERFLOW = 75;

    /// <summary>Not a socket.</summary>
    public const int ENOTSOCK = 88;

    /// <summary>Message too long.</summary>
    public const int EMSGSIZE = 90;

    /// <summary>Wrong type of socket.</summary>
    public const int EPROTOTYPE = 91;

    /// <summary>Not supported here.</summary>
    public const int EOPNOTSUPP = 95;

    /// <summary>Address in use.</summary>
    public const int EADDRINUSE = 98;

    /// <summary>Address not available.</summary>
    public const int EADDRNOTAVAIL = 99;

    /// <summary>Network unreachable.</summary>
    public const int ENETUNREACH = 101;

    /// <summary>Connection reset.</summary>
    public const int ECONNRESET = 104;

    /// <summary>No buffer space.</summary>
    public const int ENOBUFS = 105;

    /// <summary>Already connected.</summary>
    public const int EISCONN = 106;

    /// <summary>Not connected.</summary>
    public const int ENOTCONN = 107;

    /// <summary>Timed out.</summary>
    public const int ETIMEDOUT = 110;

    /// <summary>Connection refused.</summary>
    public const int ECONNREFUSED = 111;

    /// <summary>Already in progress.</summary>
    public const int EALREADY = 114;

    /// <summary>In progress.</summary>
    public const int EINPROGRESS = 115;

    /// <summary>Stale file handle.</summary>
    public const int ESTALE = 116;

    /// <summary>Disk quota exceeded.</summary>
    public const int EDQUOT = 122;

    /// <summary>Returns the name of an error number (positive or negated), such as <c>ENOENT</c>, or <c>errno N</c> where it has none here.</summary>
    public static string Name(int errno) => Math.Abs(errno) switch
    {
        EPERM => nameof(EPERM),
        ENOENT => nameof(ENOENT),
        ESRCH => nameof(ESRCH),
        EINTR => nameof(EINTR),
        EIO => nameof(EIO),
        ENXIO => nameof(ENXIO),
        E2BIG => nameof(E2BIG),
        ENOEXEC => nameof(ENOEXEC),
        EBADF => nameof(EBADF),
        ECHILD => nameof(ECHILD),
        EAGAIN => nameof(EAGAIN),
        ENOMEM => nameof(ENOMEM),
        EACCES => nameof(EACCES),
        EFAULT => nameof(EFAULT),
        EBUSY => nameof(EBUSY),
        EEXIST => nameof(EEXIST),
        EXDEV => nameof(EXDEV),
        ENODEV => nameof(ENODEV),
        ENOTDIR => nameof(ENOTDIR),
        EISDIR => nameof(EISDIR),
        EINVAL => nameof(EINVAL),
        ENFILE => nameof(ENFILE),
        EMFILE => nameof(EMFILE),
        ENOTTY => nameof(ENOTTY),
        ETXTBSY => nameof(ETXTBSY),
        EFBIG => nameof(EFBIG),
        ENOSPC => nameof(ENOSPC),
        ESPIPE => nameof(ESPIPE),
        EROFS => nameof(EROFS),
        EMLINK => nameof(EMLINK),
        EPIPE => nameof(EPIPE),
        ERANGE => nameof(ERANGE),
        EDEADLK => nameof(EDEADLK),
        ENAMETOOLONG => nameof(ENAMETOOLONG),
        ENOSYS => nameof(ENOSYS),
        ENOTEMPTY => nameof(ENOTEMPTY),
        ELOOP => nameof(ELOOP),
        ENODATA => nameof(ENODATA),
        EOVERFLOW => nameof(EOVERFLOW),
        ENOTSOCK => nameof(ENOTSOCK),
        EMSGSIZE => nameof(EMSGSIZE),
        EPROTOTYPE => nameof(EPROTOTYPE),
        EOPNOTSUPP => nameof(EOPNOTSUPP),
        EADDRINUSE => nameof(EADDRINUSE),
        EADDRNOTAVAIL => nameof(EADDRNOTAVAIL),
        ENETUNREACH => nameof(ENETUNREACH),
        ECONNRESET => nameof(ECONNRESET),
        ENOBUFS => nameof(ENOBUFS),
        EISCONN => nameof(EISCONN),
        ENOTCONN => nameof(ENOTCONN),
        ETIMEDOUT => nameof(ETIMEDOUT),
        ECONNREFUSED => nameof(ECONNREFUSED),
        EALREADY => nameof(EALREADY),
        EINPROGRESS => nameof(EINPROGRESS),
        ESTALE => nameof(ESTALE),
        EDQUOT => nameof(EDQUOT),
        int other => "errno " + other.ToString(),
    };

    /// <summary>Returns what an error number says in words, such as <c>no such file or directory</c>.</summary>
    public static string Text(int errno) => Math.Abs(errno) switch
    {
        EPERM => "operation not permitted",
        ENOENT => "no such file or directory",
        ESRCH => "no such process",
        EINTR => "interrupted",
        EIO => "input/output error",
        ENXIO => "no such device or address",
        E2BIG => "argument list too long",
        ENOEXEC => "exec format error",
        EBADF => "bad descriptor",
        ECHILD => "no child processes",
        EAGAIN => "try again",
        ENOMEM => "out of memory",
        EACCES => "permission denied",
        EFAULT => "bad address",
        EBUSY => "device or resource busy",
        EEXIST => "file exists",
        EXDEV => "other file system",
        ENODEV => "no such device",
        ENOTDIR => "not a directory",
        EISDIR => "is a directory",
        EINVAL => "invalid argument",
        ENFILE => "too many open files in the system",
        EMFILE => "too many open files in this process",
        ENOTTY => "not a terminal",
        ETXTBSY => "text file busy",
        EFBIG => "file too large",
        ENOSPC => "no space left, or a limit such as the number of watches is reached",
        ESPIPE => "cannot seek",
        EROFS => "read-only file system",
        EMLINK => "too many links",
        EPIPE => "broken pipe",
        ERANGE => "result too large",
        EDEADLK => "deadlock avoided",
        ENAMETOOLONG => "name too long",
        ENOSYS => "not in this kernel",
        ENOTEMPTY => "directory not empty",
        ELOOP => "too many symbolic links, or one where none may be",
        ENODATA => "no such extended attribute",
        EOVERFLOW => "value too large",
        ENOTSOCK => "not a socket",
        EMSGSIZE => "message too long",
        EPROTOTYPE => "wrong type of socket",
        EOPNOTSUPP => "not supported here",
        EADDRINUSE => "address in use",
        EADDRNOTAVAIL => "address not available",
        ENETUNREACH => "network unreachable",
        ECONNRESET => "connection reset",
        ENOBUFS => "no buffer space",
        EISCONN => "already connected",
        ENOTCONN => "not connected",
        ETIMEDOUT => "timed out",
        ECONNREFUSED => "connection refused",
        EALREADY => "already in progress",
        EINPROGRESS => "in progress",
        ESTALE => "stale file handle",
        EDQUOT => "disk quota exceeded",
        int other => "error " + other.ToString(),
    };
}
