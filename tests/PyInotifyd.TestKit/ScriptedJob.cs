using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.TestKit;

/// <summary>A job whose tasks end when a test says so. It throws when a key is run twice at once.</summary>
public sealed class ScriptedJob : IBatchJob
{
    private readonly ITaskEndSink _ends;
    private readonly List<TaskEntry> _running = [];
    private readonly Dictionary<TaskEntry, TaskEntry[]> _batches = [];

    /// <summary>Makes a job that reports to a sink.</summary>
    public ScriptedJob(ITaskEndSink ends)
    {
        _ends = ends;
    }

    /// <summary>Whether its key is the scheduler.</summary>
    public bool SingleJob { get; set; }

    /// <inheritdoc/>
    public bool IsReady { get; set; } = true;

    /// <inheritdoc/>
    public bool CannotStart { get; set; }

    /// <summary>Starts so far, <c>IN_CREATE /w/a</c>, or <c>IN_CREATE /w/a + IN_CREATE /w/b</c> of a batch.</summary>
    public List<string> Starts { get; } = [];

    /// <summary>Ids of the starts so far.</summary>
    public List<ulong> Ids { get; } = [];

    /// <summary>Stops so far, <c>TERM /w/a</c>.</summary>
    public List<string> Stops { get; } = [];

    /// <summary>Answers of the next starts; then <see cref="JobStart.Started"/>.</summary>
    public Queue<JobStart> Answers { get; } = new();

    /// <summary>Says which paths are declined; null: none.</summary>
    public Predicate<string>? Declines { get; set; }

    /// <summary>Tasks that run; of a batch the first.</summary>
    public IReadOnlyList<TaskEntry> Running => _running;

    /// <summary>Number of tasks that run, all of a batch included.</summary>
    public int RunningTaskCount => _running.Count + _batches.Values.Sum(members => members.Length - 1);

    /// <inheritdoc/>
    public bool Accepts(ReadOnlySpan<byte> path) => Declines is null || !Declines(Encoding.Latin1.GetString(path));

    /// <inheritdoc/>
    public JobStart Start(TaskEntry task, out string? error)
    {
        JobStart answer = Answers.Count != 0 ? Answers.Dequeue() : JobStart.Started;
        error = answer == JobStart.Started ? null : "no room";
        if (answer == JobStart.Started)
        {
            CheckKey(task);
            _running.Add(task);
            Starts.Add(Shown(task));
            Ids.Add(task.Id);
        }

        return answer;
    }

    /// <inheritdoc/>
    public JobStart StartBatch(IReadOnlyList<TaskEntry> tasks, out string? error)
    {
        JobStart answer = Answers.Count != 0 ? Answers.Dequeue() : JobStart.Started;
        error = answer == JobStart.Started ? null : "no room";
        if (answer == JobStart.Started)
        {
            foreach (TaskEntry task in tasks)
            {
                CheckKey(task);
                Ids.Add(task.Id);
            }

            _running.Add(tasks[0]);
            _batches.Add(tasks[0], [.. tasks]);
            Starts.Add(string.Join(" + ", tasks.Select(Shown)));
        }

        return answer;
    }

    /// <inheritdoc/>
    public void Stop(TaskEntry task, bool kill) => Stops.Add((kill ? "KILL " : "TERM ") + Encoding.Latin1.GetString(task.Path));

    /// <summary>Ends the running task of a path.</summary>
    public void End(string path, TaskOutcome outcome)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(path);
        End(_running.Find(task => task.Path.AsSpan().SequenceEqual(bytes)) ?? throw new InvalidOperationException("nothing runs for " + path), outcome);
    }

    /// <summary>Ends a running task.</summary>
    public void End(TaskEntry task, TaskOutcome outcome)
    {
        _running.Remove(task);
        _batches.Remove(task);
        _ends.TaskEnded(task, outcome);
    }

    private static string Shown(TaskEntry task) => EventNames.First(task.Mask) + " " + Encoding.Latin1.GetString(task.Path);

    private void CheckKey(TaskEntry task)
    {
        foreach (TaskEntry other in _running.Concat(_batches.Values.SelectMany(members => members)))
        {
            if (SingleJob || other.Path.AsSpan().SequenceEqual(task.Path))
            {
                throw new InvalidOperationException("two tasks of one key run at once: " + Encoding.Latin1.GetString(task.Path));
            }
        }
    }
}
