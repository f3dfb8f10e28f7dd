using System.Collections.Generic;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Makes schedulers of their objects, with what <c>defaults</c> says where they are silent.</summary>
internal sealed class SchedulerBinder
{
    private readonly NamedObjects _schedulers;
    private readonly NamedObjects _workers;
    private readonly ObjectView? _defaults;
    private readonly ProcessBinder _processes;
    private readonly ProblemList _problems;

    public SchedulerBinder(NamedObjects schedulers, NamedObjects workers, ObjectView? defaults, ProcessBinder processes, ProblemList problems)
    {
        _schedulers = schedulers;
        _workers = workers;
        _defaults = defaults;
        _processes = processes;
        _problems = problems;
    }

    /// <summary>Returns all schedulers.</summary>
    public SpecList<SchedulerSpec> BindAll()
    {
        if (_defaults is not null)
        {
            // Reported here for the case that no scheduler takes them; what is said twice is shown once.
            _processes.Bind(_defaults, null);
            Batch(_defaults, isTask: false);
            CheckHandOver(_defaults);
        }

        List<SchedulerSpec> specs = [];
        HandOverGraph graph = new();
        foreach (JsonNode node in _schedulers.Nodes)
        {
            if (Bind(node, graph) is { } spec)
            {
                specs.Add(spec);
            }
        }

        graph.ReportCycles(_problems);
        return new SpecList<SchedulerSpec>(specs.ToArray());
    }

    private SchedulerSpec? Bind(JsonNode node, HandOverGraph graph)
    {
        JsonNode? typeNode = node.Member(SchedulerKeys.Type.Name);
        int type = typeNode?.Kind == JsonKind.String ? SchedulerKeys.Type.IndexOfChoice(typeNode.Text) : -1;
        ObjectView view = new(node, type < 0 ? SchedulerKeys.Any : SchedulerKeys.ForType(type), _problems, _defaults, isPartial: type < 0);
        CheckHandOver(view);
        graph.Add(node.Name!, view.Value(SchedulerKeys.OnSuccess), view.Value(SchedulerKeys.OnFailure));
        long delay = view.Number(SchedulerKeys.Delay);
        long maxDelay = view.Number(SchedulerKeys.MaxDelay);
        if (maxDelay != 0 && maxDelay < delay)
        {
            _problems.Warning(view.Value(SchedulerKeys.MaxDelay)!, "max_delay is shorter than delay, so every task starts after max_delay");
        }

        BatchSpec? batch = type == SchedulerKeys.FileManagerType ? null : Batch(view, type == SchedulerKeys.TaskType);
        JobSpec? job = Job(type, view, batch is not null);
        return job is null
            ? null
            : new SchedulerSpec
            {
                Name = node.Name!,
                Job = job,
                Files = view.Boolean(SchedulerKeys.Files),
                Dirs = view.Boolean(SchedulerKeys.Dirs),
                DelayMs = delay,
                MaxDelayMs = maxDelay,
                LogName = view.Text(SchedulerKeys.LogName) ?? "sched",
                SingleJob = view.Boolean(SchedulerKeys.SingleJob),
                OnBusy = (BusyPolicy)view.Number(SchedulerKeys.OnBusy),
                MaxConcurrency = (int)view.Number(SchedulerKeys.MaxConcurrency),
                TimeoutMs = view.Number(SchedulerKeys.Timeout),
                KillAfterMs = view.Number(SchedulerKeys.KillAfter),
                Retries = (int)view.Number(SchedulerKeys.Retries),
                RetryDelayMs = view.Number(SchedulerKeys.RetryDelay),
                OnSuccess = view.Text(SchedulerKeys.OnSuccess),
                OnFailure = view.Text(SchedulerKeys.OnFailure),
                WaitStableMs = view.Number(SchedulerKeys.WaitStable),
                Batch = batch,
            };
    }

    private JobSpec? Job(int type, ObjectView view, bool isBatch)
    {
        switch (type)
        {
            case SchedulerKeys.ShellType:
                ProcessSpec process = _processes.Bind(view, _defaults);
                if (view.Value(SchedulerKeys.Cmd) is not { } command)
                {
                    return null;
                }

                CommandCheck.Shell(command, process, isBatch, _problems);
                CheckInput(view, isBatch);
                return new ShellJobSpec(command.Text, process);
            case SchedulerKeys.ExecType:
                process = _processes.Bind(view, _defaults);
                JsonNode? list = view.Value(SchedulerKeys.Argv);
                if (_processes.Arguments(list) is not { } arguments)
                {
                    return null;
                }

                CommandCheck.Exec(list!, arguments, process, isBatch, _problems);
                CheckInput(view, isBatch);
                return new ExecJobSpec(arguments, process);
            case SchedulerKeys.FileManagerType:
                return new FileManagerJobSpec(RuleBinder.Bind(view.Value(SchedulerKeys.Rules), _processes.Accounts, _problems));
            case SchedulerKeys.TaskType:
                JsonNode? worker = view.Value(SchedulerKeys.Worker);
                bool isKnown = worker is not null && _workers.Check(worker, worker.Text);
                return isKnown && view.Text(SchedulerKeys.Job) is { } job ? new WorkerJobSpec(worker!.Text, job) : null;
            default:
                return null;
        }
    }

    private BatchSpec? Batch(ObjectView view, bool isTask)
    {
        if (view.Value(SchedulerKeys.Batch) is not { } node)
        {
            return null;
        }

        ObjectView batch = new(node, BatchKeys.Group, _problems);
        if (isTask && batch.Number(BatchKeys.Format) == 1)
        {
            _problems.Error(batch.Value(BatchKeys.Format) ?? node, "a worker gets its batches as JSON: leave format out");
        }

        return new BatchSpec((int)batch.Number(BatchKeys.Max), batch.Number(BatchKeys.Wait), batch.Number(BatchKeys.Format) == 1);
    }

    /// <summary>The list of a batch is the standard input, so nothing else can be.</summary>
    private void CheckInput(ObjectView view, bool isBatch)
    {
        if (isBatch && view.Value(ProcessKeys.Stdin) is { } stdin && view.Number(ProcessKeys.Stdin) != 0)
        {
            _problems.Error(stdin, "with batch the list of the paths is on standard input: leave stdin out");
        }

        if (isBatch && view.Boolean(SchedulerKeys.SingleJob))
        {
            _problems.Warning(view.Value(SchedulerKeys.Batch)!, "with singlejob there is one task, so every batch has one path");
        }
    }

    private void CheckHandOver(ObjectView view)
    {
        foreach (ConfigKey key in (ConfigKey[])[SchedulerKeys.OnSuccess, SchedulerKeys.OnFailure])
        {
            if (view.Value(key) is { } name)
            {
                _schedulers.Check(name, name.Text);
            }
        }
    }
}
