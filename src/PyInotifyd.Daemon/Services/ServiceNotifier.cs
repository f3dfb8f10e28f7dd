using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Services;

/// <summary>Tells a service manager how the daemon fares, in the protocol of sd_notify(3).</summary>
/// <remarks>
/// <para>
/// Never waits: a datagram that finds the manager's queue full is kept and sent a little later. Where NOTIFY_SOCKET is not set nothing is sent and no timer is armed; a manager that has gone is no error.
/// </para>
/// <para>
/// RELOADING carries the time (MONOTONIC_USEC), as systemd 253 and later want it of Type=notify-reload. While tasks run out at the end, EXTEND_TIMEOUT_USEC asks for more time again and again, so that
/// TimeoutStopSec need not know about shutdown_timeout: only a daemon that hangs is killed.
/// </para>
/// Owns: its socket.   Threads: the reactor's.
/// Source: sd_notify(3), sd_watchdog_enabled(3): half of the time of the watchdog.
/// </remarks>
internal sealed class ServiceNotifier : IDisposable
{
    private const int MostKept = 16;
    private const long FirstRetryMs = 20;
    private const long LastRetryMs = 60_000;
    private const long ExtendEveryMs = 2_000;
    private const string Extend = "EXTEND_TIMEOUT_USEC=30000000";

    // What comes after the loop, such as the list of all directories for the state file, cannot ask again.
    private const string ExtendOnce = "EXTEND_TIMEOUT_USEC=120000000";

    private readonly Reactor _reactor;
    private readonly byte[]? _address;
    private readonly Queue<byte[]> _kept = new();
    private readonly Alarm _retry;
    private readonly Alarm _watchdog;
    private readonly Alarm _extension;
    private readonly long _watchdogMs;
    private int _fd = -1;
    private long _retryMs = FirstRetryMs;

    /// <summary>Makes a notifier for what the environment says; nothing is sent yet.</summary>
    public ServiceNotifier(Reactor reactor, NotifyEnvironment environment)
    {
        _reactor = reactor;
        _address = NotifyAddress.Of(environment.Socket);
        _retry = new Alarm(SendKept);
        _watchdog = new Alarm(Live);
        _extension = new Alarm(AskForTime);
        if (_address is null)
        {
            Problem = environment.Socket.Length == 0 ? null : "NOTIFY_SOCKET is neither the path of a socket nor an abstract name (@NAME), or is too long: no readiness is reported";
            return;
        }

        _watchdogMs = environment.WatchdogUs == 0 ? 0 : Math.Max(1, environment.WatchdogUs / 2 / 1000);
        _fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        Problem = _fd < 0 ? "readiness cannot be reported: socket: " + Errno.Name(_fd) + " " + Errno.Text(_fd) : null;
    }

    /// <summary>What keeps anything from being sent although somebody asks for it; null where nothing does.</summary>
    public string? Problem { get; }

    /// <summary>Reports that the daemon does its work, at the start and after a reload, and begins to show signs of life.</summary>
    /// <param name="status">What it does, in a few words.</param>
    public void Ready(string status)
    {
        Send("READY=1\nSTATUS=" + status);
        if (_fd >= 0 && _watchdogMs > 0 && !_watchdog.IsArmed)
        {
            Live();
        }
    }

    /// <summary>Reports that the configuration is being read anew; <see cref="Ready"/> ends it.</summary>
    public void Reloading() => Send("RELOADING=1\nMONOTONIC_USEC=" + (_reactor.Clock.NowNs / 1000).ToString() + "\nSTATUS=reading the configuration");

    /// <summary>Reports that the daemon ends, and asks for time until it has.</summary>
    public void Stopping()
    {
        Send("STOPPING=1\nSTATUS=shutting down, tasks run out");
        if (_fd >= 0)
        {
            AskForTime();
        }
    }

    /// <summary>Asks for the time that what is left needs, as the loop has ended and no timer comes any more.</summary>
    public void Closing() => Send(ExtendOnce);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd >= 0)
        {
            _ = Libc.close(_fd);
            _fd = -1;
        }
    }

    private void Live()
    {
        Send("WATCHDOG=1");
        Arm(_watchdog, _watchdogMs);
    }

    private void AskForTime()
    {
        Send(Extend);
        Arm(_extension, ExtendEveryMs);
    }

    private void Send(string text)
    {
        if (_fd < 0)
        {
            return;
        }

        byte[] message = Encoding.UTF8.GetBytes(text);
        if (_kept.Count == 0 && TrySend(message))
        {
            return;
        }

        // In the order in which it was said; of more than a manager will ever want to know the oldest goes.
        if (_kept.Count == MostKept)
        {
            _ = _kept.Dequeue();
        }

        _kept.Enqueue(message);
        if (!_retry.IsArmed)
        {
            _retryMs = FirstRetryMs;
            Arm(_retry, _retryMs);
        }
    }

    private void SendKept()
    {
        while (_kept.TryPeek(out byte[]? message))
        {
            if (!TrySend(message))
            {
                _retryMs = Math.Min(_retryMs * 2, LastRetryMs);
                Arm(_retry, _retryMs);
                return;
            }

            _ = _kept.Dequeue();
        }
    }

    /// <summary>Sends a message; false where there was no room for it. One that cannot be sent for another reason is done with.</summary>
    private bool TrySend(byte[] message)
    {
        int result;
        do
        {
            result = Libc.sendto(_fd, message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL, _address);
        }
        while (result == -Errno.EINTR);
        return result is not (-Errno.EAGAIN or -Errno.ENOBUFS or -Errno.ENOMEM);
    }

    private void Arm(Alarm alarm, long delayMs) => _reactor.Wheel.Arm(alarm, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, delayMs));

    private sealed class Alarm(Action action) : ActingTimer
    {
        public override void OnExpired() => action();
    }
}
