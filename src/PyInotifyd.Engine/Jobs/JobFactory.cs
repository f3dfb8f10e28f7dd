using System;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Jobs.Workers;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Makes the job of a scheduler out of its specification.</summary>
/// <remarks>Threads: reactor only.</remarks>
public sealed class JobFactory : IJobFactory, IDisposable
{
    private readonly ChildTable _children;
    private readonly Log _log;
    private readonly Mailbox _mailbox;
    private readonly WorkerSet? _workers;
    private readonly TemporaryJournal _journal;
    private FilePool? _pool;

    /// <summary>Makes a factory whose jobs share processes, threads and loggers.</summary>
    /// <param name="children">Where processes are kept.</param>
    /// <param name="log">Where messages go.</param>
    /// <param name="mailbox">Where threads report.</param>
    /// <param name="runtimeDirectory">Absolute path of the directory in which the file manager writes down its temporary files; null: nowhere, then those of a killed run stay.</param>
    /// <param name="workers">Runs jobs of workers; null: there are none.</param>
    public JobFactory(ChildTable children, Log log, Mailbox mailbox, byte[]? runtimeDirectory = null, WorkerSet? workers = null)
    {
        _workers = workers;
        _children = children;
        _log = log;
        _mailbox = mailbox;
        _journal = new TemporaryJournal(runtimeDirectory);
    }

    /// <inheritdoc/>
    /// <remarks>Errors: a job of a worker where there are none, or a kind of job that it does not know → NotSupportedException.</remarks>
    public IJob Create(SchedulerSpec spec, ITaskEndSink ends) => spec.Job switch
    {
        ShellJobSpec or ExecJobSpec => new CommandJob(_children, spec, _log.GetLogger(spec.LogName), ends),
        FileManagerJobSpec => new FileRuleJob(Pool, spec, _log.GetLogger(spec.LogName), ends),
        WorkerJobSpec when _workers is not null => new WorkerJob(_workers, spec, _log.GetLogger(spec.LogName), ends),
        _ => throw new NotSupportedException("scheduler " + spec.Name + ": this kind of job is not supported here"),
    };

    // Made with the first file manager, so that other configurations pay nothing for it.
    private FilePool Pool
    {
        get
        {
            if (_pool is null)
            {
                _pool = new FilePool(_mailbox, _journal);
                if (_journal.HasLeftovers())
                {
                    Recover(_pool);
                }
            }

            return _pool;
        }
    }

    /// <summary>Lets the threads end.</summary>
    public void Dispose()
    {
        _pool?.Close();
        _journal.Dispose();
    }

    private void Recover(FilePool pool)
    {
        Logger logger = _log.GetLogger("daemon");
        FileAction action = new(pool, FileRule.Removal, "", [], ended =>
        {
            foreach ((string text, bool isWarning) in ended.Messages)
            {
                logger.Write(isWarning ? LogLevel.Warning : LogLevel.Info, text);
            }
        })
        {
            Work = _journal.Recover,
        };
        _ = pool.TryEnqueue(action);
    }
}
