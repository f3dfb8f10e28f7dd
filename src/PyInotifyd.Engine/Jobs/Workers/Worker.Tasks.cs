using System;
using System.Buffers;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.Engine.Jobs.Workers;

internal sealed partial class Worker
{
    /// <summary>Deaths of its process with which a task has failed.</summary>
    private const int MaxDeaths = 3;

    /// <summary>Tries without an answer that are remembered.</summary>
    private const int MaxUnanswered = 10_000;

    private readonly Dictionary<ulong, Given> _tasks = [];

    // Tasks that stopped waiting for an answer, with the number of the try: a later try must not bear the same name.
    private readonly Dictionary<ulong, int> _unanswered = [];

    private readonly record struct Given(WorkerJob Job, TaskEntry Task, int Try, long Start);

    /// <summary>Gets how many tasks it has.</summary>
    public int TaskCount => _tasks.Count;

    /// <summary>Hands a task to the process, or a batch, for which its first task stands.</summary>
    public void Give(WorkerJob job, TaskEntry task, IReadOnlyList<TaskEntry>? batch)
    {
        int number = 1;
        if (_unanswered.Remove(task.Id, out int last))
        {
            number = last + 1;
        }

        _tasks.Add(task.Id, new Given(job, task, number, _input.Appended));
        ArrayBufferWriter<byte> line = _input.Message;
        line.Write("{\"id\":\""u8);
        AppendId(task, number, line);
        line.Write("\",\"job\":"u8);
        line.Write(job.QuotedName);
        if (batch is null)
        {
            line.Write(",\"event\":"u8);
            AppendEvent(task, line);
        }
        else
        {
            line.Write(",\"events\":["u8);
            for (int i = 0; i < batch.Count; i++)
            {
                line.Write(i == 0 ? ""u8 : ","u8);
                AppendEvent(batch[i], line);
            }

            line.Write("]"u8);
        }

        line.Write("}\n"u8);
        _set.NeedsFlush(this);
    }

    /// <summary>Asks the process to end a task.</summary>
    public void Cancel(TaskEntry task)
    {
        if (_tasks.TryGetValue(task.Id, out Given given) && _phase == WorkerPhase.Up)
        {
            ArrayBufferWriter<byte> line = _input.Message;
            line.Write("{\"cancel\":\""u8);
            AppendId(task, given.Try, line);
            line.Write("\"}\n"u8);
            _set.NeedsFlush(this);
        }
    }

    /// <summary>Waits no longer for the end of a task, which has failed by that; the process goes on, since others are in it.</summary>
    public void Abandon(TaskEntry task)
    {
        if (!_tasks.Remove(task.Id, out Given given))
        {
            return;
        }

        if (_unanswered.Count >= MaxUnanswered)
        {
            _unanswered.Clear();
        }

        _unanswered[task.Id] = given.Try;
        string error = "worker " + Spec.Name + " did not answer the cancel message";
        _ = _set.Reactor.Mailbox.Post(() =>
        {
            given.Job.Report(given.Task, TaskOutcome.Failure(error));
            StopIfDone();
        });
    }

    private void OnLine(Span<byte> line, bool isTooLong)
    {
        if (isTooLong)
        {
            _complaints.Add("it is longer than 1 MiB", line);
        }
        else if (!WorkerMessage.TryRead(line, out WorkerMessage message, out string? problem))
        {
            _complaints.Add(problem!, line);
        }
        else if (message.Kind == WorkerMessageKind.Log)
        {
            WriteLog(in message);
        }
        else
        {
            End(in message);
        }
    }

    private void End(in WorkerMessage message)
    {
        if (!TryParseId(message.Id, out ulong id, out int number))
        {
            _complaints.Add("there is no task with this id", message.Id);
            return;
        }

        if (!_tasks.TryGetValue(id, out Given given) || given.Try != number)
        {
            if (!_unanswered.Remove(id))
            {
                _complaints.Add("no task with this id is in it", message.Id);
            }

            return;
        }

        _tasks.Remove(id);
        _answered = true;
        given.Job.Report(given.Task, message.Kind == WorkerMessageKind.Ok ? TaskOutcome.Success : TaskOutcome.Failure(Text(message.Text, "the job failed")));
        StopIfDone();
    }

    private void WriteLog(in WorkerMessage message)
    {
        bool hasTask = TryParseId(message.Id, out ulong id, out _) & _tasks.TryGetValue(id, out Given given);
        Logger logger = message.Logger.IsEmpty ? hasTask ? given.Job.Logger : _set.Logger : _set.LoggerOf(message.Logger);
        if (!logger.IsEnabled(message.Level))
        {
            return;
        }

        string text = Text(message.Text, "");
        if (!hasTask)
        {
            logger.Write(message.Level, text);
            return;
        }

        LogRecord record = new(message.Level, logger.Name, text) { Kind = LogKind.Task, Scheduler = given.Job.SchedulerName, TaskId = message.Id[..16] };
        logger.Write(in record);
    }

    /// <summary>Lets go of all tasks of a process that has ended.</summary>
    /// <param name="read">How much of its input it had read.</param>
    /// <param name="end">What became of it.</param>
    private void LoseTasks(long read, string end)
    {
        _unanswered.Clear();
        if (_tasks.Count == 0)
        {
            return;
        }

        Given[] lost = new Given[_tasks.Count];
        _tasks.Values.CopyTo(lost, 0);
        _tasks.Clear();
        Array.Sort(lost, static (a, b) => a.Start.CompareTo(b.Start));
        foreach (Given given in lost)
        {
            TaskRun run = given.Task.Run!;
            run.Deaths += given.Start < read ? 1 : 0;
            if (run.Deaths < MaxDeaths)
            {
                given.Job.Report(given.Task, TaskOutcome.Lost(end));
                continue;
            }

            // One of its retries, if it has any, begins to count anew.
            run.Deaths = 0;
            given.Job.Report(given.Task, TaskOutcome.Failure("worker " + Spec.Name + " has ended 3 times while it had this task"));
        }
    }

    private void AppendEvent(TaskEntry task, ArrayBufferWriter<byte> line)
    {
        Span<byte> maskName = stackalloc byte[32];
        string name = EventNames.First(task.Mask);
        PlaceholderValues values = new()
        {
            MaskName = maskName[..Encoding.ASCII.GetBytes(name, maskName)],
            PathName = task.Path,
            SrcPathName = task.SrcPath,
            Watch = task.WatchPath,
        };
        EventJson.Append(task, in values, line, Spec.WantsWd);
    }

    private static void AppendId(TaskEntry task, int number, ArrayBufferWriter<byte> output)
    {
        task.WriteId(output.GetSpan(16));
        output.Advance(16);
        if (number != 1)
        {
            output.Write("-"u8);
            _ = Utf8Formatter.TryFormat(number, output.GetSpan(10), out int written);
            output.Advance(written);
        }
    }

    private static bool TryParseId(ReadOnlySpan<byte> text, out ulong id, out int number)
    {
        (id, number) = (0, 1);
        return text.Length >= 16 && Utf8Parser.TryParse(text[..16], out id, out int digits, 'x') && digits == 16
            && (text.Length == 16 || (text[16] == '-' && Utf8Parser.TryParse(text[17..], out number, out int used) && used == text.Length - 17));
    }

    private static string Text(ReadOnlySpan<byte> text, string ifEmpty)
    {
        if (text.IsEmpty)
        {
            return ifEmpty;
        }

        return text.Length <= ChildOutput.MaxLine ? SurrogateEscape.Decode(text) : SurrogateEscape.Decode(text[..ChildOutput.MaxLine]) + SurrogateEscape.Decode(ChildTable.CutMark);
    }
}
