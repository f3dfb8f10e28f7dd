using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Library;

/// <summary>Makes the jobs of schedulers out of delegates, and knows those that do not end when they should.</summary>
/// <remarks>
/// A thread cannot be killed. So a job that does not heed its token keeps its path as long as it runs: its try has failed only when it has ended, and nothing
/// of the same path starts meanwhile. The end of the daemon alone does not wait for it, once the time for an orderly end is over.
/// Threads: reactor only.
/// </remarks>
internal sealed class DelegateJobs : ActingTimer, IJobFactory
{
    private readonly Log _log;
    private readonly HashSet<DelegateRun> _stuck = [];
    private bool _isOver;

    public DelegateJobs(Log log)
    {
        _log = log;
    }

    /// <summary>Where ends are reported; null before the engine is there.</summary>
    public Mailbox? Mailbox { get; private set; }

    /// <summary>Where jobs write messages.</summary>
    public LogMail? LogMail { get; private set; }

    /// <summary>Takes what belongs to an engine; to be called before it starts.</summary>
    public void Attach(Mailbox mailbox) => (Mailbox, LogMail) = (mailbox, new LogMail(_log, mailbox));

    /// <inheritdoc/>
    public IJob Create(SchedulerSpec spec, ITaskEndSink ends) => new DelegateJob(this, spec, _log.GetLogger(spec.LogName), ends);

    /// <summary>Has jobs that heed nothing be given up when the time for an orderly end is over.</summary>
    public void BeginShutdown(Reactor reactor, long timeoutMs) =>
        reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(reactor.Clock.NowNs, timeoutMs) + 1);

    /// <summary>Takes a run that did not end in time after its token was cancelled; true where it is not waited for any longer.</summary>
    public bool TryGiveUp(DelegateRun run)
    {
        if (_isOver)
        {
            run.GiveUp();
        }
        else
        {
            _stuck.Add(run);
        }

        return _isOver;
    }

    /// <summary>Forgets a run that has ended.</summary>
    public void Forget(DelegateRun run) => _stuck.Remove(run);

    /// <inheritdoc/>
    public override void OnExpired()
    {
        _isOver = true;
        foreach (DelegateRun run in _stuck)
        {
            run.GiveUp();
        }

        _stuck.Clear();
    }
}
