using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <content>Groups of stopped tasks.</content>
/// <remarks>
/// Of a shell that is told to end, mostly nothing but the shell ends at once: what it has started may take its time or ignore SIGTERM. The task runs until its group is empty, so that it is killed if need be and
/// a restarted one never works beside what is left of it. No descriptor tells when a group is empty, so it is asked after, ever more seldom. The id of a group is not given to anybody while somebody is in it.
/// A task that ends by itself may leave behind whom it likes.
/// </remarks>
public sealed partial class ChildTable
{
    internal const int FirstLookMs = 2;
    private const int LastLookMs = 100;

    /// <summary>Sends a signal to a child's group; 0, or minus errno: ESRCH where nobody is left.</summary>
    /// <remarks>SIGCONT follows SIGTERM, so that a stopped process can act on it.</remarks>
    internal static int Signal(Child child, bool kill)
    {
        if (child.IsReaped && !child.AwaitsGroup)
        {
            return -Errno.ESRCH;
        }

        child.IsStopping = true;
        child.IsKilled |= kill;
        int result = Libc.kill(-child.Pid, kill ? Libc.SIGKILL : Libc.SIGTERM);
        if (result == 0 && !kill)
        {
            _ = Libc.kill(-child.Pid, Libc.SIGCONT);
        }

        return result;
    }

    /// <summary>Looks after the group of a reaped child again: its task ends, or the next look is later.</summary>
    internal void LookAfterGroup(Child child)
    {
        if (IsGroupLeft(child))
        {
            GroupTimer timer = child.GroupTimer!;
            timer.WaitMs = int.Min(timer.WaitMs * 2, LastLookMs);
            _reactor.Wheel.Arm(timer, MonotonicTime.DeadlineTick(NowNs, timer.WaitMs));
            return;
        }

        (child.AwaitsGroup, child.IsStopping) = (false, false);
        EndIfDrained(child);
    }

    private bool MustAwaitGroup(Child child)
    {
        if (child.AwaitsGroup)
        {
            return true;
        }

        if (!child.IsStopping || !IsGroupLeft(child))
        {
            return false;
        }

        child.AwaitsGroup = true;
        child.GroupTimer ??= new GroupTimer(this, child);
        child.GroupTimer.WaitMs = FirstLookMs;
        _reactor.Wheel.Arm(child.GroupTimer, MonotonicTime.DeadlineTick(NowNs, FirstLookMs));
        return true;
    }

    // Those that were killed are as good as gone, even if whoever has to reap them never does. Those that may not be signalled cannot be waited for.
    private static bool IsGroupLeft(Child child) => !child.IsKilled && Libc.kill(-child.Pid, 0) == 0;

    private void CancelWait(Child child)
    {
        if (child.GroupTimer is { IsArmed: true } timer)
        {
            _reactor.Wheel.Cancel(timer);
        }
    }
}
