using System;
using System.Runtime.InteropServices;
using System.Threading;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Takes the signals that the daemon acts on and delivers them on the reactor's thread, one after the other.</summary>
/// <remarks>
/// The runtime calls back on a thread of its own, so nothing is done there but to post.
/// The runtime has threads before Main, which is why signalfd does not do: it needs the signals blocked in all of them.
/// Owns: the registrations, until it is disposed of.
/// </remarks>
internal sealed class SignalMail : IDisposable
{
    private readonly Mailbox _mailbox;
    private readonly Action<int> _handler;
    private readonly PosixSignalRegistration[] _registrations;
    private int _ends;
    private volatile bool _loopRuns;

    /// <summary>Starts to take TERM, INT, HUP and USR1.</summary>
    public SignalMail(Mailbox mailbox, Action<int> handler)
    {
        _mailbox = mailbox;
        _handler = handler;
        _registrations = [Register(Libc.SIGTERM), Register(Libc.SIGINT), Register(Libc.SIGHUP), Register(Libc.SIGUSR1)];
    }

    /// <summary>Says that mail is delivered from now on. Before, while watches are being set, a second TERM or INT ends the process at once.</summary>
    public void LoopRuns() => _loopRuns = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    // A number is a valid PosixSignal too, and the only way to name USR1.
    private PosixSignalRegistration Register(int signal)
    {
        Mail mail = new(signal, _handler);
        return PosixSignalRegistration.Create((PosixSignal)signal, context =>
        {
            context.Cancel = true;
            if (signal is Libc.SIGTERM or Libc.SIGINT && Interlocked.Increment(ref _ends) > 1 && !_loopRuns)
            {
                Libc._exit(ExitStatus.Failed);
            }

            _mailbox.Post(mail);
        });
    }

    private sealed class Mail(int signal, Action<int> handler) : IMail
    {
        public void Deliver() => handler(signal);
    }
}
