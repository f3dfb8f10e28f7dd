using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>A process that runs for a task or as a worker, from its start until it is reaped and its output is read; a source that is ready when it has ended.</summary>
/// <remarks>
/// A child lives in three states: running (its process exists and may be signalled), reaped (the process id belongs to nobody any more, unless others are left in its group; what was in its pipes is being read),
/// and back in the pool.
/// Owns: the pidfd.   Threads: reactor only.
/// </remarks>
internal sealed class Child : IPollSource
{
    private readonly ChildTable _table;

    public Child(ChildTable table)
    {
        _table = table;
    }

    /// <summary>Gets the pidfd; -1 where none could be had, then the end is learnt from SIGCHLD.</summary>
    public int Fd { get; private set; } = -1;

    public short Events => (short)Libc.POLLIN;

    /// <summary>Gets whose process it is.</summary>
    public IChildOwner? Owner { get; private set; }

    /// <summary>Gets the task that it runs for; null: none.</summary>
    public TaskEntry? Task { get; private set; }

    /// <summary>Gets the process id, which is also that of its group.</summary>
    public int Pid { get; private set; }

    /// <summary>Gets or sets its place in the list of the table.</summary>
    public int Index { get; set; }

    /// <summary>Gets or sets the record of the launcher that the process was started as; -1: none.</summary>
    public int Record { get; set; } = -1;

    public ChildOutput? Output { get; set; }

    public ChildOutput? Errors { get; set; }

    /// <summary>Gets whether the process is gone; from then on its id must not be used.</summary>
    public bool IsReaped { get; private set; }

    /// <summary>Gets how it ended: a CLD_ constant, 0 where somebody else has reaped it.</summary>
    public int EndCode { get; private set; }

    /// <summary>Gets its exit status, or the signal that ended it.</summary>
    public int EndStatus { get; private set; }

    /// <summary>Gets or sets whether its group was told to end: then its task runs until nobody is left in the group.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Gets or sets whether its group was killed.</summary>
    public bool IsKilled { get; set; }

    /// <summary>Gets or sets whether it is reaped and somebody is left in its group, whose id is therefore still taken.</summary>
    public bool AwaitsGroup { get; set; }

    /// <summary>Gets or sets what looks after the group; made for the first task that has to be stopped.</summary>
    public GroupTimer? GroupTimer { get; set; }

    public void Begin(IChildOwner owner, TaskEntry? task, int pid, int pidfd)
    {
        (Owner, Task, Pid, Fd) = (owner, task, pid, pidfd);
        (IsReaped, IsStopping, IsKilled, AwaitsGroup) = (false, false, false, false);
    }

    public void OnReady(short revents) => _table.TryReap(this);

    public void SetReaped(int code, int status)
    {
        (IsReaped, EndCode, EndStatus) = (true, code, status);
        Fd = -1;
    }

    /// <summary>Lets go of the task, so that a pooled object keeps nothing alive.</summary>
    public void Clear() => (Owner, Task, Output, Errors) = (null, null, null, null);
}
