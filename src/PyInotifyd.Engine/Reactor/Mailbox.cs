using System;
using System.Threading;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Reactor;

/// <summary>The one way from other threads into the reactor: two lists that are swapped, and an eventfd that ends its sleep.</summary>
/// <remarks>
/// <para>
/// Posting appends to one list under the lock; the reactor swaps the lists when poll(2) has returned and delivers outside of the lock. The swap comes
/// before the file events are read, the delivery after: so the events that a worker caused are seen before the worker's report that it has finished, and
/// mail that comes during the reading waits for the next step.
/// </para>
/// <para>
/// The eventfd is written only while the reactor sleeps or is about to, and once per sleep; the write is made under the lock, so that a wake-up cannot
/// arrive after the sleep that it was meant for and end the following one for nothing. Mail from the reactor's own thread costs no system call.
/// </para>
/// Threads: <see cref="Post(IMail)"/> and <see cref="Wake"/> any; all else the reactor's.
/// Source: the flag and the two lists follow Tmds.LinuxAsync.
/// </remarks>
public sealed class Mailbox
{
    private const int InitialCapacity = 16;
    private const int KeptCapacity = 4096;

    private readonly Lock _lock = new();
    private readonly int _eventFd;
    private object[] _incoming = new object[InitialCapacity];
    private object[] _taken = new object[InitialCapacity];
    private int _incomingCount;
    private int _takenCount;
    private bool _asleep;
    private bool _woken;
    private bool _signalled;
    private bool _closed;

    internal Mailbox()
    {
        _eventFd = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_eventFd < 0)
        {
            throw new InvalidOperationException("eventfd: " + Errno.Name(_eventFd));
        }
    }

    internal int Fd => _eventFd;

    /// <summary>Says whether mail waits for the next step.</summary>
    internal bool HasMail
    {
        get
        {
            lock (_lock)
            {
                return _incomingCount > 0 || _woken;
            }
        }
    }

    /// <summary>Has <paramref name="mail"/> delivered in the reactor's next step, after what was posted before; false when the reactor has gone.</summary>
    /// <remarks>Cost: a lock, and one write(2) if the reactor sleeps; no allocation except when the list grows.   Threads: any.</remarks>
    public bool Post(IMail mail) => Append(mail);

    /// <summary>Has <paramref name="action"/> run in the reactor's next step, after what was posted before; false when the reactor has gone.</summary>
    /// <remarks>Threads: any.</remarks>
    public bool Post(Action action) => Append(action);

    /// <summary>Ends the reactor's present or next sleep without a message.</summary>
    /// <remarks>Threads: any.</remarks>
    public void Wake()
    {
        lock (_lock)
        {
            _woken = true;
            Signal();
        }
    }

    /// <summary>Says whether the last <see cref="WakeUp"/> took mail that is not delivered yet.</summary>
    internal bool HasTaken => _takenCount > 0;

    /// <summary>Announces the sleep; false when mail is there already, then poll(2) must not wait.</summary>
    internal bool TryFallAsleep()
    {
        lock (_lock)
        {
            _asleep = _incomingCount == 0 && !_woken;
            return _asleep;
        }
    }

    /// <summary>Ends the sleep and takes the mail that has come until now.</summary>
    internal void WakeUp()
    {
        lock (_lock)
        {
            _asleep = false;
            _woken = false;
            if (_signalled)
            {
                _signalled = false;
                Span<byte> counter = stackalloc byte[sizeof(ulong)];
                int result = Libc.read(_eventFd, counter);
                if (result < 0)
                {
                    throw new InvalidOperationException("read from the mailbox's eventfd: " + Errno.Name(result));
                }
            }

            (_incoming, _taken) = (_taken, _incoming);
            _takenCount = _incomingCount;
            _incomingCount = 0;
        }
    }

    /// <summary>Delivers what the last <see cref="WakeUp"/> took.</summary>
    internal void Deliver()
    {
        int count = _takenCount;
        for (int i = 0; i < count; i++)
        {
            object mail = _taken[i];
            if (mail is IMail message)
            {
                message.Deliver();
            }
            else
            {
                ((Action)mail)();
            }
        }

        _takenCount = 0;
        if (_taken.Length > KeptCapacity)
        {
            // A flood is over; an idle program should not hold its memory.
            _taken = new object[InitialCapacity];
        }
        else
        {
            Array.Clear(_taken, 0, count);
        }
    }

    internal void Close()
    {
        lock (_lock)
        {
            if (!_closed)
            {
                _closed = true;
                _ = Libc.close(_eventFd);
            }
        }
    }

    private bool Append(object mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            if (_incomingCount == _incoming.Length)
            {
                Array.Resize(ref _incoming, _incoming.Length * 2);
            }

            _incoming[_incomingCount++] = mail;
            Signal();
            return true;
        }
    }

    private void Signal()
    {
        if (!_asleep || _signalled || _closed)
        {
            return;
        }

        _signalled = true;
        ReadOnlySpan<byte> one = BitConverter.IsLittleEndian ? [1, 0, 0, 0, 0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 1];
        int result = Libc.write(_eventFd, one);
        if (result < 0)
        {
            throw new InvalidOperationException("write to the mailbox's eventfd: " + Errno.Name(result));
        }
    }
}
