using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs.Launch;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>A long-lived process that runs the jobs of schedulers: started, talked to by lines of JSON, and started again when it ends.</summary>
/// <remarks>
/// <para>
/// Its life is in this part, what it does with tasks in <c>Worker.Tasks.cs</c>. One process at a time: the next one is started when the one before has been reaped, after a wait of 1 s that doubles to 1 min and is
/// back at 1 s once a process has answered a task or lived for a minute. Nothing happens and nothing wakes up while it is idle.
/// </para>
/// <para>
/// While there is no process, or it has enough to read, the scheduler's tasks wait and take no place: a worker that is down or stuck holds up nobody else. What a task had been given to a process that died waits again;
/// only what the process had read counts as a death (the kernel tells how much of the pipe is unread), so a worker that cannot start loses no task, however long that lasts.
/// </para>
/// <para>
/// A process that closes its output or its input cannot be talked to. It gets a moment to end by itself, then TERM, then KILL. It is never killed for a task that does not answer: other tasks are in it.
/// </para>
/// Threads: reactor only.
/// </remarks>
internal sealed partial class Worker : TimerEntry, IChildOwner
{
    private const long ShortestWaitMs = 1_000;
    private const long LongestWaitMs = 60_000;
    private const long RanWellNs = 60_000_000_000;
    private const long StuckMs = 60_000;

    private readonly WorkerSet _set;
    private readonly WorkerStart _start;
    private readonly WorkerInput _input;
    private readonly WorkerOutput _output;
    private readonly WorkerComplaints _complaints;
    private readonly string _outputMessage;
    private WorkerPhase _phase;
    private Child? _child;
    private long _startedNs;
    private long _blockedAt;
    private int _deaths;
    private bool _answered;
    private bool _startFailed;
    private bool _isRetired;
    private int _stopStep;

    public Worker(WorkerSet set, WorkerSpec spec)
    {
        (_set, Spec) = (set, spec);
        _start = new WorkerStart(set.Children, spec);
        _input = new WorkerInput(set.Reactor, OnBroken);
        _output = new WorkerOutput(set.Reactor, OnLine, OnBroken);
        _complaints = new WorkerComplaints(this);
        _outputMessage = "output of worker " + spec.Name;
    }

    private enum WorkerPhase : byte
    {
        /// <summary>No process; the timer is the wait for the next start.</summary>
        Down,

        /// <summary>It takes tasks; the timer is armed while it does not read.</summary>
        Up,

        /// <summary>It takes no more tasks and is to end; the timer is the next, harder step.</summary>
        Ending,

        /// <summary>No process, and there will be none.</summary>
        Gone,
    }

    public WorkerSpec Spec { get; }

    /// <summary>Gets whether it takes a task.</summary>
    public bool IsReady => _phase == WorkerPhase.Up && !_isRetired && !_input.IsFull;

    /// <summary>Gets the limit of the machine that keeps it from starting, in words; null: none does.</summary>
    public string? Shortage { get; private set; }

    /// <summary>Gets whether it has no process, and the last try brought none or several in a row ended before they had answered anything; a limit of the machine may pass.</summary>
    public bool CannotStart => _phase == WorkerPhase.Down && Shortage is null && (_startFailed || _deaths > 1);

    public bool IsGone => _phase == WorkerPhase.Gone;

    string IChildOwner.SchedulerName => "";

    string IChildOwner.OutputMessage => _outputMessage;

    Logger? IChildOwner.OutputLogger => Spec.Process.Output == OutputMode.Log ? _set.Logger : null;

    internal WorkerSet Set => _set;

    /// <summary>Starts the process.</summary>
    public void Start()
    {
        if (_set.TakeStarted(Spec.Name) is { } started)
        {
            Begin(_start.Adopt(this, started), started.Input, started.Answers);
            return;
        }

        int result = _start.Spawn(this, out Child? child, out int input, out int output);
        if (result < 0)
        {
            _startFailed = true;
            long waitMs = LengthenWait();
            string next = "; its tasks wait, next try in " + Seconds(waitMs);
            bool isTemporary = StartFailure.IsTemporary(result);
            string error = "worker " + Spec.Name + ": " + (isTemporary ? StartFailure.LimitText(result) : _start.FailureText(result));
            Shortage = isTemporary ? error : null;
            _set.Logger.Write(isTemporary ? LogLevel.Warning : LogLevel.Error, error + next);
            return;
        }

        Begin(child!, input, output);
    }

    /// <summary>Takes no more tasks and ends when those that it has are over.</summary>
    public void Retire()
    {
        _isRetired = true;
        StopIfDone();
    }

    /// <summary>Kills the process without waiting for its end.</summary>
    public void Kill()
    {
        _isRetired = true;
        Signal(Libc.SIGKILL);
    }

    /// <summary>Writes what the step has left to write.</summary>
    public void Flush()
    {
        _input.Flush();
        WatchInput();
    }

    /// <summary>Acts on the expiry of its timer.</summary>
    public void TimeUp()
    {
        switch (_phase)
        {
            case WorkerPhase.Down:
                Start();
                break;
            case WorkerPhase.Up:
                if (_input.IsBlocked && _blockedAt == _input.Written)
                {
                    _set.Logger.Warning("worker " + Spec.Name + " does not read: its tasks have waited for a minute");
                    _blockedAt = -1;
                }

                WatchInput();
                break;
            case WorkerPhase.Ending:
                NextStop();
                break;
            default:
                break;
        }
    }

    void IChildOwner.OnEnd(TaskEntry? task, int code, int status)
    {
        // What it had answered counts, though it is dead.
        _output.Drain();
        _set.Reactor.Wheel.Cancel(this);
        long read = _input.BytesRead();
        _input.Close();
        _child = null;
        bool wasAsked = _phase == WorkerPhase.Ending && _isRetired;
        _phase = WorkerPhase.Down;
        _startFailed = code == LaunchFailure.Code;
        if (_answered || _set.Reactor.Clock.NowNs - _startedNs >= RanWellNs)
        {
            _deaths = 0;
        }

        string end = "worker " + Spec.Name + " ended, " + How(code, status);
        if (_isRetired)
        {
            _phase = WorkerPhase.Gone;
            _set.Logger.Write(wasAsked && code == Libc.CLD_EXITED ? LogLevel.Info : LogLevel.Warning, end);
        }
        else
        {
            long waitMs = LengthenWait();
            string tasks = _tasks.Count == 0 ? "" : ", unanswered tasks: " + _tasks.Count.ToString();
            _set.Logger.Warning(end + tasks + "; started again in " + Seconds(waitMs));
        }

        LoseTasks(read, end);
        _complaints.Report();
        if (IsGone)
        {
            Dispose();
        }
    }

    private void Begin(Child child, int input, int output)
    {
        _child = child;
        _input.Open(input);
        _output.Open(output);
        _phase = WorkerPhase.Up;
        Shortage = null;
        _startedNs = _set.Reactor.Clock.NowNs;
        _answered = false;
        _startFailed = false;
        _set.Logger.Info("worker " + Spec.Name + " started, pid=" + child.Pid.ToString());
    }

    /// <summary>Ends the process when nobody needs it any more.</summary>
    private void StopIfDone()
    {
        if (!_isRetired || _tasks.Count != 0)
        {
            return;
        }

        if (_phase == WorkerPhase.Down)
        {
            _set.Reactor.Wheel.Cancel(this);
            _phase = WorkerPhase.Gone;
            Dispose();
        }
        else if (_phase == WorkerPhase.Up)
        {
            _phase = WorkerPhase.Ending;
            _stopStep = 0;
            NextStop();
        }
    }

    // One end of the talk is closed. Most likely the process is ending, and its exit is a moment away.
    private void OnBroken()
    {
        if (_phase == WorkerPhase.Up)
        {
            _phase = WorkerPhase.Ending;
            _stopStep = 0;
            Arm(1_000);
        }
    }

    private void NextStop()
    {
        switch (_stopStep++)
        {
            case 0:
                if (!_isRetired)
                {
                    _set.Logger.Warning("worker " + Spec.Name + " has closed its input or output and goes on running: it is stopped and started again");
                }

                _input.Flush();
                _input.Close();
                Arm(2_000);
                break;
            case 1:
                Signal(Libc.SIGTERM);
                Signal(Libc.SIGCONT);
                Arm(3_000);
                break;
            case 2:
                _set.Logger.Warning("worker " + Spec.Name + " did not stop: it is killed");
                Signal(Libc.SIGKILL);
                Arm(2_000);
                break;
            default:
                if (_isRetired)
                {
                    // It sits in the kernel, on a dead file server perhaps. A shutdown does not wait for that.
                    _set.Logger.Error("worker " + Spec.Name + " cannot be killed, it is left behind");
                    _phase = WorkerPhase.Gone;
                    _set.OnGone(this);
                }

                break;
        }
    }

    private void WatchInput()
    {
        if (_phase != WorkerPhase.Up)
        {
            return;
        }

        if (!_input.IsBlocked)
        {
            _set.Reactor.Wheel.Cancel(this);
        }
        else if (!IsArmed && _blockedAt != -1)
        {
            _blockedAt = _input.Written;
            Arm(StuckMs);
        }
    }

    private void Signal(int signal)
    {
        if (_child is { IsReaped: false } child)
        {
            _ = Libc.kill(-child.Pid, signal);
        }
    }

    private long LengthenWait()
    {
        long waitMs = Math.Min(ShortestWaitMs << Math.Min(_deaths, 6), LongestWaitMs);
        _deaths++;
        Arm(waitMs);
        return waitMs;
    }

    private void Arm(long delayMs) => _set.Reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(_set.Reactor.Clock.NowNs, delayMs));

    private void Dispose()
    {
        _start.Dispose();
        _complaints.Stop();
        _set.OnGone(this);
    }

    private static string Seconds(long milliseconds) => (milliseconds / 1000).ToString() + " s";

    private string How(int code, int status) => code switch
    {
        Libc.CLD_EXITED => "exit_status=" + status.ToString(),
        Libc.CLD_KILLED or Libc.CLD_DUMPED => "signal=" + SignalName.Of(status),
        LaunchFailure.Code => _start.LaunchFailureText(status),
        _ => "its exit status is lost",
    };
}
