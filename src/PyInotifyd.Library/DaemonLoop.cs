using System;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Library;

/// <summary>One run of a daemon: the engine, and what it is told by others.</summary>
/// <remarks>Threads: the reactor's, which makes it; but for <see cref="Tell"/>.</remarks>
internal sealed class DaemonLoop : IDisposable
{
    private const int StandardError = 2;

    private readonly Log _log;
    private readonly Logger _logger;
    private readonly DelegateJobs _jobs;
    private readonly WatchEngine _engine;
    private EngineSpec _spec;
    private bool _isStopping;
    private bool _isKilled;

    /// <summary>Makes what runs; nothing is watched before <see cref="Start"/>.</summary>
    public DaemonLoop(EngineSpec spec, LogLevels levels, Log log, Action<LogMessage>? receiver, UnixPath stateFile)
    {
        (_spec, _log) = (spec, log);
        levels.Apply(log);
        log.SetSinks(receiver is null ? Standard() : new LogRelay(receiver));
        _logger = log.GetLogger(spec.LogName);
        _ = Libc.ignore_signal(Libc.SIGIO);

        // Watching goes from directory to directory, which relative paths in jobs must not notice.
        int result = Libc.unshare(Libc.CLONE_FS);
        if (result < 0)
        {
            _logger.Warning("the current directory is that of all threads, so jobs cannot use relative paths: unshare: " + Errno.Name(result));
        }

        _jobs = new DelegateJobs(log);
        _engine = new WatchEngine(spec, log, jobs: _jobs, stateFile: stateFile);
        _jobs.Attach(_engine.Reactor.Mailbox);
    }

    /// <summary>Sets the watches; false where one that must be there is not.</summary>
    public bool Start() => _engine.Start();

    /// <summary>Runs to the end; true where it was orderly.</summary>
    public bool Run()
    {
        _engine.Reactor.Run();
        _engine.SaveState(isClean: !_isKilled);
        if (!_isKilled)
        {
            _logger.Info("shutdown complete");
        }

        return !_isKilled;
    }

    /// <summary>Has something done on the reactor's thread.</summary>
    public void Tell(Action<DaemonLoop> message) => _ = _engine.Reactor.Mailbox.Post(() => message(this));

    /// <summary>Acts on a signal that ends programs.</summary>
    public void OnSignal(string name, bool isFirst)
    {
        if (isFirst)
        {
            Stop("got signal " + name);
        }
        else
        {
            _logger.Warning("got signal " + name + " again, ending at once");
            Kill();
        }
    }

    /// <summary>Begins an orderly end.</summary>
    public void Stop(string cause = "told to stop")
    {
        if (!_isStopping)
        {
            _isStopping = true;
            _logger.Info(cause + ", shutdown");
            _jobs.BeginShutdown(_engine.Reactor, _spec.ShutdownTimeoutMs);
            _engine.BeginShutdown();
        }
    }

    /// <summary>Ends everything now.</summary>
    public void Kill()
    {
        Stop();
        _isKilled = true;
        _engine.KillAll();
        _engine.Reactor.Stop();
    }

    /// <summary>Goes on with another setup.</summary>
    public void Reload(EngineSpec spec, LogLevels levels)
    {
        if (_isStopping)
        {
            return;
        }

        _spec = spec;
        levels.Apply(_log);
        _engine.Reload(spec);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _jobs.LogMail?.Close();
        _engine.Dispose();
    }

    private static StderrSink Standard()
    {
        bool journal = StderrSink.IsJournal(StandardError, Environment.GetEnvironmentVariable("JOURNAL_STREAM"));
        return new StderrSink(StandardError, LogFormat.Text, journal, new KernelLogClock());
    }
}
