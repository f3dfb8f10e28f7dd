using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Brings the process into a known state, whatever it was started from.</summary>
internal static class ProcessSetup
{
    private const uint FirstOther = 3;
    private const uint FallbackLimit = 65_536;

    // A process being started holds its pidfd, two pipes and the launcher's record; a watch and the rest of the daemon need some more.
    private const long DescriptorsPerTask = 4;
    private const long DescriptorsOfDaemon = 128;

    // Its pidfd, pipes for input, output and errors, and the launcher's record.
    private const long DescriptorsPerWorker = 5;

    /// <summary>Sets what never changes: signals that must not kill, a umask for files of our own, and that no descriptor of our parent reaches our children.</summary>
    /// <remarks>
    /// SIGIO comes when somebody opens a file of which a lease is held; SIGPIPE when a reader has gone. What a parent ignores or blocks is inherited: a shell ignores SIGINT
    /// for what it starts in the background, nohup ignores SIGHUP, and the runtime leaves ignored signals alone. The daemon promises to act on these four all the same.
    /// </remarks>
    /// <param name="obeysHangup">Whether SIGHUP counts though the parent ignores it, as nohup has it for a command that outlives its terminal.</param>
    public static void Apply(bool obeysHangup)
    {
        _ = Libc.unblock_signals();
        foreach (int signal in (ReadOnlySpan<int>)[Libc.SIGTERM, Libc.SIGINT, Libc.SIGHUP, Libc.SIGUSR1])
        {
            _ = signal != Libc.SIGHUP || obeysHangup ? Libc.default_signal(signal) : 0;
        }

        _ = Libc.ignore_signal(Libc.SIGIO);
        _ = Libc.ignore_signal(Libc.SIGPIPE);
        _ = Libc.umask(0x3F); // 077
        MarkInherited();
    }

    /// <summary>Raises the soft limit of open descriptors where so many tasks at once and workers need more; false where the hard limit is too low for them.</summary>
    /// <remarks>
    /// Left alone where it suffices, since tasks inherit it and programs with select(2) break on numbers above 1024.
    /// </remarks>
    public static bool AllowTasks(int maxConcurrency, int workers)
    {
        ulong needed = (ulong)DescriptorsFor(maxConcurrency, workers);
        if (Libc.getrlimit(Libc.RLIMIT_NOFILE, out rlimit limit) < 0 || limit.rlim_cur >= needed)
        {
            return true;
        }

        limit.rlim_cur = Math.Min(needed, limit.rlim_max);
        _ = Libc.setrlimit(Libc.RLIMIT_NOFILE, in limit);
        return limit.rlim_cur == needed;
    }

    /// <summary>Returns how many descriptors the daemon needs with so many tasks at once and workers.</summary>
    public static long DescriptorsFor(int maxConcurrency, int workers) => (maxConcurrency * DescriptorsPerTask) + (workers * DescriptorsPerWorker) + DescriptorsOfDaemon;

    /// <summary>Returns how many descriptors the soft limit allows.</summary>
    public static long DescriptorsAllowed() =>
        Libc.getrlimit(Libc.RLIMIT_NOFILE, out rlimit limit) < 0 ? FallbackLimit : (long)Math.Min(limit.rlim_cur, int.MaxValue);

    private static void MarkInherited()
    {
        if (Libc.close_range(FirstOther, uint.MaxValue, Libc.CLOSE_RANGE_CLOEXEC) >= 0)
        {
            return;
        }

        // ENOSYS before Linux 5.9, EINVAL before 5.11.
        uint end = Libc.getrlimit(Libc.RLIMIT_NOFILE, out rlimit limit) < 0 ? FallbackLimit : (uint)Math.Min(limit.rlim_cur, FallbackLimit);
        for (uint fd = FirstOther; fd < end; fd++)
        {
            _ = Libc.fcntl((int)fd, Libc.F_SETFD, Libc.FD_CLOEXEC);
        }
    }
}
