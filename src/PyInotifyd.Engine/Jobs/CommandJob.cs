using System;
using System.Buffers;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs.Launch;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Runs a program for each task of a scheduler: a command line by <c>/bin/sh -c</c>, or an argument vector without a shell.</summary>
/// <remarks>
/// <para>
/// A start is: expand the template, lay out the task's variables, open pipes if the output goes to the log, spawn. All that is the same for every task (environment, signals, directory) lies
/// prepared in a <see cref="ProgramStart"/>; buffers and the objects of a running process are pooled in the <see cref="ChildTable"/>; so a start allocates nothing.
/// </para>
/// <para>
/// The process inherits descriptors 0, 1 and 2 only, has a process group of its own, default signals, an empty mask, a umask of its own. A change of user, group, umask, niceness or privileges is none of
/// posix_spawn's attributes: <see cref="ProgramStart"/> has the launcher do it.
/// </para>
/// Threads: reactor only.
/// </remarks>
public sealed class CommandJob : IBatchJob, IChildOwner
{
    private const long TextBusyLimitNs = 2_000_000_000;

    private readonly ChildTable _children;
    private readonly Logger _logger;
    private readonly ITaskEndSink _ends;
    private readonly string _schedulerName;
    private readonly CommandTemplate? _command;
    private readonly ExecTemplate? _argv;
    private readonly ProcessSpec _process;
    private readonly ProgramStart _start;
    private readonly string _program;
    private readonly BatchSpec? _batch;

    /// <summary>Makes the job of a scheduler whose specification has a command or an argument vector.</summary>
    /// <param name="children">Where its processes are kept.</param>
    /// <param name="scheduler">The scheduler.</param>
    /// <param name="logger">Gets what is executed and the output of the processes.</param>
    /// <param name="ends">Gets the ends.</param>
    /// <remarks>Errors: a template that is not valid, or another kind of job → ArgumentException; the configuration checks both before.</remarks>
    public CommandJob(ChildTable children, SchedulerSpec scheduler, Logger logger, ITaskEndSink ends)
    {
        (_children, _logger, _ends, _schedulerName) = (children, logger, ends, scheduler.Name);
        _batch = scheduler.Batch;
        List<TemplateProblem> problems = [];
        switch (scheduler.Job)
        {
            case ShellJobSpec shell:
                _process = shell.Process;
                _ = CommandTemplate.TryParse(shell.Command, out _command, problems);
                break;
            case ExecJobSpec exec:
                _process = exec.Process;
                _ = ExecTemplate.TryParse(exec.Argv, out _argv, problems);
                break;
            default:
                throw new ArgumentException("scheduler " + scheduler.Name + " runs no program", nameof(scheduler));
        }

        if (_command is null && _argv is null)
        {
            throw new ArgumentException("scheduler " + scheduler.Name + ": " + FirstError(problems), nameof(scheduler));
        }

        _start = new ProgramStart(children.Environment, _process);
        _program = scheduler.Job is ExecJobSpec program ? program.Argv[0] : "/bin/sh";
    }

    /// <inheritdoc/>
    string IChildOwner.SchedulerName => _schedulerName;

    /// <summary>Gets where the lines of a process go; null where they are dropped.</summary>
    Logger? IChildOwner.OutputLogger => _process.Output == OutputMode.Log ? _logger : null;

    /// <inheritdoc/>
    public JobStart Start(TaskEntry task, out string? error) => Start(task, null, out error);

    /// <inheritdoc/>
    public JobStart StartBatch(IReadOnlyList<TaskEntry> tasks, out string? error) => Start(tasks[0], tasks, out error);

    private JobStart Start(TaskEntry task, IReadOnlyList<TaskEntry>? batch, out string? error)
    {
        Span<byte> maskName = stackalloc byte[32];
        Span<byte> taskId = stackalloc byte[16];
        task.WriteId(taskId);
        PlaceholderValues values = batch is not null
            ? new() { TaskId = taskId }
            : new()
            {
                MaskName = maskName[..Write(EventNames.First(task.Mask), maskName)],
                PathName = task.Path,
                SrcPathName = task.SrcPath,
                Watch = task.WatchPath,
                TaskId = taskId,
            };
        ArrayBufferWriter<byte> argv = _children.Arguments;
        argv.ResetWrittenCount();
        int commandStart = Expand(in values, argv);

        ChildStreams streams = new(_children.NullInput, _children.NullOutput);
        ArrayBufferWriter<byte> variables = _children.Variables;
        int result = batch is null ? streams.Open(_process, task, in values, variables) : streams.Open(_process, batch, _batch!, variables);
        int pid = 0;
        int record = -1;
        if (result >= 0)
        {
            variables.ResetWrittenCount();
            if (batch is null)
            {
                ChildEnvironment.AppendTask(in values, variables);
            }
            else
            {
                ChildEnvironment.AppendBatch(in values, variables);
            }

            result = _start.Spawn(argv.WrittenSpan, variables.WrittenSpan, in streams, out pid, out record);
        }

        streams.CloseTheirs();
        if (result < 0)
        {
            streams.CloseOurs();
            return Refuse(task, result, argv.WrittenSpan, out error);
        }

        error = null;
        task.JobState = _children.Add(this, task, pid, in streams, taskId, record);
        LogStart(batch is null ? task.Mask : EventMask.None, in values, argv.WrittenSpan, commandStart);
        return JobStart.Started;
    }

    /// <inheritdoc/>
    /// <remarks>The signal goes to the whole process group; the task ends when nobody is left in it.</remarks>
    public void Stop(TaskEntry task, bool kill)
    {
        if (task.JobState is not Child child)
        {
            return;
        }

        int result = ChildTable.Signal(child, kill);
        if (result < 0 && result != -Errno.ESRCH)
        {
            _logger.Warning("cannot stop process " + child.Pid.ToString() + " of scheduler " + _schedulerName + ": " + Errno.Name(result) + " " + Errno.Text(result));
        }
    }

    /// <summary>Reports the end of a task whose process has been reaped.</summary>
    void IChildOwner.OnEnd(TaskEntry? task, int code, int status)
    {
        task!.JobState = null;
        _ends.TaskEnded(task, code switch
        {
            Libc.CLD_EXITED => TaskOutcome.Exited(status),
            LaunchFailure.Code when StartFailure.IsTemporary(LaunchFailure.ErrnoOf(status)) => TaskOutcome.Short(_start.LaunchFailureText(status, _program)),
            LaunchFailure.Code => TaskOutcome.Failure(_start.LaunchFailureText(status, _program)),
            Libc.CLD_KILLED or Libc.CLD_DUMPED => TaskOutcome.Killed(status),
            _ => TaskOutcome.Failure("its exit status is lost: something else in this process has waited for all children"),
        });
    }

    private int Expand(in PlaceholderValues values, ArrayBufferWriter<byte> argv)
    {
        if (_command is null)
        {
            _argv!.Expand(in values, argv);
            return 0;
        }

        // With --, so that a command that begins with a dash is no option of the shell.
        argv.Write("/bin/sh\0-c\0--\0"u8);
        int start = argv.WrittenCount;
        _command.Expand(in values, argv);
        argv.Write("\0"u8);
        return start;
    }

    private JobStart Refuse(TaskEntry task, int result, ReadOnlySpan<byte> argv, out string error)
    {
        if (StartFailure.IsTemporary(result))
        {
            error = StartFailure.LimitText(result);
            return JobStart.TryAgain;
        }

        if (result == -Errno.ETXTBSY && IsWorthWaiting(task))
        {
            error = "ETXTBSY somebody has the program open for writing";
            return JobStart.TryAgain;
        }

        task.JobState = null;
        error = _start.FailureText(result, argv);
        return JobStart.Failed;
    }

    // A program that is being copied into place, or that a thread forked with the descriptor still open, is executable in a moment.
    private bool IsWorthWaiting(TaskEntry task)
    {
        long now = _children.NowNs;
        if (task.JobState is not TextBusy busy)
        {
            task.JobState = busy = new TextBusy(now);
        }

        return now - busy.SinceNs < TextBusyLimitNs;
    }

    private void LogStart(EventMask mask, in PlaceholderValues values, ReadOnlySpan<byte> argv, int commandStart)
    {
        if (!_logger.IsEnabled(LogLevel.Info))
        {
            return;
        }

        LogRecord record = new(LogLevel.Info, _logger.Name, _command is null ? "execute program" : "execute shell command")
        {
            Kind = LogKind.Task,
            Scheduler = _schedulerName,
            TaskId = values.TaskId,
            Mask = (uint)mask,
            MaskName = mask == EventMask.None ? null : EventNames.First(mask),
            PathName = values.PathName,
            Command = _command is null ? default : argv[commandStart..^1],
            Argv = _command is null ? argv : default,
        };
        _logger.Write(in record);
    }

    private static int Write(string ascii, Span<byte> buffer)
    {
        for (int i = 0; i < ascii.Length; i++)
        {
            buffer[i] = (byte)ascii[i];
        }

        return ascii.Length;
    }

    private static string FirstError(List<TemplateProblem> problems)
    {
        foreach (TemplateProblem problem in problems)
        {
            if (!problem.IsWarning)
            {
                return problem.ToString();
            }
        }

        return "no command";
    }

    private sealed class TextBusy(long sinceNs)
    {
        public long SinceNs { get; } = sinceNs;
    }
}
