using System;
using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>One try to move, copy or delete something.</summary>
/// <remarks>
/// <para>
/// Made by the reactor, carried out by a thread of the pool, then delivered to the reactor as mail. This part holds what all actions share; <c>FileAction.Steps.cs</c> the actions.
/// </para>
/// <para>
/// Source and destination are each a name in a directory that is opened first, without links below the watch and below the fixed part of the destination; from there on nothing is done by path. What is
/// copied appears under its name when it is complete; what fails, or is stopped, is taken back and leaves the source as it was.
/// </para>
/// Threads: one after the other; <see cref="RequestStop"/> any.
/// </remarks>
internal sealed partial class FileAction : IMail
{
    /// <summary>So many actions of file managers may follow from each other.</summary>
    public const int MaxHops = 32;

    private const uint Leave = uint.MaxValue;

    private readonly Action<FileAction> _ended;
    private readonly List<(string Text, bool IsWarning)> _messages = [];
    private volatile bool _stop;
    private bool _isLong;
    private bool _pastReturn;
    private long _startedMs;
    private int _hops;
    private int _ownArrivals;

    /// <summary>Makes an action that has not begun.</summary>
    /// <param name="pool">What it shares with others.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="scheduler">The scheduler's name.</param>
    /// <param name="source">The path that the rule matched.</param>
    /// <param name="ended">Gets it on the reactor's thread, at its end.</param>
    public FileAction(FilePool pool, FileRule rule, string scheduler, byte[] source, Action<FileAction> ended)
    {
        (Pool, Rule, Scheduler, Source, _ended) = (pool, rule, scheduler, source, ended);
    }

    /// <summary>What it shares with others.</summary>
    public FilePool Pool { get; }

    /// <summary>The rule.</summary>
    public FileRule Rule { get; }

    /// <summary>The scheduler's name.</summary>
    public string Scheduler { get; }

    /// <summary>The task; the reactor's, not touched by the pool.</summary>
    public TaskEntry? Task { get; init; }

    /// <summary>The path that the rule matched.</summary>
    public byte[] Source { get; }

    /// <summary>So much of the source may contain links: the watch's root.</summary>
    public int SourceAnchor { get; init; }

    /// <summary>The destination; null for delete.</summary>
    public byte[]? Destination { get; init; }

    /// <summary>So much of the destination may contain links.</summary>
    public int DestinationAnchor { get; init; }

    /// <summary>Whether a rule of some scheduler may match the destination, so that what is written there is remembered.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>Something else than a rule, done in the pool.</summary>
    public Action<FileAction>? Work { get; init; }

    /// <summary>How it ended.</summary>
    public TaskOutcome Outcome { get; private set; } = TaskOutcome.Success;

    /// <summary>Whether the path was gone, so that there was nothing to do.</summary>
    public bool WasGone { get; private set; }

    /// <summary>Whether it was not begun because it is the end of a chain of actions that feed each other.</summary>
    public bool IsLoop { get; private set; }

    /// <summary>What it wants to be logged.</summary>
    public IReadOnlyList<(string Text, bool IsWarning)> Messages => _messages;

    internal FileWorker Worker { get; private set; } = null!;

    internal TemporaryJournal Journal => Pool.Journal;

    internal bool IsRoot { get; } = Libc.geteuid() == 0;

    internal uint Uid { get; private set; } = Leave;

    internal uint Gid { get; private set; } = Leave;

    internal bool FollowsLinks => Rule.Spec.FollowSymlinks && Rule.Spec.Action == RuleAction.Copy;

    /// <summary>Whether something that came to the source's name is what this action has exchanged the source for; once for each time.</summary>
    public bool TakeOwnArrival()
    {
        if (Volatile.Read(ref _ownArrivals) == 0)
        {
            return false;
        }

        Interlocked.Decrement(ref _ownArrivals);
        return true;
    }

    /// <summary>Asks it to take back what it has begun.</summary>
    public void RequestStop() => _stop = true;

    /// <summary>Carries it out.</summary>
    /// <param name="worker">Buffers of the thread.</param>
    /// <param name="wasLong">Whether the pool counts it among the long ones.</param>
    public void Run(FileWorker worker, out bool wasLong)
    {
        Worker = worker;
        _startedMs = Environment.TickCount64;
        try
        {
            if (Work is not null)
            {
                _pastReturn = true;
                Work(this);
            }
            else
            {
                Execute();
            }
        }
        catch (FileFailure failure)
        {
            Outcome = failure.IsTemporary && !_stop ? TaskOutcome.Short(Unable() + failure.Message) : TaskOutcome.Failure(Unable() + failure.Message);
        }
        catch (Exception error) when (error is OutOfMemoryException or InvalidOperationException or IndexOutOfRangeException or ArgumentException)
        {
            // A mistake in this program ends the one action, not the daemon's watching of everything else.
            Outcome = TaskOutcome.Failure(Unable() + "unexpected " + error.GetType().Name + ": " + error.Message);
        }

        Worker = null!;
        wasLong = _isLong;
    }

    /// <inheritdoc/>
    public void Deliver() => _ended(this);

    /// <summary>Throws where a stop was asked for, unless the action is past the point from which it can only go on.</summary>
    internal void CheckStop()
    {
        Pool.Progress(_startedMs, ref _isLong);
        if (_stop && !_pastReturn)
        {
            throw FileFailure.Stopped();
        }
    }

    /// <summary>Has something logged at the end.</summary>
    internal void Say(string text, bool isWarning = false) => _messages.Add((text, isWarning));

    /// <summary>Remembers that a file is as this action leaves it, if anybody might take it for somebody else's.</summary>
    internal void RecordWrite(int fd)
    {
        if (IsRecorded && Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx file) == 0)
        {
            Pool.OwnWrites.Complete(in file, Scheduler, _hops + 1);
        }
    }

    /// <summary>The same, of a name in a directory.</summary>
    internal void RecordEntry(int directory, ReadOnlySpan<byte> terminatedName)
    {
        if (IsRecorded && Place.Stat(directory, terminatedName, out statx file) == 0)
        {
            Pool.OwnWrites.Complete(in file, Scheduler, _hops + 1);
        }
    }

    /// <summary>Throws where a file that is to be removed afterwards was written while it was copied.</summary>
    internal void CheckUnchanged(int fd, in statx before)
    {
        FileFailure.Check(Libc.statx(fd, Libc.STATX_BASIC_STATS, out statx now), "");
        if (now.stx_ctime.Nanoseconds != before.stx_ctime.Nanoseconds || now.stx_size != before.stx_size)
        {
            throw new FileFailure("it was changed while it was copied; it stays as it is and is to be moved when nobody writes to it (wait_stable, delay)");
        }
    }

    /// <summary>Removes a file or a whole directory, and is not stopped in it.</summary>
    internal void RemoveWhatever(Place place, byte[] terminatedName, in statx found)
    {
        _pastReturn = true;
        if (found.Type == Libc.S_IFDIR)
        {
            TreeDelete.Delete(this, place.Directory, terminatedName);
            return;
        }

        FileFailure.Check(Libc.unlinkat(place.Directory, terminatedName, 0), "remove: ");
    }

    /// <summary>Returns the failure of an action whose destination is there and may not be replaced.</summary>
    internal static FileFailure Exists() => new("EEXIST the destination exists; remove it or set override", Errno.EEXIST);

    /// <summary>Returns the failure of an action that would put a file in the place of a directory.</summary>
    internal static FileFailure FileOverDirectory() => new("EISDIR the destination is a directory, which no file replaces", Errno.EISDIR);

    private string Unable() =>
        Destination is null
            ? "unable to " + Rule.Verb + " " + FileFailure.Quote(Source) + ": "
            : "unable to " + Rule.Verb + " " + FileFailure.Quote(Source) + " to " + FileFailure.Quote(Destination) + ": ";

    private void ResolveOwner()
    {
        if (Rule.Spec.User is null && Rule.Spec.Group is null)
        {
            return;
        }

        // Asked for by each action: accounts may be added while the daemon runs.
        Accounts accounts = new();
        uint id;
        if (Rule.Spec.User is { } user)
        {
            Uid = accounts.TryFindUser(user, out id) ? id : throw new FileFailure("there is no user '" + user + "'; add it or give its number");
        }

        if (Rule.Spec.Group is { } group)
        {
            Gid = accounts.TryFindGroup(group, out id) ? id : throw new FileFailure("there is no group '" + group + "'; add it or give its number");
        }
    }
}
