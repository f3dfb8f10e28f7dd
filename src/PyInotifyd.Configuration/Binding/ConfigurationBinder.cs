using System.Collections.Generic;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Makes the specs of a configuration file's object and those of the files that it includes.</summary>
internal static class ConfigurationBinder
{
    public static DaemonSpec Bind(JsonNode root, FileIdentity identity, FileTrust trust, ProblemList problems)
    {
        ObjectView view = new(root, RootKeys.Group, problems);
        List<ObjectView> files = [view];
        files.AddRange(new IncludeReader(identity, trust, problems).Read(view.Value(RootKeys.Include)));

        NamedObjects workers = new("worker", problems);
        NamedObjects schedulers = new("scheduler", problems);
        NamedObjects eventMaps = new("event map", problems);
        foreach (ObjectView file in files)
        {
            workers.AddAll(file.Value(RootKeys.Workers));
            schedulers.AddAll(file.Value(RootKeys.Schedulers));
            eventMaps.AddAll(file.Value(RootKeys.EventMaps));
        }

        JsonNode? defaultsNode = view.Value(RootKeys.Defaults);
        ObjectView? defaults = defaultsNode is null ? null : new ObjectView(defaultsNode, SchedulerKeys.Defaults, problems);
        AccountCheck accounts = new(problems);
        ProcessBinder processes = new(accounts, problems);
        Patterns patterns = new(trust, problems);
        EventMapBinder maps = new(eventMaps, schedulers, patterns, problems);
        SpecList<SchedulerSpec> schedulerSpecs = new SchedulerBinder(schedulers, workers, defaults, processes, problems).BindAll();
        maps.BindAll();
        EngineSpec engine = new()
        {
            Watches = Watches(files, new WatchBinder(maps, patterns, view.Value(RootKeys.StateFile) is not null, problems)),
            Schedulers = schedulerSpecs,
            Workers = Workers(workers, processes, new WorkerFiles(trust, problems), problems),
            MaxConcurrency = (int)view.Number(RootKeys.MaxConcurrency),
            MaxPending = (int)view.Number(RootKeys.MaxPending),
            ShutdownTimeoutMs = view.Number(RootKeys.ShutdownTimeout),
            LogName = view.Text(RootKeys.LogName) ?? "daemon",
        };
        return new DaemonSpec
        {
            Engine = engine,
            Logging = LoggingBinder.Bind(view.Value(RootKeys.Logging), problems),
            HasControlSocket = !view.IsGiven(RootKeys.ControlSocket) || view.Value(RootKeys.ControlSocket) is not null,
            ControlSocket = Path(view.Value(RootKeys.ControlSocket)),
            ControlGroup = accounts.Group(view, RootKeys.ControlGroup),
            StateFile = Path(view.Value(RootKeys.StateFile)),
        };
    }

    private static UnixPath Path(JsonNode? node) =>
        node is not null && ValueReader.Bytes(node.Text, out byte[] bytes) is null ? new UnixPath(NormalPath.Of(bytes)) : default;

    private static SpecList<WatchSpec> Watches(List<ObjectView> files, WatchBinder binder)
    {
        List<WatchSpec> watches = [];
        foreach (ObjectView file in files)
        {
            if (file.Value(RootKeys.Watches) is { } list)
            {
                foreach (JsonNode node in list.Children)
                {
                    binder.Bind(node, watches);
                }
            }
        }

        return new SpecList<WatchSpec>(watches.ToArray());
    }

    private static SpecList<WorkerSpec> Workers(NamedObjects workers, ProcessBinder processes, WorkerFiles files, ProblemList problems)
    {
        List<WorkerSpec> specs = [];
        foreach (JsonNode node in workers.Nodes)
        {
            ObjectView view = new(node, WorkerKeys.Group, problems);
            ProcessSpec process = processes.Bind(view, null);
            if (process.Stdin == StdinMode.Event)
            {
                problems.Error(view.Own(ProcessKeys.Stdin)!, "a worker reads its tasks from standard input: leave \"stdin\" out");
            }

            if (view.Value(WorkerKeys.Command) is { } list && processes.Arguments(list) is { } command)
            {
                CommandCheck.Program(list, command, process, problems);
                files.Check(list, command, process);
                specs.Add(new WorkerSpec(node.Name!, command, process));
            }
        }

        return new SpecList<WorkerSpec>(specs.ToArray());
    }
}
