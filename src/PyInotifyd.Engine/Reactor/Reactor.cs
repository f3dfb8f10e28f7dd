using System;
using System.Threading;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Reactor;

/// <summary>Waits for descriptors and deadlines, and has everything that happens handled one after the other on one thread.</summary>
/// <remarks>
/// <para>
/// A step has eight phases, and their order is what the rest of the program relies on: (1) compute how long to wait (2) poll(2) (3) stamp the expiry
/// clock and take the mail (4) file events (5) the other ready sources in their order of registration, then the mail (6) timers that were due at the
/// stamp (7) start what may start (8) flush.
/// </para>
/// <para>
/// File events before everything: an event that cancels a delay and was in the kernel's queue before the delay ended wins over it, since the stamp is
/// taken before the queue is read. A child's exit and a worker's report come after the events that they caused, because both were seen by poll or taken
/// before the queue was read; for that the queue is read in every step in which anything else is to be done, flagged by poll or not. Timers after ends: what
/// a deadline would stop may just have ended by itself.
/// </para>
/// <para>
/// Everything that is left over (file events, mail that came meanwhile, pieces of a hook's work) sets the next timeout to zero instead of being done at
/// once, so nothing starves: each step gives each phase its turn.
/// </para>
/// <para>
/// While a flood of file events lasts, their source asks for rests (<see cref="IEventSource.RestMs"/>): poll then passes over it for a millisecond or two, so that the kernel need not wake
/// this thread for each event and what has come is read in one go. Everything else ends a rest at once, and the queue is read first then, as ever.
/// </para>
/// <para>
/// Idle means that poll waits without a timeout: no tick, no wake-up for housekeeping. With a deadline it waits exactly until then; the kernel may add up
/// to a thousandth of the wait, 0.1 s at most (select_estimate_accuracy in fs/select.c), which is never early and saves a second wake-up.
/// </para>
/// <para>
/// The loop catches nothing. An exception out of a handler, or an errno of poll that is not EINTR, leaves <see cref="Run"/> and is meant to end the
/// program: a loop that goes on after a surprise serves a state that nobody knows.
/// </para>
/// Owns: the mailbox's eventfd; sources own their descriptors.
/// Threads: one thread makes all calls except <see cref="Stop"/> and those of <see cref="Mailbox"/>.
/// Source: the phases follow redis ae.c and s6's iopause; poll(2), man-pages 6.
/// </remarks>
public sealed class Reactor : IDisposable
{
    private const int AlwaysReported = Libc.POLLERR | Libc.POLLHUP;

    private readonly ITimerSink _timerSink;
    private readonly PollTable _table;
    private IEventSource? _eventSource;
    private Hook[] _hooks = [];
    private bool _eventsLeft;
    private bool _workLeft;
    private int _restMs;
    private bool _inStep;
    private bool _disposed;
    private int _stopped;

    /// <summary>Makes a reactor that waits for nothing yet.</summary>
    /// <remarks>Errors: throws when no eventfd can be had.</remarks>
    public Reactor(IClock clock, ITimerSink timerSink)
    {
        Clock = clock;
        _timerSink = timerSink;
        ExpiryTick = MonotonicTime.ExpiryTick(clock.NowNs);
        Wheel = new TimerWheel(ExpiryTick);
        Mailbox = new Mailbox();
        _table = new PollTable(Mailbox.Fd);
    }

    /// <summary>
    /// Returns the clock of all deadlines. Deadlines are armed from a reading made after the cause was read, never from <see cref="ExpiryTick"/>.
    /// </summary>
    public IClock Clock { get; }

    /// <summary>Returns the timers.</summary>
    public TimerWheel Wheel { get; }

    /// <summary>Returns the way in for other threads.</summary>
    public Mailbox Mailbox { get; }

    /// <summary>Returns the tick at which this step counts deadlines as over: the clock as poll(2) returned.</summary>
    public long ExpiryTick { get; private set; }

    /// <summary>Says whether <see cref="Stop"/> has been called.</summary>
    public bool IsStopped => Volatile.Read(ref _stopped) != 0;

    /// <summary>Gets or sets the source that is drained first in a step; null for none.</summary>
    /// <remarks>Set it anew when its descriptor changes.</remarks>
    public IEventSource? EventSource
    {
        get => _eventSource;
        set
        {
            _eventSource = value;
            _eventsLeft = false;
            _restMs = 0;
            _table.SetEventFd(value?.Fd ?? -1);
        }
    }

    /// <summary>Returns how long the next step would wait: milliseconds, 0 when work is there, -1 without end.</summary>
    public int NextTimeoutMs
    {
        get
        {
            if ((_eventsLeft && _restMs == 0) || _workLeft || Mailbox.HasMail)
            {
                return 0;
            }

            long next = Wheel.NextExpiry;
            int timeout = next == long.MaxValue ? -1 : MonotonicTime.TimeoutMs(Clock.NowNs, next);
            return _restMs != 0 && (uint)timeout > (uint)_restMs ? _restMs : timeout;
        }
    }

    /// <summary>Waits for <paramref name="source"/> from the next step on.</summary>
    /// <remarks>
    /// Errors: a descriptor that is registered already throws: someone closed it without removing its source.
    /// Cost: O(1).   Owns: nothing; the source closes its descriptor after <see cref="Remove"/>.
    /// </remarks>
    public void Add(IPollSource source) => _table.Add(source);

    /// <summary>Waits for <paramref name="source"/> no more and returns whether it was registered; it is not called any more, in this step neither.</summary>
    /// <remarks>Cost: O(1).</remarks>
    public bool Remove(IPollSource source) => _table.Remove(source);

    /// <summary>
    /// Takes over a change of <see cref="IPollSource.Events"/> and returns whether the source is registered; what poll saw but is no longer wanted is not
    /// reported.
    /// </summary>
    /// <remarks>Cost: O(1).</remarks>
    public bool Update(IPollSource source) => _table.Update(source);

    /// <summary>Has <paramref name="hook"/> run in every step from the next one on.</summary>
    public void AddHook(StepPhase phase, IStepHook hook)
    {
        // A new array each time: the one that a step is walking through stays as it is.
        int at = _hooks.Length;
        while (at > 0 && _hooks[at - 1].Phase > phase)
        {
            at--;
        }

        Hook[] hooks = new Hook[_hooks.Length + 1];
        Array.Copy(_hooks, hooks, at);
        hooks[at] = new Hook(phase, hook);
        Array.Copy(_hooks, at, hooks, at + 1, _hooks.Length - at);
        _hooks = hooks;
    }

    /// <summary>Runs steps until <see cref="Stop"/>.</summary>
    /// <remarks>
    /// Errors: whatever a handler threw; an errno of poll(2) other than EINTR as InvalidOperationException. The reactor is of no use after that.
    /// </remarks>
    public void Run()
    {
        while (!IsStopped)
        {
            Step();
        }
    }

    /// <summary>Has <see cref="Run"/> return after the present step; once stopped, it stays so.</summary>
    /// <remarks>Threads: any.</remarks>
    public void Stop()
    {
        Volatile.Write(ref _stopped, 1);
        Mailbox.Wake();
    }

    /// <summary>Does one step and returns whether anything happened in it or is left for the next: false means that all is quiet.</summary>
    /// <param name="maxWaitMs">Milliseconds to wait at most; negative: until something happens. With a manual clock pass 0, since such a clock does not
    /// end a wait.</param>
    /// <remarks>
    /// Errors: as <see cref="Run"/>. A call out of a handler throws.
    /// Cost: one poll(2) and two readings of the clock at most; no allocation.
    /// </remarks>
    public bool Step(int maxWaitMs = -1)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_inStep)
        {
            throw new InvalidOperationException("a handler must not step the reactor that runs it");
        }

        _inStep = true;
        try
        {
            int timeout = NextTimeoutMs;
            if (maxWaitMs >= 0 && (uint)timeout > (uint)maxWaitMs)
            {
                timeout = maxWaitMs;
            }

            bool rested = _restMs != 0 && timeout != 0;
            int ready = Poll(timeout, rested);
            ExpiryTick = MonotonicTime.ExpiryTick(Clock.NowNs);
            int polled = _table.Count;
            bool busy = ready > 0 || rested || _eventsLeft || Mailbox.HasTaken || Wheel.NextExpiry <= ExpiryTick;
            if (busy)
            {
                DrainEvents(ready);
                CallReadySources(ready, polled);
                Mailbox.Deliver();
            }

            ExpireTimers();
            RunHooks();
            return busy || _eventsLeft || _workLeft;
        }
        finally
        {
            _inStep = false;
        }
    }

    /// <summary>Closes the mailbox: what is posted from now on is refused.</summary>
    public void Dispose()
    {
        _disposed = true;
        Mailbox.Close();
    }

    private int Poll(int timeout, bool isResting)
    {
        _table.Compact();
        if (isResting)
        {
            _table.SetEventResting(true);
        }

        if (timeout != 0 && !Mailbox.TryFallAsleep())
        {
            timeout = 0;
        }

        int ready = Libc.poll(_table.Entries, timeout);
        if (isResting)
        {
            _table.SetEventResting(false);
        }

        Mailbox.WakeUp();
        if (ready >= 0)
        {
            return ready;
        }

        if (ready == -Errno.EINTR)
        {
            // A stop and a continue, a debugger: nothing was reported, and what is in the array may be the results of the call before.
            return 0;
        }

        throw new InvalidOperationException("poll of " + _table.Count.ToString() + " descriptors: " + Errno.Name(ready) + " (" + Errno.Text(ready) + ")");
    }

    private void DrainEvents(int ready)
    {
        if (_eventSource is not { } source)
        {
            return;
        }

        // Whether or not poll flagged it: poll looks at one descriptor after the other, so a child may write its last file after the queue was looked
        // at and exit before its own descriptor is. The same goes for mail, and for a timer that ends between poll's return and the stamp.
        if (ready > 0)
        {
            ThrowIfClosed(_table.Entries[PollTable.EventIndex].revents, _table.Entries[PollTable.EventIndex].fd);
        }

        bool left = source.Drain();

        // A source that had itself replaced while it was drained does not speak for its successor.
        bool isSame = ReferenceEquals(source, _eventSource);
        _eventsLeft = left && isSame;
        _restMs = isSame ? source.RestMs : 0;
    }

    private void CallReadySources(int ready, int polled)
    {
        if (ready <= 0)
        {
            return;
        }

        ThrowIfClosed(_table.Entries[PollTable.MailIndex].revents, Mailbox.Fd);
        for (int index = PollTable.FirstSource; index < polled; index++)
        {
            pollfd entry = _table.Entries[index];
            if (entry.revents == 0 || _table.SourceAt(index) is not { } source)
            {
                continue;
            }

            ThrowIfClosed(entry.revents, entry.fd);
            int wanted = entry.revents & (entry.events | AlwaysReported);
            if (wanted != 0)
            {
                source.OnReady((short)wanted);
            }
        }
    }

    private void ExpireTimers()
    {
        Wheel.TakeDue(ExpiryTick);
        while (Wheel.TryNext(out TimerEntry? entry))
        {
            _timerSink.OnExpired(entry);
        }
    }

    private void RunHooks()
    {
        _workLeft = false;
        foreach (Hook hook in _hooks)
        {
            _workLeft |= hook.Target.OnStep();
        }
    }

    private static void ThrowIfClosed(int revents, int fd)
    {
        if ((revents & Libc.POLLNVAL) != 0)
        {
            throw new InvalidOperationException("descriptor " + fd.ToString() + " was closed while the reactor still waited for it");
        }
    }

    private readonly struct Hook(StepPhase phase, IStepHook target)
    {
        public readonly StepPhase Phase = phase;
        public readonly IStepHook Target = target;
    }
}
