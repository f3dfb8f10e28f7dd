using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Threading;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Daemon.Control;
using PyInotifyd.Daemon.Python;
using PyInotifyd.Daemon.Services;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>One run of the daemon: from a configuration to the exit status, with what signals do in between.</summary>
/// <remarks>Threads: the one that runs the reactor.</remarks>
internal sealed class DaemonRun
{
    private readonly byte[] _configPath;
    private readonly FileTrust _trust;
    private readonly LogSetup _logs;
    private readonly WatchEngine _engine;
    private readonly ControlServer _control;
    private readonly ServiceNotifier _notifier;
    private readonly bool _debug;
    private readonly UnixPath _stateFile;
    private Logger _logger;
    private readonly List<Action<string?, IReadOnlyList<ConfigProblem>>> _reloadWaiters = [];
    private PythonRun? _reading;
    private int _lastRead;
    private bool _isReading;
    private bool _stopping;
    private bool _killed;

    private DaemonRun(byte[] configPath, FileTrust trust, LogSetup logs, WatchEngine engine, UnixPath stateFile, Logger logger, bool debug)
    {
        _stateFile = stateFile;
        _configPath = configPath;
        _trust = trust;
        _debug = debug;
        _logs = logs;
        _engine = engine;
        _logger = logger;
        _control = new ControlServer(engine, new ControlCommands(engine, logs.LastError, logger, ReloadByHand, () => _isReading, () => _stopping), logger);
        _notifier = new ServiceNotifier(engine.Reactor, NotifyEnvironment.Of(ProcessEnvironment.Copy(), Libc.getpid()));
    }

    /// <summary>Runs until a signal ends it and returns the exit status.</summary>
    public static int Run(byte[] configPath, DaemonSpec spec, ConfigLoad load, FileTrust trust, bool debug)
    {
        // Watching changes the current directory.
        byte[] absolutePath = Absolute(configPath);
        LogSetup logs = new(debug);
        logs.Apply(spec.Logging, spec.Engine.LogName);
        Logger logger = logs.Log.GetLogger(spec.Engine.LogName);
        try
        {
            Warn(load, logger);
            foreach (ConfigProblem note in load.Notes)
            {
                logger.Info(note.ToString());
            }

            AllowTasks(spec, logger);
            using WatchEngine? engine = MakeEngine(spec, logs, logger);
            if (engine is null)
            {
                return ExitStatus.Failed;
            }

            load.HandOver(engine);
            return new DaemonRun(absolutePath, trust, logs, engine, spec.StateFile, logger, debug).Loop(spec);
        }
        finally
        {
            logs.Log.Close();
        }
    }

    private static byte[] Absolute(byte[] path)
    {
        byte[] directory = new byte[4096];
        int length = path[0] == '/' ? -1 : Libc.getcwd(directory);
        return length <= 0 ? path : [.. directory[..length], (byte)'/', .. path];
    }

    private static void Warn(ConfigLoad load, Logger logger)
    {
        foreach (ConfigProblem warning in load.Warnings)
        {
            logger.Warning(warning.ToString());
        }
    }

    /// <summary>Makes the engine; null where the kernel gives no inotify instance, which has been logged.</summary>
    private static WatchEngine? MakeEngine(DaemonSpec spec, LogSetup logs, Logger logger)
    {
        try
        {
            return new WatchEngine(spec.Engine, logs.Log, runtimeDirectory: RuntimeDirectory.Of(spec), stateFile: spec.StateFile);
        }
        catch (InvalidOperationException error)
        {
            logger.Error(error.Message);
            return null;
        }
    }

    private static void AllowTasks(DaemonSpec spec, Logger logger)
    {
        if (!ProcessSetup.AllowTasks(spec.Engine.MaxConcurrency, spec.Engine.Workers.Count))
        {
            string workers = spec.Engine.Workers.Count == 0 ? "" : " with " + spec.Engine.Workers.Count.ToString() + " workers";
            logger.Warning("max_concurrency " + spec.Engine.MaxConcurrency.ToString() + workers + " needs more open files than the hard limit allows; raise it (ulimit -Hn, LimitNOFILE=)");
        }
    }

    private int Loop(DaemonSpec spec)
    {
        using SignalMail signals = new(_engine.Reactor.Mailbox, OnSignal);
        using ControlServer control = _control;
        using ServiceNotifier notifier = _notifier;
        if (notifier.Problem is { } problem)
        {
            _logger.Warning(problem);
        }

        // Before the watches: who asks meanwhile waits for the answer, and whoever has read that the daemon is ready finds the socket.
        control.Apply(spec, _logger);
        if (!_engine.Start())
        {
            return ExitStatus.Failed;
        }

        signals.LoopRuns();
        notifier.Ready(Watching());

        // What the start has logged is flushed at the end of a step, and the first step would otherwise wait for something to happen.
        _engine.Reactor.Mailbox.Wake();
        _engine.Reactor.Run();
        notifier.Closing();
        _engine.SaveState(isClean: !_killed);
        _logs.Drain();
        if (_killed)
        {
            return ExitStatus.Failed;
        }

        _logger.Info("shutdown complete");
        return ExitStatus.Fine;
    }

    private void OnSignal(int signal)
    {
        string name = SignalName.Of(signal);
        switch (signal)
        {
            case Libc.SIGUSR1:
                LogCounters();
                break;
            case Libc.SIGHUP when _stopping:
                _logger.Info("got signal " + name + ", ignored during shutdown");
                break;
            case Libc.SIGHUP:
                _logger.Info("got signal " + name + ", reload config file");
                Reload();
                break;
            case var _ when _stopping:
                _logger.Warning("got signal " + name + " again, ending at once");
                _killed = true;
                _engine.KillAll();
                _engine.Reactor.Stop();
                break;
            default:
                _logger.Info("got signal " + name + ", shutdown");
                _stopping = true;
                _reading?.Dispose();
                _reading = null;
                EndReload("the daemon is shutting down", []);
                _notifier.Stopping();
                _engine.BeginShutdown();
                break;
        }
    }

    private void LogCounters()
    {
        WatchTree tree = _engine.Tree;
        SchedulerSet set = _engine.Schedulers;
        _logger.Info($"counters, directories={tree.WatchedCount}, events={tree.EventsRead}, overflows={tree.Overflows}, queue_high_water={_engine.QueueHighWater}, "
            + $"tasks={set.TaskCount}, running={set.RunningCount}");
        foreach (Scheduler scheduler in set.Schedulers)
        {
            Counters counters = scheduler.Counters;
            _logger.Info($"counters of scheduler {scheduler.Spec.Name}, delayed={counters.Delayed}, waiting={counters.Waiting}, running={counters.Running}, "
                + $"finished={counters.Finished}, failed={counters.Failed}, cancelled={counters.Cancelled}, skipped={counters.Skipped}");
        }
    }

    private void ReloadByHand(Action<string?, IReadOnlyList<ConfigProblem>> done)
    {
        _logger.Info("reload config file");
        _reloadWaiters.Add(done);
        Reload();
    }

    // Whoever waits for a reload that another one has overtaken gets the answer of that one: it has read what the file holds now.
    private void EndReload(string? error, IReadOnlyList<ConfigProblem> problems)
    {
        List<Action<string?, IReadOnlyList<ConfigProblem>>> waiters = [.. _reloadWaiters];
        _reloadWaiters.Clear();
        foreach (Action<string?, IReadOnlyList<ConfigProblem>> done in waiters)
        {
            done(error, problems);
        }
    }

    private void Reload()
    {
        _notifier.Reloading();
        _isReading = true;
        int read = ++_lastRead;
        if (!ConfigLoad.IsPython(_configPath))
        {
            Read(read, () => ConfigLoad.Of(_configPath, "daemon", _trust, _debug));
            return;
        }

        // The file may have changed since the run that is not done yet.
        _reading?.Dispose();
        PythonRun run = _reading = ConfigLoad.StartPython(_configPath, "daemon", _trust, _debug, new PythonOutput(_logs.Log, "python"));
        run.WaitIn(_engine.Reactor, () =>
        {
            if (ReferenceEquals(run, _reading))
            {
                _reading = null;
                Read(read, () => ConfigLoad.Of(_configPath, _trust, run));
            }
        });
    }

    /// <summary>Has a thread of the pool read, since a name service may take seconds to say who a user is, and goes on with what it has read.</summary>
    private void Read(int number, Func<ConfigLoad> read) => ThreadPool.UnsafeQueueUserWorkItem(
        _ =>
        {
            Action done;
            try
            {
                ConfigLoad load = read();
                done = () => TakeRead(number, load);
            }
            catch (Exception error)
            {
                // Nobody expected it: it ends the loop as if it had come from there.
                done = () => ExceptionDispatchInfo.Throw(error);
            }

            _engine.Reactor.Mailbox.Post(done);
        },
        null);

    private void TakeRead(int number, ConfigLoad load)
    {
        // The file may have changed since it was read for a reload that another one has overtaken.
        if (number != _lastRead || _stopping)
        {
            load.Python?.Dispose();
            return;
        }

        _isReading = false;
        Reload(load);
    }

    private void Reload(ConfigLoad load)
    {
        if (load.Spec is not { } spec)
        {
            foreach (ConfigProblem error in load.Errors)
            {
                _logger.Error(error.ToString());
            }

            const string Error = "the configuration has errors, nothing is changed";
            _logger.Error(Error);
            _notifier.Ready(Watching() + "; the configuration has errors, see the log");
            EndReload(Error, load.Errors);
            return;
        }

        _logs.Apply(spec.Logging, spec.Engine.LogName);
        _logger = _logs.Log.GetLogger(spec.Engine.LogName);
        Warn(load, _logger);
        AllowTasks(spec, _logger);
        _control.Apply(spec, _logger);
        load.HandOver(_engine);
        if (!spec.StateFile.Equals(_stateFile))
        {
            _logger.Warning("state_file has changed: it is used from the next start on, until then the old one");
        }

        _engine.Reload(spec.Engine);
        _notifier.Ready(Watching());
        EndReload(null, []);
    }

    private string Watching() => "watching " + _engine.Tree.WatchedCount.ToString() + " directories";
}
