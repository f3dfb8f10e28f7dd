using System;
using System.Buffers;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs.Launch;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>All processes that run for tasks, and what they share: the null device, buffers, and the ways to learn of an end.</summary>
/// <remarks>
/// <para>
/// posix_spawn → pidfd in the poll set → waitid for that one process id. Until it is reaped, the id and that of its group belong to the child, so neither a signal nor the wait can meet a stranger;
/// afterwards neither is used. Nobody waits for "any child": programs that embed the engine have children of their own.
/// </para>
/// <para>
/// Where no pidfd can be had (before Linux 5.3, seccomp filters of containers, no descriptor left), the end is learnt from SIGCHLD, which the runtime hands on from a thread of its own: each such signal
/// makes the next step ask after every child without pidfd. A process that is started with SIGCHLD ignored would lose the status of all its children, so that is set right first.
/// </para>
/// <para>
/// A pipe that a grandchild still holds after the task's end goes on being read, so that a daemon started by a task can go on writing. There are <see cref="MaxLingering"/> of those at most; beyond, the
/// oldest is closed and its writer gets SIGPIPE.
/// </para>
/// Owns: the children's descriptors and pipes on our side.   Threads: reactor only.
/// Source: pidfd_open(2), waitid(2), posix_spawn(3); the list of lingering pipes has no model.
/// </remarks>
public sealed partial class ChildTable : IMail, IDisposable
{
    /// <summary>Pipes that are read on after the end of their process.</summary>
    public const int MaxLingering = 256;

    private const int MaxPooled = 128;

    private readonly Reactor.Reactor _reactor;
    private readonly Logger _logger;
    private readonly List<Child> _children = [];
    private readonly Stack<Child> _freeChildren = new();
    private readonly Stack<ChildOutput> _freeOutputs = new();
    private readonly List<Child> _withoutFd = [];
    private readonly byte[] _chunk = new byte[ChildOutput.ChunkSize];
    private readonly byte[] _cutLine = new byte[ChildOutput.MaxLine + 64];
    private PosixSignalRegistration? _signal;
    private ChildOutput? _oldest;
    private ChildOutput? _newest;
    private bool _pidfdMissing;

    /// <summary>Makes a table without children.</summary>
    /// <param name="reactor">Waits for the ends and the output.</param>
    /// <param name="logger">Gets what concerns no single task.</param>
    /// <remarks>
    /// From here on descriptors that this process was started with are close-on-exec, except 0, 1 and 2.
    /// Errors: no descriptor left → InvalidOperationException.
    /// </remarks>
    public ChildTable(Reactor.Reactor reactor, Logger logger)
        : this(reactor, logger, usePidfd: true, "/dev/null\0"u8)
    {
    }

    /// <summary>As the other one, with what a machine may lack taken away.</summary>
    internal ChildTable(Reactor.Reactor reactor, Logger logger, bool usePidfd, ReadOnlySpan<byte> nullDevice)
    {
        _reactor = reactor;
        _logger = logger;
        _pidfdMissing = !usePidfd;
        if (Libc.is_ignored_signal(Libc.SIGCHLD) == 1)
        {
            _ = Libc.default_signal(Libc.SIGCHLD);
        }

        // The runtime's pipe for signals cannot be made any more when it is needed because descriptors have run out.
        RuntimeHelpers.RunClassConstructor(typeof(PosixSignalRegistration).TypeHandle);
        InheritedDescriptors.MarkCloseOnExec();
        OpenNullDevice(nullDevice);
        Environment = ProcessEnvironment.Copy();
    }

    /// <summary>Gets how many processes run or are not read to their end yet.</summary>
    public int Running => _children.Count;

    /// <summary>Gets how many pipes grandchildren hold.</summary>
    public int Lingering { get; private set; }

    /// <summary>Gets or sets the environment that children start from: <c>NAME=VALUE</c>, each ended by NUL; at first the daemon's own, unchanged.</summary>
    public byte[] Environment { get; set; }

    internal static ReadOnlySpan<byte> CutMark => " [cut after 8192 bytes]"u8;

    /// <summary>Gets a descriptor to read nothing from.</summary>
    internal int NullInput { get; private set; } = -1;

    /// <summary>Gets a descriptor that swallows what is written; -1 where there is no /dev/null.</summary>
    internal int NullOutput { get; private set; } = -1;

    /// <summary>Gets the buffer in which the arguments of a start are put together.</summary>
    internal ArrayBufferWriter<byte> Arguments { get; } = new(1024);

    /// <summary>Gets the buffer in which the variables of a start are put together.</summary>
    internal ArrayBufferWriter<byte> Variables { get; } = new(1024);

    internal Span<byte> Chunk => _chunk;

    internal Span<byte> CutLine => _cutLine;

    internal long NowNs => _reactor.Clock.NowNs;

    /// <summary>Asks after every child that has no pidfd.</summary>
    void IMail.Deliver()
    {
        for (int i = _withoutFd.Count - 1; i >= 0; i--)
        {
            // The end of one task may have others begun or ended meanwhile.
            if (i < _withoutFd.Count)
            {
                TryReap(_withoutFd[i]);
            }
        }
    }

    /// <summary>Closes what is open for children; processes that still run go on, unobserved.</summary>
    public void Dispose()
    {
        _signal?.Dispose();
        while (_children.Count > 0)
        {
            Child child = _children[^1];
            if (child.Fd >= 0)
            {
                _ = _reactor.Remove(child);
                _ = Libc.close(child.Fd);
            }

            CloseRecord(child);
            CancelWait(child);
            child.Output?.Abandon();
            child.Errors?.Abandon();
            Forget(child);
        }

        _withoutFd.Clear();
        while (_oldest is { } oldest)
        {
            Close(oldest);
        }

        _ = NullInput >= 0 ? Libc.close(NullInput) : 0;
        _ = NullOutput >= 0 && NullOutput != NullInput ? Libc.close(NullOutput) : 0;
        (NullInput, NullOutput) = (-1, -1);
    }

    /// <summary>Takes over a process that has just been started, with our ends of its pipes; its end is never reported from inside this call.</summary>
    internal Child Add(IChildOwner owner, TaskEntry? task, int pid, in ChildStreams streams, ReadOnlySpan<byte> taskId, int record = -1)
    {
        if (!_freeChildren.TryPop(out Child? child))
        {
            child = new Child(this);
        }

        int pidfd = OpenPidfd(pid);
        child.Begin(owner, task, pid, pidfd);
        child.Record = record;
        child.Index = _children.Count;
        _children.Add(child);
        if (pidfd >= 0)
        {
            // Before the pipes: at the end of a short process all three are ready, and this one does it all.
            _reactor.Add(child);
        }
        else
        {
            WaitBySignal(child);
        }

        child.Output = streams.OurOutput < 0 ? null : AddOutput(child, streams.OurOutput, isErrors: false, taskId);
        child.Errors = streams.OurErrors < 0 ? null : AddOutput(child, streams.OurErrors, isErrors: true, taskId);
        return child;
    }

    /// <summary>Reaps a child if it has ended, reads what it has left in its pipes, and reports the end of its task.</summary>
    internal void TryReap(Child child)
    {
        int result = Libc.waitid(Libc.P_PID, (uint)child.Pid, out siginfo_t info, Libc.WEXITED | Libc.WNOHANG);
        if (result == -Errno.EINTR || (result == 0 && info.si_pid == 0))
        {
            return;
        }

        if (child.Fd >= 0)
        {
            _ = _reactor.Remove(child);
            _ = Libc.close(child.Fd);
        }
        else
        {
            _ = _withoutFd.Remove(child);
        }

        int code = result < 0 ? 0 : info.si_code;
        int status = result < 0 ? 0 : info.si_status;
        if (child.Record >= 0)
        {
            LaunchFailure.Judge(child.Record, ref code, ref status);
            CloseRecord(child);
        }

        child.SetReaped(code, status);
        child.Output?.DrainAtEnd();
        child.Errors?.DrainAtEnd();
        EndIfDrained(child);
    }

    /// <summary>Reports the end of a task whose process is reaped, whose output is read and, if it was stopped, whose group is empty.</summary>
    internal void EndIfDrained(Child child)
    {
        if (child.Output is not null || child.Errors is not null || MustAwaitGroup(child))
        {
            return;
        }

        IChildOwner owner = child.Owner!;
        TaskEntry? task = child.Task;
        Forget(child);
        owner.OnEnd(task, child.EndCode, child.EndStatus);
    }

    /// <summary>Goes on reading a pipe whose process has gone.</summary>
    internal void Linger(ChildOutput output)
    {
        if (Lingering == MaxLingering)
        {
            _logger.Warning("more than 256 pipes are held by processes that tasks left behind: closing the oldest; have such processes write elsewhere, or set output: inherit");
            Close(_oldest!);
        }

        output.Older = _newest;
        if (_newest is null)
        {
            _oldest = output;
        }
        else
        {
            _newest.Newer = output;
        }

        _newest = output;
        Lingering++;
    }

    /// <summary>Closes a pipe, after its last line has been logged, and takes it out of the list if it lingers.</summary>
    internal void Close(ChildOutput output)
    {
        output.FlushPartial();
        _ = _reactor.Remove(output);
        _ = Libc.close(output.Fd);
        if (output.Older is not null || output.Newer is not null || ReferenceEquals(_oldest, output))
        {
            Unlink(output);
        }

        output.Clear();
        if (_freeOutputs.Count < MaxPooled)
        {
            _freeOutputs.Push(output);
        }
    }

    private static void CloseRecord(Child child)
    {
        _ = child.Record >= 0 ? Libc.close(child.Record) : 0;
        child.Record = -1;
    }

    private void Forget(Child child)
    {
        _children[child.Index] = _children[^1];
        _children[child.Index].Index = child.Index;
        _children.RemoveAt(_children.Count - 1);
        child.Clear();
        if (_freeChildren.Count < MaxPooled)
        {
            _freeChildren.Push(child);
        }
    }

    private void OpenNullDevice(ReadOnlySpan<byte> path)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NOCTTY);
        if (fd >= 0)
        {
            // In a bare chroot the name may be a file that somebody's redirection has made.
            if (Libc.statx(fd, "\0"u8, Libc.AT_EMPTY_PATH, Libc.STATX_TYPE, out statx stat) == 0 && (stat.stx_mode & Libc.S_IFMT) == Libc.S_IFCHR)
            {
                (NullInput, NullOutput) = (fd, fd);
                return;
            }

            _ = Libc.close(fd);
        }

        // A pipe without writer is at its end as well. Output is read and dropped then, since a pipe without reader would kill who writes.
        int result = Libc.pipe2(out int readEnd, out int writeEnd, Libc.O_CLOEXEC);
        if (result < 0)
        {
            throw new InvalidOperationException("no descriptor for the input of processes: " + Errno.Name(result));
        }

        _ = Libc.close(writeEnd);
        NullInput = readEnd;
    }

    private int OpenPidfd(int pid)
    {
        if (_pidfdMissing)
        {
            return -1;
        }

        int fd = Libc.pidfd_open(pid, 0);
        _pidfdMissing = fd is -Errno.ENOSYS or -Errno.EPERM or -Errno.EACCES;
        return fd < 0 ? -1 : fd;
    }

    private void WaitBySignal(Child child)
    {
        _signal ??= PosixSignalRegistration.Create((PosixSignal)Libc.SIGCHLD, _ => _reactor.Mailbox.Post(this));
        _withoutFd.Add(child);

        // It may have ended before the signal was looked for.
        _ = _reactor.Mailbox.Post(this);
    }

    private ChildOutput AddOutput(Child child, int fd, bool isErrors, ReadOnlySpan<byte> taskId)
    {
        if (!_freeOutputs.TryPop(out ChildOutput? output))
        {
            output = new ChildOutput(this);
        }

        output.Begin(child, fd, isErrors, child.Owner!, taskId);
        _reactor.Add(output);
        return output;
    }

    private void Unlink(ChildOutput output)
    {
        if (output.Older is null)
        {
            _oldest = output.Newer;
        }
        else
        {
            output.Older.Newer = output.Newer;
        }

        if (output.Newer is null)
        {
            _newest = output.Older;
        }
        else
        {
            output.Newer.Older = output.Older;
        }

        Lingering--;
    }
}
