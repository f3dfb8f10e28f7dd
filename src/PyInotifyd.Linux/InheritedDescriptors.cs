using System;

namespace PyInotifyd.Linux;

/// <summary>Descriptors that this process got from the one that started it.</summary>
public static class InheritedDescriptors
{
    private const int FallbackLimit = 4096;

    /// <summary>Marks all open descriptors but 0, 1 and 2 close-on-exec.</summary>
    /// <remarks>
    /// What this program opens has the mark from the start; a service manager or a shell may have left others open.
    /// Errors: none; before Linux 5.11 (ENOSYS, EINVAL) descriptors from 4,096 on keep what they have.
    /// Source: close_range(2).
    /// </remarks>
    public static void MarkCloseOnExec()
    {
        if (Libc.close_range(3, uint.MaxValue, Libc.CLOSE_RANGE_CLOEXEC) == 0)
        {
            return;
        }

        int end = Libc.getrlimit(Libc.RLIMIT_NOFILE, out rlimit limit) == 0 ? (int)Math.Min(limit.rlim_cur, FallbackLimit) : FallbackLimit;
        for (int fd = 3; fd < end; fd++)
        {
            int flags = Libc.fcntl(fd, Libc.F_GETFD);
            if (flags >= 0)
            {
                _ = Libc.fcntl(fd, Libc.F_SETFD, flags | Libc.FD_CLOEXEC);
            }
        }
    }
}
