using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Library;

/// <summary>Watches files and directories and runs jobs, as the program <c>pyinotifyd</c> does and with the same engine, but with jobs that are code.</summary>
/// <remarks>
/// <para>
/// <see cref="Run"/> is for a program that does nothing else, <see cref="RunAsync"/> for one that does; either may be called, once. One thread reads the
/// events and owns all state; jobs run on the thread pool, and the receiver of the log on a thread of its own, so that neither holds up the events.
/// </para>
/// <para>
/// The process ignores SIGIO from the start on: leases tell whether a file is open for writing, and breaking one sends it.
/// </para>
/// Threads: any.
/// </remarks>
public sealed class Daemon
{
    private readonly object _gate = new();
    private readonly Action<LogMessage>? _receiver;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Action<DaemonLoop>> _early = [];
    private readonly EngineSpec _spec;
    private readonly LogLevels _levels;
    private readonly UnixPath _stateFile;
    private DaemonLoop? _loop;
    private bool _hasRun;
    private bool _hasEnded;

    /// <summary>Makes a daemon; nothing happens before it runs.</summary>
    /// <param name="setup">What it does.</param>
    /// <param name="log">Gets the messages, one after the other; null: they go to standard error, as those of the program.</param>
    /// <remarks>Errors: a setup that cannot be (two schedulers of one name) → ArgumentException.</remarks>
    public Daemon(Setup setup, Action<LogMessage>? log = null)
    {
        ArgumentNullException.ThrowIfNull(setup);
        (_spec, _stateFile, _levels, _receiver) = (setup.ToSpec(), setup.StatePath(), new LogLevels(setup), log);
    }

    /// <summary>Is done when everything is watched: what happens to files from then on is seen. It is cancelled where that does not come about.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs until TERM, INT or <see cref="Stop"/> ends it, and returns the exit status for the program: 0 after an orderly end, else 1.</summary>
    /// <remarks>A second TERM or INT ends it at once.   Errors: as <see cref="RunAsync"/>.</remarks>
    public int Run()
    {
        int signals = 0;
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            string name = context.Signal == PosixSignal.SIGTERM ? "SIGTERM" : "SIGINT";
            bool isFirst = Interlocked.Increment(ref signals) == 1;
            Tell(loop => loop.OnSignal(name, isFirst));
        }

        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        return RunAsync().GetAwaiter().GetResult() ? 0 : 1;
    }

    /// <summary>Runs until <see cref="Stop"/>, or until a token is cancelled, and says whether that went in an orderly way.</summary>
    /// <remarks>
    /// Errors: false where it could not start, which the log explains, or was ended at once; InvalidOperationException where it runs already or has run, or not
    /// a single descriptor is to be had.
    /// </remarks>
    public Task<bool> RunAsync(CancellationToken stop = default)
    {
        lock (_gate)
        {
            if (_hasRun)
            {
                throw new InvalidOperationException("a daemon runs once; make another one");
            }

            _hasRun = true;
        }

        CancellationTokenRegistration registration = stop.Register(Stop);
        Thread thread = new(() => RunLoop(registration)) { IsBackground = true, Name = "pyinotifyd" };
        thread.Start();
        return _ended.Task;
    }

    /// <summary>Ends it in an orderly way: what can be done within <see cref="Setup.ShutdownTimeout"/> is done, the rest is cancelled.</summary>
    /// <remarks>With a state file, what is not done is kept for the next run.</remarks>
    public void Stop() => Tell(loop => loop.Stop());

    /// <summary>Ends it at once: running jobs are cancelled and not waited for.</summary>
    public void Kill() => Tell(loop => loop.Kill());

    /// <summary>Goes on with another setup: watches and schedulers that are equal in both go on untouched with their pending jobs.</summary>
    /// <remarks>
    /// No event is lost or seen twice. A scheduler is known by its name, and keeps its pending jobs where it has changed too; a running job ends as it began.
    /// Errors: as the constructor, before anything has changed.
    /// </remarks>
    public void Reload(Setup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        EngineSpec spec = setup.ToSpec();
        LogLevels levels = new(setup);
        Tell(loop => loop.Reload(spec, levels));
    }

    private void Tell(Action<DaemonLoop> message)
    {
        lock (_gate)
        {
            if (_loop is { } loop)
            {
                loop.Tell(message);
            }
            else if (!_hasEnded)
            {
                _early.Add(message);
            }
        }
    }

    private void RunLoop(CancellationTokenRegistration registration)
    {
        Exception? surprise = null;
        bool isFine = false;
        Log log = new();
        try
        {
            using DaemonLoop loop = new(_spec, _levels, log, _receiver, _stateFile);
            if (loop.Start())
            {
                lock (_gate)
                {
                    _loop = loop;
                    _early.ForEach(loop.Tell);
                    _early.Clear();
                }

                _ready.SetResult();
                isFine = loop.Run();
            }
        }
        catch (Exception error)
        {
            // A loop that was surprised serves a state that nobody knows: whoever waits for it is told.
            surprise = error;
        }
        finally
        {
            lock (_gate)
            {
                (_loop, _hasEnded) = (null, true);
            }

            log.Close();
            registration.Dispose();
        }

        _ = _ready.TrySetCanceled();
        _ = surprise is null ? _ended.TrySetResult(isFine) : _ended.TrySetException(surprise);
    }
}
