using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs.Workers;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Python;

/// <summary>A Python process that executes a configuration, from its start until the configuration is there or it has ended.</summary>
/// <remarks>
/// <para>
/// The file is executed once: where it has jobs, the process that said what it configures stays and runs them. Before the daemon takes it over it waits for a line on its standard input; when the daemon goes instead, the
/// kernel ends it, even in an endless loop (see _die_with in the module).
/// </para>
/// <para>
/// At the start of the program this waits for Python (<see cref="Wait"/>); a signal has its default effect then. At a reload the reactor goes on meanwhile (<see cref="WaitIn"/>). There is no limit in time: a configuration may ask a
/// server what to watch.
/// </para>
/// Owns: the process and the pipes, until <see cref="Dispose"/> or until they are taken over.   Threads: reactor only.
/// </remarks>
internal sealed class PythonRun : IDisposable
{
    private const int ChunkSize = 16 * 1024;

    // A pipe holds 64 KiB.
    private const int PipeChunks = 4;

    private readonly PythonOutput _output;
    private readonly byte[] _chunk = new byte[ChunkSize];
    private Reactor? _reactor;
    private Action? _done;
    private Source? _messages;
    private Source? _errors;
    private Source? _end;
    private int _stdin = -1;
    private int _stdout = -1;
    private int _stderr = -1;
    private int _pidfd = -1;

    private PythonRun(byte[] path, PythonOutput output)
    {
        _output = output;
        Export = new PythonExport(path, output);
    }

    /// <summary>What Python has said so far.</summary>
    public PythonExport Export { get; }

    /// <summary>The process; 0: none, reaped, or handed over.</summary>
    public int Pid { get; private set; }

    /// <summary>Whether everything has been said.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Starts Python on a file that has been read; where that fails the run is done, and the export holds the error.</summary>
    /// <param name="path">The file's name.</param>
    /// <param name="source">What is in it.</param>
    /// <param name="mode">daemon: the process stays where there are jobs; check, convert: it never does.</param>
    /// <param name="insecure">Whether a restart of the worker accepts a file that others may write.</param>
    /// <param name="debug">Whether a failure prints Python's stack, and debugging messages are wanted.</param>
    /// <param name="output">Where messages go.</param>
    public static PythonRun Start(byte[] path, ReadOnlySpan<byte> source, string mode, bool insecure, bool debug, PythonOutput output)
    {
        PythonRun run = new(path, output);
        int result = run.Spawn(path, source, mode, insecure, debug);
        if (result < 0)
        {
            run.Export.Fail(PythonInterpreter.Complaint(result));
            run.IsDone = true;
        }

        return run;
    }

    /// <summary>Returns a run that is done with an error.</summary>
    public static PythonRun Failed(byte[] path, string error, PythonOutput output)
    {
        PythonRun run = new(path, output) { IsDone = true };
        run.Export.Fail(error);
        return run;
    }

    /// <summary>Waits until Python has said everything.</summary>
    public void Wait()
    {
        Span<pollfd> entries = stackalloc pollfd[3];
        while (!IsDone)
        {
            entries[0] = new pollfd { fd = _stdout, events = (short)Libc.POLLIN };
            entries[1] = new pollfd { fd = _stderr, events = (short)Libc.POLLIN };
            entries[2] = new pollfd { fd = _pidfd, events = (short)Libc.POLLIN };
            if (Libc.poll(entries, -1) < 0)
            {
                continue;
            }

            if (entries[1].revents != 0)
            {
                ReadErrors();
            }

            if (entries[0].revents != 0)
            {
                ReadMessages();
            }

            if (entries[2].revents != 0)
            {
                OnEnd();
            }
        }
    }

    /// <summary>Has a reactor wait, and <paramref name="done"/> called by it when Python has said everything.</summary>
    public void WaitIn(Reactor reactor, Action done)
    {
        (_reactor, _done) = (reactor, done);
        if (IsDone)
        {
            _ = reactor.Mailbox.Post(done);
            return;
        }

        reactor.Add(_messages = new Source(_stdout, ReadMessages));
        reactor.Add(_errors = new Source(_stderr, ReadErrors));
        if (_pidfd >= 0)
        {
            reactor.Add(_end = new Source(_pidfd, OnEnd));
        }
    }

    /// <summary>Has Python begin to take tasks, and hands it over with the pipes.</summary>
    public StartedWorker HandOver()
    {
        // The line that it waits for; nothing else has been written yet, so there is room.
        _ = Libc.write(_stdin, "{}\n"u8);
        StartedWorker worker = new(Pid, _stdin, _stdout, _stderr);
        (Pid, _stdin, _stdout, _stderr) = (0, -1, -1, -1);
        Dispose();
        return worker;
    }

    /// <summary>Ends Python, with what it has started, and closes the pipes.</summary>
    public void Dispose()
    {
        Leave();
        IsDone = true;
        if (Pid != 0)
        {
            _ = Libc.kill(-Pid, Libc.SIGKILL);
            Reap();
        }

        Close(ref _stdin);
        Close(ref _stdout);
        Close(ref _stderr);
        Close(ref _pidfd);
    }

    private static void Close(ref int fd)
    {
        _ = fd >= 0 ? Libc.close(fd) : 0;
        fd = -1;
    }

    private int Spawn(byte[] path, ReadOnlySpan<byte> source, string mode, bool insecure, bool debug)
    {
        int result = Libc.pipe2(out int stdin, out _stdin, Libc.O_CLOEXEC);
        int stdout = -1;
        int stderr = -1;
        int module = -1;
        result = result < 0 ? result : Libc.pipe2(out _stdout, out stdout, Libc.O_CLOEXEC);
        result = result < 0 ? result : Libc.pipe2(out _stderr, out stderr, Libc.O_CLOEXEC);
        result = result < 0 ? result : module = PythonInterpreter.OpenModule(source);
        if (result >= 0)
        {
            foreach (int fd in (ReadOnlySpan<int>)[_stdin, _stdout, _stderr])
            {
                _ = Libc.fcntl(fd, Libc.F_SETFL, Libc.O_NONBLOCK);
            }

            // The daemon's own directory is that of some watch by now.
            using SpawnPlan plan = new(PythonInterpreter.Environment(), _output.HasLog ? "/\0"u8 : default);
            byte[] arguments = PythonInterpreter.Arguments(module, mode, path, insecure, debug);
            result = -Errno.ENOENT;
            foreach (byte[] place in PythonInterpreter.Places(Libc.geteuid(), Environment.GetEnvironmentVariable("PATH")))
            {
                int tried = plan.Spawn(place, arguments, default, stdin, stdout, stderr, out int pid);
                if (tried == 0)
                {
                    Pid = pid;
                    int pidfd = Libc.pidfd_open(pid, 0);
                    _pidfd = pidfd < 0 ? -1 : pidfd;
                    result = 0;
                    break;
                }

                result = tried == -Errno.ENOENT ? result : tried;
            }
        }

        foreach (int fd in (ReadOnlySpan<int>)[stdin, stdout, stderr, module])
        {
            _ = fd >= 0 ? Libc.close(fd) : 0;
        }

        return result;
    }

    private void ReadMessages()
    {
        int got = Libc.read(_stdout, _chunk);
        if (got > 0)
        {
            Export.Take(_chunk.AsSpan(0, got));
            if (Export.Configuration is not null && Export.HasJobs)
            {
                Finish();
            }
        }
        else if (got is not (-Errno.EAGAIN or -Errno.EINTR))
        {
            // Closed: Python has ended, or the file closed what it did not open and nobody can tell what it configures.
            Forget(ref _messages);
            Close(ref _stdout);
            if (_pidfd < 0)
            {
                _ = Libc.kill(-Pid, Libc.SIGKILL);
                OnEnd();
            }
        }
    }

    private void ReadErrors()
    {
        int got = Libc.read(_stderr, _chunk);
        if (got > 0)
        {
            _output.Errors(_chunk.AsSpan(0, got));
        }
        else if (got is not (-Errno.EAGAIN or -Errno.EINTR))
        {
            Forget(ref _errors);
            Close(ref _stderr);
        }
    }

    private void OnEnd()
    {
        // What is in the pipes is the process's own; a process that it left behind may go on writing for ever.
        int got;
        for (int i = 0; i < PipeChunks && _stderr >= 0 && (got = Libc.read(_stderr, _chunk)) > 0; i++)
        {
            _output.Errors(_chunk.AsSpan(0, got));
        }

        for (int i = 0; i < PipeChunks && _stdout >= 0 && (got = Libc.read(_stdout, _chunk)) > 0; i++)
        {
            Export.Take(_chunk.AsSpan(0, got));
        }

        string end = Reap();
        if (Export.Configuration is null && Export.Errors.Count == 0)
        {
            Export.Fail("python3 ended before the file was executed: " + end);
        }

        Finish();
    }

    private string Reap()
    {
        int result;
        siginfo_t info;
        do
        {
            result = Libc.waitid(Libc.P_PID, (uint)Pid, out info, Libc.WEXITED);
        }
        while (result == -Errno.EINTR);
        Pid = 0;
        return info.si_code == Libc.CLD_EXITED ? "exit status " + info.si_status.ToString() : "signal " + SignalName.Of(info.si_status);
    }

    private void Finish()
    {
        if (IsDone)
        {
            return;
        }

        _output.Errors(default);
        IsDone = true;
        Leave();
        _done?.Invoke();
    }

    private void Leave()
    {
        Forget(ref _messages);
        Forget(ref _errors);
        Forget(ref _end);
    }

    private void Forget(ref Source? source)
    {
        _ = source is not null && _reactor!.Remove(source);
        source = null;
    }

    private sealed class Source(int fd, Action ready) : IPollSource
    {
        public int Fd { get; } = fd;

        public short Events => (short)Libc.POLLIN;

        public void OnReady(short revents) => ready();
    }
}
