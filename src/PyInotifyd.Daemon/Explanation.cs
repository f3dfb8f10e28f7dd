using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Says what a configuration would do with a path: for each watch that covers it, each event and scheduler, the rule, its groups and the destination, or the command. Runs nothing.</summary>
/// <remarks>The reach of watches, the patterns, the rules and the templates are the engine's own, so what it says is what would happen.</remarks>
internal sealed class Explanation
{
    private readonly List<ExplainedWatch> _watches = [];
    private readonly List<string> _warnings = [];
    private readonly List<WatchReach> _reaches = [];
    private readonly EngineSpec _spec;
    private readonly byte[] _path;
    private readonly EventMask _events;
    private readonly bool _exists;
    private readonly bool _isDir;
    private readonly int _type;

    private Explanation(EngineSpec spec, byte[] path, EventMask wanted, bool isDirectoryByName)
    {
        (_spec, _path, _events) = (spec, path, wanted);
        foreach (WatchSpec watch in spec.Watches)
        {
            foreach (UnixPath root in RootExpander.Expand(watch.Path))
            {
                _reaches.Add(new WatchReach(watch, root));
            }
        }

        // The root of a watch may be a link, and is what that leads to.
        bool isRoot = _reaches.Exists(reach => reach.Root.SequenceEqual(_path));
        _exists = Libc.statx(Libc.AT_FDCWD, [.. path, 0], (isRoot ? 0 : Libc.AT_SYMLINK_NOFOLLOW) | Libc.AT_NO_AUTOMOUNT, Libc.STATX_TYPE, out statx found) == 0;
        _type = _exists ? found.Type : isDirectoryByName ? Libc.S_IFDIR : Libc.S_IFREG;
        _isDir = _type == Libc.S_IFDIR;
    }

    private delegate void Expander(in PlaceholderValues values, ArrayBufferWriter<byte> output);

    /// <summary>Prints the answer and returns the exit status: 4 where nothing would run.</summary>
    public static int Print(EngineSpec spec, ExplainOptions options)
    {
        if (!options.TryPath(out byte[] path, out string error))
        {
            StandardStreams.Complain(error);
            return ExitStatus.Usage;
        }

        Explanation explanation = new(spec, path, options.Events, options.IsDirectoryByName);
        explanation.Explain();
        string kind = explanation._type switch
        {
            Libc.S_IFREG => "file",
            Libc.S_IFDIR => "directory",
            Libc.S_IFLNK => "symbolic link",
            Libc.S_IFIFO => "named pipe",
            Libc.S_IFSOCK => "socket",
            _ => "device",
        };
        byte[] text = options.Json
            ? ExplanationText.Json(path, explanation._watches, explanation._warnings)
            : ExplanationText.Lines(path, explanation._exists ? kind : kind + ", not there", explanation._watches, explanation._warnings);
        if (!StandardStreams.Print(SurrogateEscape.Decode(text)))
        {
            return ExitStatus.Failed;
        }

        return explanation._watches.Exists(static watch => watch.Actions.Exists(static action => action.Runs)) ? ExitStatus.Fine : ExitStatus.NothingFound;
    }

    private void Explain()
    {
        foreach (WatchReach reach in _reaches)
        {
            if (reach.Covers(_path))
            {
                ExplainWatch(reach);
            }
        }

        if (!_exists)
        {
            Warn(Quote(_path) + " does not exist; it is taken for a " + (_isDir ? "directory" : "file (a slash at the end means a directory)"));
        }
    }

    private void ExplainWatch(WatchReach reach)
    {
        bool included = reach.Reports(_path);
        foreach (string remark in reach.Remarks)
        {
            Warn(remark);
        }

        ExplainedWatch watch = new(reach.Root.ToArray(), included, reach.ExcludedBy, reach.Obstacle);
        _watches.Add(watch);
        EventPlace place = new(reach, _path, _type, _exists);
        for (int slot = 0; included && slot < EventNames.SlotCount; slot++)
        {
            EventMask mask = EventNames.FromSlot(slot);
            if (_events != EventMask.None && (mask & _events) == 0)
            {
                continue;
            }

            // What cannot come is left out; a person who asks for it is told why.
            if (place.Obstacle(mask) is { } obstacle)
            {
                if (_events != EventMask.None)
                {
                    Warn(obstacle);
                }

                continue;
            }

            // An overflow comes with the path of the watch and without a word about what that is.
            bool isDir = _isDir && !(place.IsRoot && mask == EventMask.QueueOverflow);
            foreach (ActionSpec action in reach.Spec.EventMap[slot])
            {
                if (Find(action.Scheduler) is { } scheduler && (action.IsCancel || TakesKind(scheduler, isDir)))
                {
                    watch.Actions.Add(ExplainAction(new ExplainedAction(EventNames.First(mask), action.IsCancel, scheduler), watch.Root));
                }
            }
        }
    }

    private bool TakesKind(SchedulerSpec scheduler, bool isDir)
    {
        if (isDir ? scheduler.Dirs : scheduler.Files)
        {
            return true;
        }

        Warn("scheduler " + scheduler.Name + " schedules nothing for " + (isDir ? "directories: dirs is not set" : "files: files is false"));
        return false;
    }

    private ExplainedAction ExplainAction(ExplainedAction action, byte[] root)
    {
        if (action.IsCancel)
        {
            return action;
        }

        switch (action.Scheduler.Job)
        {
            case FileManagerJobSpec files:
                ExplainRule(action, files);
                break;
            case ShellJobSpec shell when CommandTemplate.TryParse(shell.Command, out CommandTemplate? command, []):
                action.Command = Expand(action.Event, root, (in values, output) => command.Expand(in values, output));
                WarnOfProgram(action, ProgramCheck.OfCommand(shell.Command, shell.Process, onlyAbsolute: false), shell.Process);
                break;
            case ExecJobSpec exec when ExecTemplate.TryParse(exec.Argv, out ExecTemplate? argv, []):
                action.Arguments = Expand(action.Event, root, (in values, output) => argv.Expand(in values, output));
                WarnOfProgram(action, ProgramCheck.OfArguments(exec.Argv, exec.Process), exec.Process);
                break;
            case WorkerJobSpec task:
                WarnOfWorker(action, task);
                break;
        }

        action.Runs |= action.Scheduler.Job is not FileManagerJobSpec;
        return action;
    }

    private byte[] Expand(string maskName, byte[] root, Expander expander)
    {
        SurrogateEscape.TryEncode(maskName, out byte[]? mask);
        PlaceholderValues values = new() { MaskName = mask, PathName = _path, Watch = root, TaskId = "0000000000000000"u8 };
        ArrayBufferWriter<byte> output = new();
        expander(in values, output);
        return output.WrittenSpan.ToArray();
    }

    private void ExplainRule(ExplainedAction action, FileManagerJobSpec files)
    {
        RuleSet rules = new(files.Rules);
        MatchOutcome outcome = rules.Find(_path, out FileRule? rule);
        if (rule is null || outcome != MatchOutcome.Matched)
        {
            if (rule is not null)
            {
                Warn(RuleSet.Exploded(rule, _path));
            }

            return;
        }

        action.Runs = true;
        action.Rule = rule.Index;
        action.Verb = rule.Verb;
        for (int i = 1; i <= rule.Source.GroupCount; i++)
        {
            action.Groups.Add((i.ToString(CultureInfo.InvariantCulture), Value(rules.Groups.GetGroup(i))));
        }

        foreach (NamedGroup named in rule.Source.GroupNames)
        {
            action.Groups.Add((named.Name, Value(rules.Groups.GetGroup(named.Index))));
        }

        string? error = null;
        if (rule.Destination is not null && (action.Destination = rules.Expand(rule, _path, out error)) is null)
        {
            Warn(error!);
            return;
        }

        RuleOutlook outlook = new(_spec, _reaches, _path, _type, _exists, Warn);
        outlook.Look(action.Scheduler, rules, rule, action.Destination);
    }

    private byte[]? Value(GroupSpan group) => group.IsSet ? _path.AsSpan(group.Start, group.Length).ToArray() : null;

    private void WarnOfProgram(ExplainedAction action, string? problem, ProcessSpec process)
    {
        if (problem is not null)
        {
            Warn("scheduler " + action.Scheduler.Name + ": " + problem);
        }

        if (process.User is null && _exists && Libc.faccessat(Libc.AT_FDCWD, [.. _path, 0], Libc.R_OK, Libc.AT_EACCESS) is var result && result == -Errno.EACCES)
        {
            Warn(Quote(_path) + " cannot be read by user " + Libc.geteuid().ToString(CultureInfo.InvariantCulture) + ", who asks: EACCES " + Errno.Text(result));
        }
    }

    private void WarnOfWorker(ExplainedAction action, WorkerJobSpec task)
    {
        foreach (WorkerSpec worker in _spec.Workers)
        {
            if (worker.Name == task.Worker && ProgramCheck.OfArguments(worker.Command, worker.Process) is { } problem)
            {
                Warn("worker " + worker.Name + " of scheduler " + action.Scheduler.Name + ": " + problem);
            }
        }
    }

    private SchedulerSpec? Find(string name)
    {
        foreach (SchedulerSpec scheduler in _spec.Schedulers)
        {
            if (scheduler.Name == name)
            {
                return scheduler;
            }
        }

        return null;
    }

    private void Warn(string warning)
    {
        if (!_warnings.Contains(warning))
        {
            _warnings.Add(warning);
        }
    }

    private static string Quote(ReadOnlySpan<byte> path) => "'" + SurrogateEscape.Decode(path) + "'";
}
