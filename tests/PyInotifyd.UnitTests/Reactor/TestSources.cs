using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Reactor;

/// <summary>A source on an eventfd: ready when the test says so, until it is cleared.</summary>
internal sealed class EventFdSource : IPollSource, IEventSource, IDisposable
{
    private readonly List<string> _log;
    private readonly string _name;
    private bool _left;

    public EventFdSource(string name, List<string> log)
    {
        _name = name;
        _log = log;
        Fd = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        Assert.True(Fd >= 0);
    }

    public int Fd { get; }

    public short Events { get; set; } = (short)Libc.POLLIN;

    /// <summary>What <see cref="Drain"/> returns, one after the other; false when all are used up.</summary>
    public Queue<bool> Left { get; } = new();

    public Action? Action { get; set; }

    /// <summary>How long it asks for a rest after the next drain; once.</summary>
    public int NextRestMs { get; set; }

    public int RestMs { get; private set; }

    public short LastEvents { get; private set; }

    public EventFdSource MakeReady()
    {
        Assert.Equal(8, Libc.write(Fd, [1, 0, 0, 0, 0, 0, 0, 0]));
        return this;
    }

    public bool Clear() => Libc.read(Fd, stackalloc byte[8]) > 0;

    public void OnReady(short revents)
    {
        LastEvents = revents;
        _log.Add(_name);
        Clear();
        Action?.Invoke();
    }

    public bool Drain()
    {
        (RestMs, NextRestMs) = (NextRestMs, 0);
        if (Clear() | _left)
        {
            _log.Add(_name);
            Action?.Invoke();
            _left = Left.Count > 0 && Left.Dequeue();
        }

        return _left;
    }

    public void Dispose() => Libc.close(Fd);
}

/// <summary>A timer that writes its name into the log.</summary>
internal sealed class NamedTimer(string name) : TimerEntry
{
    public string Name { get; } = name;

    public Action? Action { get; set; }
}

/// <summary>Writes the names of expired timers into the log.</summary>
internal sealed class LoggingTimerSink(List<string> log) : ITimerSink
{
    public void OnExpired(TimerEntry entry)
    {
        NamedTimer timer = (NamedTimer)entry;
        log.Add(timer.Name);
        timer.Action?.Invoke();
    }
}

/// <summary>A hook that writes its name into the log.</summary>
internal sealed class LoggingHook(string name, List<string> log) : IStepHook
{
    /// <summary>In how many of the next steps it says that work is left.</summary>
    public int Left { get; set; }

    public bool OnStep()
    {
        log.Add(name);
        return Left-- > 0;
    }
}

/// <summary>Mail that writes its name into the log.</summary>
internal sealed class LoggingMail(string name, List<string> log) : IMail
{
    public void Deliver() => log.Add(name);
}
