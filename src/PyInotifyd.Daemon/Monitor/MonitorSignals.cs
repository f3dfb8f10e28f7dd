using System;
using System.Runtime.InteropServices;
using System.Threading;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>Counts the signals that end a monitor; its descriptor is readable from the first one on, for the reactor and for whoever waits for the reader of the output.</summary>
/// <remarks>
/// Before <see cref="LoopRuns"/>, while watches are being set, nothing has been printed that could be lost, and a signal ends the process at once.
/// The runtime calls back on a thread of its own. Owns: the descriptor and the registrations.
/// </remarks>
internal sealed class MonitorSignals : IPollSource, IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action _beforeExit;
    private int _count;
    private volatile bool _loopRuns;

    /// <summary>Starts to take TERM, INT and HUP.</summary>
    /// <param name="beforeExit">Called before the process ends at once.</param>
    /// <remarks>Errors: InvalidOperationException where there is no descriptor to be had.</remarks>
    public MonitorSignals(Action beforeExit)
    {
        _beforeExit = beforeExit;
        Fd = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (Fd < 0)
        {
            throw new InvalidOperationException("eventfd: " + Errno.Name(Fd));
        }

        _registrations = [Register(Libc.SIGTERM), Register(Libc.SIGINT), Register(Libc.SIGHUP)];
    }

    /// <summary>How many there were.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    public int Fd { get; }

    /// <inheritdoc/>
    public short Events => (short)Libc.POLLIN;

    /// <summary>Says that the count is looked at from now on.</summary>
    public void LoopRuns() => _loopRuns = true;

    /// <inheritdoc/>
    public void OnReady(short revents)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        _ = Libc.read(Fd, counter);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _ = Libc.close(Fd);
    }

    private PosixSignalRegistration Register(int signal) => PosixSignalRegistration.Create((PosixSignal)signal, context =>
    {
        context.Cancel = true;
        if (!_loopRuns)
        {
            _beforeExit();
            Libc._exit(ExitStatus.Fine);
        }

        Interlocked.Increment(ref _count);
        _ = Libc.write(Fd, BitConverter.GetBytes(1L));
    });
}
