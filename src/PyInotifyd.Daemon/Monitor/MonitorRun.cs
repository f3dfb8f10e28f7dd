using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>Prints events as they happen: the daemon's own trees, with a sink that prints instead of schedulers.</summary>
/// <remarks>
/// So new directories are scanned, overflows are rescanned and roots may go and come back as under the daemon (CONTRACT 6). The watches map the events that are wanted to an action
/// that nobody runs.
/// Threads: the one that runs the reactor.
/// </remarks>
internal sealed class MonitorRun : IWatchSink, ITimerSink, IStepHook, IDisposable
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    private readonly MonitorOptions _options;
    private readonly KernelInotify _kernel;
    private readonly Reactor _reactor;
    private readonly WatchTree _tree;
    private readonly MountWatch? _mounts;
    private readonly Log _log = new();
    private readonly MonitorLog _messages = new();
    private readonly SetupProgress? _progress;
    private readonly MonitorSignals _signals;
    private readonly MonitorOutput _output;
    private readonly MonitorLines _lines;
    private readonly OwnWrites? _own = OwnWrites.TryCreate(StandardOutput);
    private readonly IdleTimer _idle = new();
    private readonly LogTimer _logTimer = new();
    private long _printed;
    private long _printedBefore;
    private bool _timedOut;
    private bool _ending;

    private MonitorRun(MonitorOptions options, bool debug, KernelInotify kernel)
    {
        _options = options;
        _kernel = kernel;
        KernelClock clock = new();
        IInotify inotify = kernel;
        if (Libc.isatty(StandardError))
        {
            inotify = _progress = _messages.Progress = new SetupProgress(kernel, clock, StandardError);
        }

        _log.SetLevels(debug ? LogLevel.Debug : LogLevel.Warning, new Dictionary<string, LogLevel>());
        _log.SetSinks(_messages);
        _signals = new MonitorSignals(() => _progress?.Erase());
        _output = new MonitorOutput(StandardOutput, options.Null ? (byte)0 : (byte)'\n', _signals);
        _lines = new MonitorLines(options.Format, options.Null, !options.Null && _output.IsTerminal && WantsColors());
        _reactor = new Reactor(clock, this);
        _tree = new WatchTree(inotify, this, clock, _reactor.Wheel, _log.GetLogger("daemon")) { LastEmptyNs = clock.RealtimeCoarseNs };
        _reactor.EventSource = new InotifySource(inotify, _tree, clock, _ => { });
        _reactor.Add(_signals);
        if (_output.HasReader)
        {
            _reactor.Add(_output);
        }

        _mounts = MountWatch.TryCreate(_tree.OnMountsChanged);
        if (_mounts is not null)
        {
            _reactor.Add(_mounts);
        }

        _reactor.AddHook(StepPhase.Flush, this);
    }

    private sealed class IdleTimer : TimerEntry;

    private sealed class LogTimer : TimerEntry;

    /// <summary>Prints events until a signal, the count, the timeout or the reader's going ends it, and returns the exit status.</summary>
    public static int Run(MonitorOptions options, bool debug)
    {
        foreach (string warning in options.Warnings)
        {
            StandardStreams.Complain("warning: " + warning);
        }

        if (!AreThere(options.Paths))
        {
            return ExitStatus.Failed;
        }

        if (KernelInotify.TryCreate(out int error) is not { } kernel)
        {
            StandardStreams.Complain("cannot make an inotify instance: " + Errno.Name(error) + " " + Errno.Text(error) + "; raise the limit with: sysctl fs.inotify.max_user_instances=1024");
            return ExitStatus.Failed;
        }

        using MonitorRun run = new(options, debug, kernel);
        return run.Loop();
    }

    /// <inheritdoc/>
    public void OnEvent(in WatchEvent e)
    {
        if (_printed >= _options.Count || !_output.IsOpen || (_own is not null && _own.Caused(in e)))
        {
            return;
        }

        _output.Append(_lines.Of(in e));
        if (++_printed == _options.Count)
        {
            _reactor.Stop();
        }
    }

    /// <inheritdoc/>
    public void OnTreeMoved(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        // Events have the new path already; nothing here waits for anything.
    }

    /// <inheritdoc/>
    public void OnTreeGone(ReadOnlySpan<byte> path)
    {
    }

    /// <inheritdoc/>
    public void OnTreeScanned(ReadOnlySpan<byte> root)
    {
    }

    /// <inheritdoc/>
    void ITimerSink.OnExpired(TimerEntry entry)
    {
        if (ReferenceEquals(entry, _idle))
        {
            // What was printed in this very step has not armed it anew yet.
            if (_printed == _printedBefore)
            {
                _timedOut = true;
                _reactor.Stop();
            }
        }
        else
        {
            _ = _tree.TryExpire(entry);
        }
    }

    /// <inheritdoc/>
    bool IStepHook.OnStep()
    {
        _kernel.LeaveDirectory();
        _output.Flush();
        _log.Flush();
        if (_log.FlushDueNs is var due && due != long.MaxValue)
        {
            _reactor.Wheel.Arm(_logTimer, MonotonicTime.DeadlineTick(due, 0));
        }

        if (_output.HasReader)
        {
            _reactor.Update(_output);
        }

        if (_options.TimeoutMs > 0 && (_printed != _printedBefore || !_idle.IsArmed))
        {
            _printedBefore = _printed;
            _reactor.Wheel.Arm(_idle, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, _options.TimeoutMs));
        }

        // A signal that came while the queue was drained: what had happened before it may be in the queue still, and is printed in one more step.
        bool isLastStep = _ending;
        _ending |= _signals.Count > 0;
        if (isLastStep || !_output.IsOpen)
        {
            _reactor.Stop();
        }

        return _ending;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _log.Close();
        _reactor.Dispose();
        _signals.Dispose();
        _mounts?.Dispose();
        _kernel.Dispose();
    }

    /// <summary>Whether all paths are there and may be watched; says of each that is not what is the matter.</summary>
    private static bool AreThere(IReadOnlyList<UnixPath> paths)
    {
        bool all = true;
        foreach (UnixPath path in paths)
        {
            int result = Libc.faccessat(Libc.AT_FDCWD, (byte[])[.. path.Bytes, 0], Libc.R_OK, Libc.AT_EACCESS);
            if (result < 0)
            {
                all = false;
                string remedy = result == -Errno.EACCES ? "; its permissions, or those of a directory above it, keep you out" : "";
                StandardStreams.Complain("cannot watch '" + LogLine(path.Bytes) + "': " + Errno.Name(result) + " " + Errno.Text(result) + remedy);
            }
        }

        return all;
    }

    private static string LogLine(ReadOnlySpan<byte> path)
    {
        System.Buffers.ArrayBufferWriter<byte> escaped = new(path.Length + 1);
        LogText.Append(path, escaped);
        return SurrogateEscape.Decode(escaped.WrittenSpan);
    }

    /// <summary>Whether nobody has asked for a terminal without colours.</summary>
    /// <remarks>Source: no-color.org.</remarks>
    private static bool WantsColors() => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    private static EventMapSpec MapOf(EventMask events)
    {
        SpecList<ActionSpec> print = new(new ActionSpec("monitor", IsCancel: false));
        SpecList<ActionSpec>[] slots = new SpecList<ActionSpec>[EventNames.SlotCount];
        for (int slot = 0; slot < slots.Length; slot++)
        {
            slots[slot] = (events & EventNames.FromSlot(slot)) != 0 ? print : SpecList<ActionSpec>.Empty;
        }

        return new EventMapSpec(new SpecList<SpecList<ActionSpec>>(slots));
    }

    private int Loop()
    {
        if (!Start())
        {
            return ExitStatus.Failed;
        }

        _reactor.Run();
        if (_output.IsOpen)
        {
            _output.WaitUntil(0);
        }

        if (_output.Error != 0)
        {
            _messages.Say(_output.Error == -Errno.ETIMEDOUT
                ? "pyinotifyd: standard output: nobody reads it; some events were not printed"
                : "pyinotifyd: standard output: " + Errno.Name(_output.Error) + " " + Errno.Text(_output.Error));
            return ExitStatus.Failed;
        }

        return _timedOut && _printed == 0 ? ExitStatus.NothingFound : ExitStatus.Fine;
    }

    private bool Start()
    {
        EventMapSpec map = MapOf(_options.Events);
        SpecList<string> exclude = new([.. _options.Exclude]);
        List<Watch> watches = [];
        foreach (UnixPath path in _options.Paths)
        {
            watches.Add(new Watch(
                new WatchSpec
                {
                    Path = path,
                    EventMap = map,
                    Rec = _options.Recursive,
                    AutoAdd = _options.Recursive,
                    Exclude = exclude,
                    OnMissing = MissingPolicy.Fail,
                },
                path));
        }

        bool complete = _tree.AddWatches(watches);
        _kernel.LeaveDirectory();
        _progress?.End();
        if (!complete)
        {
            return false;
        }

        _signals.LoopRuns();
        if (_options.TimeoutMs > 0)
        {
            _reactor.Wheel.Arm(_idle, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, _options.TimeoutMs));
        }

        _messages.Say("ready");
        return true;
    }
}
