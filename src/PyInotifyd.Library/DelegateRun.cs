using System;
using System.Threading;
using System.Threading.Tasks;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Library;

/// <summary>One try of a job: the delegate on the thread pool, and the mail that says how it ended.</summary>
/// <remarks>Threads: <see cref="Execute"/> the pool's; the rest reactor.</remarks>
internal sealed class DelegateRun : IThreadPoolWorkItem, IMail
{
    private readonly DelegateJob _job;
    private readonly Mailbox _mailbox;
    private readonly Func<FileEvent, JobContext, CancellationToken, ValueTask> _body;
    private readonly FileEvent _event;
    private readonly JobContext _context;
    private readonly CancellationTokenSource _stop = new();

    public DelegateRun(DelegateJob job, Mailbox mailbox, TaskEntry task, DelegateJobSpec spec, JobContext context)
    {
        (_job, _mailbox, Task, _body, _event, _context) = (job, mailbox, task, spec.Body, new FileEvent(task), context);
    }

    /// <summary>The task; null when its end has been reported.</summary>
    public TaskEntry? Task { get; set; }

    /// <summary>What the delegate threw; null: nothing.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether the delegate has ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Has the pool run the delegate.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>Cancels the token; what is registered with it runs on the pool.</summary>
    public void Cancel()
    {
        if (!_stop.IsCancellationRequested)
        {
            _ = _stop.CancelAsync();
        }
    }

    /// <summary>Has the end reported though the delegate goes on.</summary>
    public void GiveUp() => _ = _mailbox.Post(() => _job.End(this));

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => _ = Execute();

    /// <inheritdoc/>
    void IMail.Deliver()
    {
        HasEnded = true;
        _job.End(this);
    }

    private async Task Execute()
    {
        try
        {
            await _body(_event, _context, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Whatever it is, it is the job's: the try has failed, and the log says why.
            Error = error;
        }

        _ = _mailbox.Post(this);
    }
}
