using System;
using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>The threads that the file manager works in, and what its schedulers share.</summary>
/// <remarks>
/// A few threads, made when there is work; one that has none sleeps without waking up. An action that takes long no longer counts among the few, so that another thread may be
/// made for what waits behind it, up to a limit; threads beyond the few end when they find no work. So large copies hold up small ones only where very many of them run at once.
/// Threads: <see cref="TryEnqueue"/> and <see cref="Close"/> reactor; the rest as it says.
/// </remarks>
internal sealed class FilePool
{
    private const int LongAfterMs = 100;
    private const int MaxThreads = 16;
    private const int StackSize = 256 << 10;

    private readonly object _gate = new();
    private readonly Queue<FileAction> _queue = new();
    private readonly Dictionary<string, RuleSet> _rules = new(StringComparer.Ordinal);
    private readonly int _few = Math.Clamp(Environment.ProcessorCount, 2, 4);
    private int _threads;
    private int _idle;
    private int _long;
    private bool _isClosed;

    /// <summary>Makes a pool without threads.</summary>
    /// <param name="mailbox">Where ends are reported.</param>
    /// <param name="journal">Where temporary names are kept.</param>
    public FilePool(Mailbox mailbox, TemporaryJournal journal)
    {
        (Mailbox, Journal) = (mailbox, journal);
    }

    /// <summary>Where ends are reported.</summary>
    public Mailbox Mailbox { get; }

    /// <summary>Where temporary names are kept.</summary>
    public TemporaryJournal Journal { get; }

    /// <summary>The files as the actions left them.</summary>
    public OwnWrites OwnWrites { get; } = new();

    /// <summary>Gets or sets whether files are made under temporary names even where they could do without; for tests.</summary>
    public bool AvoidsUnnamed { get; set; }

    /// <summary>Number of threads.</summary>
    public int ThreadCount
    {
        get
        {
            lock (_gate)
            {
                return _threads;
            }
        }
    }

    /// <summary>Makes the rules of a scheduler known to all.</summary>
    public void Register(string scheduler, RuleSet rules) => _rules[scheduler] = rules;

    /// <summary>Whether a rule of any scheduler may match a path or something below it.</summary>
    public bool MayMatchAt(ReadOnlySpan<byte> path)
    {
        foreach (RuleSet rules in _rules.Values)
        {
            if (rules.MayMatchAt(path))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Has an action carried out, after those that wait already; false where there is no thread and none is to be had (too many processes, no memory).</summary>
    public bool TryEnqueue(FileAction action)
    {
        lock (_gate)
        {
            _queue.Enqueue(action);
            if (_idle > 0)
            {
                Monitor.Pulse(_gate);
            }

            if (_queue.Count > _idle)
            {
                AddThread();
            }

            if (_threads == 0)
            {
                _queue.Clear();
                return false;
            }
        }

        return true;
    }

    /// <summary>Says that an action goes on; one that has taken long makes room for others.</summary>
    /// <remarks>Threads: the action's.</remarks>
    public void Progress(long startedMs, ref bool isLong)
    {
        if (isLong || Environment.TickCount64 - startedMs < LongAfterMs)
        {
            return;
        }

        isLong = true;
        lock (_gate)
        {
            _long++;
            if (_queue.Count > _idle)
            {
                AddThread();
            }
        }
    }

    /// <summary>Lets the threads end when they have done what they are at.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _queue.Clear();
            Monitor.PulseAll(_gate);
        }
    }

    // Called with the lock held.
    private void AddThread()
    {
        if (_threads - _long >= _few || _threads >= MaxThreads || _isClosed)
        {
            return;
        }

        Thread thread = new(Run, StackSize) { IsBackground = true, Name = "files" };
        try
        {
            thread.Start();
            _threads++;
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            // The system has no room for another thread; those that are there take it.
        }
    }

    private void Run()
    {
        FileWorker worker = new();
        while (true)
        {
            FileAction action;
            lock (_gate)
            {
                while (_queue.Count == 0)
                {
                    if (_isClosed || _threads - _long > _few)
                    {
                        _threads--;
                        return;
                    }

                    _idle++;
                    Monitor.Wait(_gate);
                    _idle--;
                }

                action = _queue.Dequeue();
            }

            action.Run(worker, out bool wasLong);
            if (wasLong)
            {
                lock (_gate)
                {
                    _long--;
                }
            }

            _ = Mailbox.Post(action);
        }
    }
}
