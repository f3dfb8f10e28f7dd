using System;
using System.Buffers;
using System.Collections.Generic;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Says what a configuration would do with a path: for each watch that covers it, each event and scheduler, the rule, its groups and the destination, or the command. Runs nothing.</summary>
/// <remarks>
/// The rules, templates and patterns are the engine's own, so what it says is what would happen.
/// Shape: one JSON object on a line as in the documentation of the command, or the same as indented lines.
/// </remarks>
internal sealed class Explanation
{
    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _warnings = [];
    private readonly MatchState _state = new();
    private readonly EngineSpec _spec;
    private readonly byte[] _path;
    private readonly EventMask _event;
    private readonly bool _isDir;
    private bool _schedules;

    private Explanation(EngineSpec spec, byte[] path, EventMask wanted)
    {
        (_spec, _path, _event) = (spec, path, wanted);
        _isDir = Libc.statx(Libc.AT_FDCWD, [.. path, 0], Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_TYPE, out statx found) == 0 && found.Type == Libc.S_IFDIR;
    }

    /// <summary>Prints the answer and returns the exit status: 4 where nothing would run.</summary>
    public static int Print(EngineSpec spec, ExplainOptions options)
    {
        if (!SurrogateEscape.TryEncode(options.Path, out byte[]? path) || path[0] != (byte)'/')
        {
            StandardStreams.Complain("explain needs an absolute path");
            return ExitStatus.Usage;
        }

        Explanation explanation = new(spec, path, options.Event);
        explanation.Explain();
        string text = options.Json ? SurrogateEscape.Decode(explanation._json.WrittenSpan) + "\n" : string.Join('\n', explanation._lines) + "\n";
        return !StandardStreams.Print(text) ? ExitStatus.Failed : explanation._schedules ? ExitStatus.Fine : ExitStatus.NothingFound;
    }

    private void Explain()
    {
        Append("{\"path\":");
        Text(_path);
        Append(",\"watches\":[");
        bool isFirst = true;
        foreach (WatchSpec watch in _spec.Watches)
        {
            foreach (UnixPath root in RootExpander.Expand(watch.Path))
            {
                if (Covers(watch, root.Bytes))
                {
                    Append(isFirst ? "" : ",");
                    isFirst = false;
                    ExplainWatch(watch, root.Bytes);
                }
            }
        }

        if (isFirst)
        {
            _lines.Add("no watch covers " + SurrogateEscape.Decode(_path));
        }

        Append("],\"warnings\":[");
        for (int i = 0; i < _warnings.Count; i++)
        {
            Append(i == 0 ? "" : ",");
            Text(_warnings[i]);
            _lines.Add("warning: " + _warnings[i]);
        }

        Append("]}");
    }

    private bool Covers(WatchSpec watch, ReadOnlySpan<byte> root)
    {
        if (_path.AsSpan().SequenceEqual(root))
        {
            return true;
        }

        ReadOnlySpan<byte> directory = root.Length == 1 ? default : root;
        return _path.Length > directory.Length + 1 && _path.AsSpan().StartsWith(directory) && _path[directory.Length] == (byte)'/'
            && (watch.Rec || watch.AutoAdd || _path.AsSpan(directory.Length + 1).IndexOf((byte)'/') < 0);
    }

    private void ExplainWatch(WatchSpec watch, ReadOnlySpan<byte> root)
    {
        string? excluded = ExcludedBy(watch, root);
        bool included = excluded is null && (_isDir || (Matches(watch.Include) && Matches(watch.AlsoInclude)));
        Append("{\"watch\":");
        Text(root);
        Append(included ? ",\"included\":true,\"excluded_by\":" : ",\"included\":false,\"excluded_by\":");
        if (excluded is null)
        {
            Append("null");
        }
        else
        {
            Text(excluded);
        }

        _lines.Add("watch " + SurrogateEscape.Decode(root) + ": " + (included ? "included" : excluded is null ? "no include_filter matches" : "excluded by " + excluded));
        Append(",\"actions\":[");
        bool isFirst = true;
        for (int slot = 0; included && slot < EventNames.SlotCount; slot++)
        {
            EventMask mask = EventNames.FromSlot(slot);
            foreach (ActionSpec action in watch.EventMap[slot])
            {
                SchedulerSpec? scheduler = Find(action.Scheduler);
                if (scheduler is null || (_event != EventMask.None && mask != _event) || (!action.IsCancel && (_isDir ? !scheduler.Dirs : !scheduler.Files)))
                {
                    continue;
                }

                Append(isFirst ? "" : ",");
                isFirst = false;
                ExplainAction(mask, action, scheduler, root);
            }
        }

        Append("]}");
    }

    private void ExplainAction(EventMask mask, ActionSpec action, SchedulerSpec scheduler, ReadOnlySpan<byte> root)
    {
        string name = EventNames.First(mask);
        Append("{\"event\":");
        Text(name);
        Append(action.IsCancel ? ",\"does\":\"cancel\",\"scheduler\":" : ",\"does\":\"schedule\",\"scheduler\":");
        Text(scheduler.Name);
        Append(",\"type\":");
        Text(TypeOf(scheduler.Job));
        _lines.Add("  " + name + ": " + (action.IsCancel ? "cancel " : "schedule ") + scheduler.Name + " (" + TypeOf(scheduler.Job) + ")");
        if (!action.IsCancel)
        {
            Append(",\"delay\":");
            Append(Seconds(scheduler.DelayMs));
            switch (scheduler.Job)
            {
                case FileManagerJobSpec files:
                    ExplainRule(files, root);
                    break;
                case ShellJobSpec shell when CommandTemplate.TryParse(shell.Command, out CommandTemplate? command, []):
                    ExplainCommand(Expand(name, root, (in PlaceholderValues values, ArrayBufferWriter<byte> output) => command.Expand(in values, output)));
                    break;
                case ExecJobSpec exec when ExecTemplate.TryParse(exec.Argv, out ExecTemplate? argv, []):
                    ExplainArguments(Expand(name, root, (in PlaceholderValues values, ArrayBufferWriter<byte> output) => argv.Expand(in values, output)));
                    break;
                default:
                    _schedules = true;
                    break;
            }
        }

        Append("}");
    }

    private delegate void Expander(in PlaceholderValues values, ArrayBufferWriter<byte> output);

    private byte[] Expand(string maskName, ReadOnlySpan<byte> root, Expander expander)
    {
        _schedules = true;
        SurrogateEscape.TryEncode(maskName, out byte[]? mask);
        PlaceholderValues values = new() { MaskName = mask, PathName = _path, Watch = root, TaskId = "0000000000000000"u8 };
        ArrayBufferWriter<byte> output = new();
        expander(in values, output);
        return output.WrittenSpan.ToArray();
    }

    private void ExplainCommand(byte[] command)
    {
        Append(",\"cmd\":");
        Text(command);
        _lines.Add("    cmd: " + SurrogateEscape.Decode(command));
    }

    private void ExplainArguments(byte[] arguments)
    {
        Append(",\"argv\":[");
        bool isFirst = true;
        string line = "    argv:";
        for (ReadOnlySpan<byte> rest = arguments; !rest.IsEmpty;)
        {
            int end = rest.IndexOf((byte)0);
            Append(isFirst ? "" : ",");
            isFirst = false;
            Text(rest[..end]);
            line += " [" + SurrogateEscape.Decode(rest[..end]) + "]";
            rest = rest[(end + 1)..];
        }

        Append("]");
        _lines.Add(line);
    }

    private void ExplainRule(FileManagerJobSpec files, ReadOnlySpan<byte> root)
    {
        RuleSet rules = new(files.Rules);
        MatchOutcome outcome = rules.Find(_path, out FileRule? rule);
        if (rule is null || outcome != MatchOutcome.Matched)
        {
            Append(",\"rule\":null");
            _lines.Add("    no rule matches");
            if (rule is not null)
            {
                Warn(RuleSet.Exploded(rule, _path));
            }

            return;
        }

        _schedules = true;
        Append(",\"rule\":" + rule.Index.ToString() + ",\"action\":");
        Text(rule.Verb);
        Append(",\"groups\":{");
        string groups = "";
        for (int i = 1; i <= rule.Source.GroupCount; i++)
        {
            GroupSpan group = rules.Groups.GetGroup(i);
            Append((i == 1 ? "\"" : ",\"") + i.ToString() + "\":");
            Group(group);
            groups += " " + i.ToString() + "=" + (group.IsSet ? SurrogateEscape.Decode(_path.AsSpan(group.Start, group.Length)) : "(none)");
        }

        foreach (NamedGroup named in rule.Source.GroupNames)
        {
            Append(",");
            Text(named.Name);
            Append(":");
            Group(rules.Groups.GetGroup(named.Index));
        }

        Append("}");
        _lines.Add("    rule " + rule.Index.ToString() + ": " + rule.Verb + (groups.Length == 0 ? "" : ", groups" + groups));
        if (rule.Destination is null)
        {
            return;
        }

        byte[]? destination = rules.Expand(rule, _path, out string? error);
        if (destination is null)
        {
            Warn(error!);
            return;
        }

        Append(",\"destination\":");
        Text(destination);
        _lines.Add("    destination: " + SurrogateEscape.Decode(destination));
        WarnOfDestination(rules, rule, destination);
    }

    private void WarnOfDestination(RuleSet rules, FileRule rule, byte[] destination)
    {
        string name = SurrogateEscape.Decode(destination);
        if (rules.Find(destination, out FileRule? again) == MatchOutcome.Matched)
        {
            Warn("the destination " + name + " matches rule " + again!.Index.ToString() + " of the same scheduler; it is not triggered by its own writes, but by those of others");
        }

        if (!rule.Spec.Override && Libc.statx(Libc.AT_FDCWD, [.. destination, 0], Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_TYPE, out _) == 0)
        {
            Warn("the destination " + name + " exists, and override is not set");
        }

        int slash = destination.AsSpan().LastIndexOf((byte)'/');
        byte[] directory = slash == 0 ? [(byte)'/', 0] : [.. destination.AsSpan(0, slash), 0];
        if (!rule.Spec.AutoCreate && Libc.statx(Libc.AT_FDCWD, directory, 0, Libc.STATX_TYPE, out _) < 0)
        {
            Warn("the directory of the destination " + name + " does not exist, and auto_create is not set");
        }
    }

    private void Group(GroupSpan group)
    {
        if (group.IsSet)
        {
            Text(_path.AsSpan(group.Start, group.Length));
        }
        else
        {
            Append("null");
        }
    }

    // A directory above that is excluded is not descended into.
    private string? ExcludedBy(WatchSpec watch, ReadOnlySpan<byte> root)
    {
        for (int end = root.Length + 1; watch.Exclude.Count != 0 && end <= _path.Length; end++)
        {
            if (end != _path.Length && _path[end] != (byte)'/')
            {
                continue;
            }

            foreach (string pattern in watch.Exclude.AsSpan())
            {
                if (PythonRegex.TryParse(pattern, out PythonRegex? regex, out _) && regex.IsMatch(_path.AsSpan(0, end), _state))
                {
                    return pattern;
                }
            }
        }

        return null;
    }

    private bool Matches(SpecList<string>? patterns)
    {
        if (patterns is null)
        {
            return true;
        }

        foreach (string pattern in patterns.AsSpan())
        {
            if (PythonRegex.TryParse(pattern, out PythonRegex? regex, out _) && regex.IsMatch(_path, _state))
            {
                return true;
            }
        }

        return false;
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

    private static string TypeOf(JobSpec job) => job switch
    {
        ShellJobSpec => "shell",
        ExecJobSpec => "exec",
        FileManagerJobSpec => "filemanager",
        _ => "task",
    };

    private static string Seconds(long milliseconds)
    {
        string seconds = (milliseconds / 1000).ToString();
        long rest = milliseconds % 1000;
        return rest == 0 ? seconds : seconds + "." + (1000 + rest).ToString()[1..].TrimEnd('0');
    }

    private void Warn(string warning)
    {
        if (!_warnings.Contains(warning))
        {
            _warnings.Add(warning);
        }
    }

    private void Append(string ascii)
    {
        foreach (char c in ascii)
        {
            _json.GetSpan(1)[0] = (byte)c;
            _json.Advance(1);
        }
    }

    private void Text(string text) => Text(SurrogateEscape.TryEncode(text, out byte[]? bytes) ? bytes : default(ReadOnlySpan<byte>));

    private void Text(ReadOnlySpan<byte> bytes) => JsonText.AppendString(bytes, _json);
}
