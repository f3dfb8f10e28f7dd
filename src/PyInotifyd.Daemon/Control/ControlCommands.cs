using System;
using System.Collections.Generic;
using PyInotifyd.Configuration;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>Carries out what clients ask for.</summary>
/// <remarks>Threads: the reactor's.</remarks>
internal sealed class ControlCommands
{
    /// <summary>Tasks in one answer; a path of 4 KiB can become six times as long in JSON.</summary>
    private const int ListedAtOnce = 256;
    private const int ListedBytes = 64 * 1024;

    private readonly WatchEngine _engine;
    private readonly LastError _lastError;
    private readonly Action<Action<string?, IReadOnlyList<ConfigProblem>>> _reload;
    private readonly Func<bool> _isReloading;
    private readonly Func<bool> _isStopping;
    private readonly long _startNs;
    private readonly List<TaskLine> _lines = [];
    private readonly List<StoredTask> _failed = [];

    /// <summary>Makes the commands of an engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="lastError">What went wrong last.</param>
    /// <param name="logger">Where it is noted who asked for what.</param>
    /// <param name="reload">Reads the configuration anew, and says why nothing has changed, or null, and what is wrong with it; perhaps before it returns.</param>
    /// <param name="isReloading">Whether a configuration is being read.</param>
    /// <param name="isStopping">Whether the daemon shuts down.</param>
    public ControlCommands(
        WatchEngine engine,
        LastError lastError,
        Logger logger,
        Action<Action<string?, IReadOnlyList<ConfigProblem>>> reload,
        Func<bool> isReloading,
        Func<bool> isStopping)
    {
        _engine = engine;
        _lastError = lastError;
        Logger = logger;
        _reload = reload;
        _isReloading = isReloading;
        _isStopping = isStopping;
        _startNs = engine.Reactor.Clock.NowNs;
    }

    /// <summary>Where it is noted who asked for what.</summary>
    public Logger Logger { get; set; }

    /// <summary>Answers with an error, or with a plain yes where there is none.</summary>
    public static void Answer(JsonLine answer, string? error)
    {
        answer.Object();
        if (error is null)
        {
            answer.Word("ok", true);
        }
        else
        {
            answer.Text("error", error);
        }

        answer.EndObject().EndLine();
    }

    /// <summary>Carries out the request of a line; returns what is left to be done in pieces, else null, and the answer is written.</summary>
    public ControlWork? Execute(byte[] line, ControlPeer peer, JsonLine answer)
    {
        if (ControlRequest.Parse(line, out string error) is not { } request)
        {
            Answer(answer, error);
            return null;
        }

        if (request.Command is not ("status" or "tasks" or "failed"))
        {
            string subject = request.Id is { } id ? " " + ControlRequest.TextOfId(id) : request.Scheduler is { } name ? " '" + name + "'" : request.All ? " all" : "";
            Logger.Info("control: " + request.Command + subject + " (" + peer.ToString() + ")");
            if (_isStopping() && request.Command != "cancel")
            {
                Answer(answer, "the daemon is shutting down");
                return null;
            }
        }

        SchedulerSet schedulers = _engine.Schedulers;
        switch (request.Command)
        {
            case "status":
                Status(answer);
                return null;
            case "tasks":
                Tasks((uint)request.After, answer);
                return null;
            case "failed":
                Failed(request.After, answer);
                return null;
            case "cancel":
                return new TaskSearch(schedulers, request.Id!.Value, cancels: true);
            case "run":
                return new TaskSearch(schedulers, request.Id!.Value, cancels: false);
            case "retry" when request.All:
                return new RetryAll(schedulers);
            case "retry":
                Answer(answer, Retry(request.Id!.Value));
                return null;
            case "reload":
                return Reload(answer);
            default:
                Answer(answer, Hold(request.Scheduler, request.Command == "pause"));
                return null;
        }
    }

    private void Status(JsonLine answer)
    {
        SchedulerSet schedulers = _engine.Schedulers;
        List<string> shortages = _engine.Shortages();
        string state = _isStopping() ? "stopping" : _isReloading() ? "reloading" : shortages.Count != 0 ? "degraded" : "ready";
        answer.Object().Text("version", ProgramVersion.Text).Number("pid", Libc.getpid())
            .Seconds("uptime", (_engine.Reactor.Clock.NowNs - _startNs) / MonotonicTime.NsPerTick).Text("state", state).Word("paused", schedulers.IsPaused).Array("degraded_by");
        foreach (string shortage in shortages)
        {
            answer.Text(null, shortage);
        }

        answer.EndArray()
            .Number("watches", _engine.WatchCount).Number("directories", _engine.Tree.WatchedCount)
            .Number("events_read", _engine.Tree.EventsRead).Number("overflows", _engine.Tree.Overflows).Number("rescans", _engine.Tree.Rescans)
            .Number("queue_high_water_mark", _engine.QueueHighWater)
            .Number("tasks", schedulers.TaskCount).Number("failed_tasks", schedulers.Failed.Count).Number("errors", _lastError.Count);
        if (_lastError.Count == 0)
        {
            answer.Word("last_error", null).Word("last_error_time", null);
        }
        else
        {
            answer.Text("last_error", _lastError.Text).Number("last_error_time", _lastError.UnixSeconds);
        }

        answer.Object("schedulers");
        foreach (Scheduler scheduler in schedulers.Schedulers)
        {
            Counters counters = scheduler.Counters;
            answer.Object(scheduler.Spec.Name).Number("delayed", counters.Delayed).Number("waiting", counters.Waiting).Number("running", counters.Running)
                .Number("finished", counters.Finished).Number("failed", counters.Failed).Number("cancelled", counters.Cancelled).Number("skipped", counters.Skipped)
                .Word("paused", scheduler.IsPaused || schedulers.IsPaused).EndObject();
        }

        answer.EndObject().EndObject().EndLine();
    }

    private void Tasks(uint after, JsonLine answer)
    {
        answer.Object().Array("tasks");
        uint next = after;
        do
        {
            _lines.Clear();
            next = _engine.Schedulers.ListTasks(next, 16, _lines);
            foreach (TaskLine line in _lines)
            {
                Task(in line, answer);
            }
        }
        while (next != 0 && answer.Bytes.Length < ListedBytes);

        answer.EndArray();
        if (next != 0)
        {
            answer.Id("next", next);
        }

        answer.EndObject().EndLine();
    }

    private static void Task(in TaskLine line, JsonLine answer)
    {
        answer.Object().Id("id", line.Id).Text("scheduler", line.Scheduler).Text("state", NameOf(line.State));
        if (line.DueMs >= 0)
        {
            answer.Seconds("due", line.DueMs);
        }

        if (line.RunningMs >= 0)
        {
            answer.Seconds("running", line.RunningMs);
        }

        answer.Text("maskname", EventNames.First(line.Mask)).Text("pathname", line.Path).EndObject();
    }

    private static string NameOf(TaskState state) => state switch
    {
        TaskState.Idle => "queued",
        TaskState.Delayed => "delayed",
        TaskState.Settling => "settling",
        TaskState.Waiting => "waiting",
        TaskState.Running => "running",
        _ => "retry wait",
    };

    private void Failed(ulong after, JsonLine answer)
    {
        _failed.Clear();
        bool more = _engine.Schedulers.Failed.ListAfter(after, ListedAtOnce, _failed);
        answer.Object().Array("tasks");
        ulong last = after;
        foreach (StoredTask task in _failed)
        {
            if (answer.Bytes.Length >= ListedBytes)
            {
                more = true;
                break;
            }

            last = task.Id;
            answer.Object().Id("id", task.Id).Text("scheduler", task.Scheduler).Text("state", "failed")
                .Text("maskname", EventNames.First(task.Mask)).Text("pathname", task.Path).EndObject();
        }

        answer.EndArray();
        if (more)
        {
            answer.Id("next", last);
        }

        answer.EndObject().EndLine();
    }

    private string? Retry(ulong id)
    {
        string name = "task " + ControlRequest.TextOfId(id);
        if (_engine.Schedulers.Failed.Find(id) is not { } task)
        {
            return name + " is not among the failed ones (pyinotifyd failed lists them)";
        }

        return _engine.Schedulers.Retry(task) ? null : name + " cannot be tried again: its scheduler '" + task.Scheduler + "' is no longer configured, or wants it no more";
    }

    private string? Hold(string? name, bool pause)
    {
        SchedulerSet schedulers = _engine.Schedulers;
        if (name is not null)
        {
            if (schedulers.Find(name) is not { } scheduler)
            {
                return "there is no scheduler '" + name + "'";
            }

            scheduler.IsPaused = pause;
            return schedulers.IsPaused && !pause ? "all schedulers are paused; resume them with: pyinotifyd resume" : null;
        }

        schedulers.IsPaused = pause;
        if (!pause)
        {
            foreach (Scheduler scheduler in schedulers.Schedulers)
            {
                scheduler.IsPaused = false;
            }
        }

        return null;
    }

    private ReloadWait? Reload(JsonLine answer)
    {
        ReloadWait wait = new();
        _reload(wait.End);
        if (wait.IsWaiting)
        {
            return wait;
        }

        _ = wait.GoOn(answer);
        return null;
    }
}
