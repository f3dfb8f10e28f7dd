using System.Collections.Generic;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Reads process options and argument lists.</summary>
internal sealed class ProcessBinder
{
    private readonly ProblemList _problems;
    private readonly AccountCheck _accounts;

    public ProcessBinder(AccountCheck accounts, ProblemList problems)
    {
        _accounts = accounts;
        _problems = problems;
    }

    /// <summary>Who knows the users and groups.</summary>
    public AccountCheck Accounts => _accounts;

    /// <summary>Reads the options of an object; variables of <paramref name="defaults"/> come first, and are replaced by name.</summary>
    public ProcessSpec Bind(ObjectView view, ObjectView? defaults)
    {
        List<EnvSpec> env = [];
        AddEnv(defaults?.Value(ProcessKeys.Env), env);
        AddEnv(view.Value(ProcessKeys.Env), env);
        ProcessSpec spec = new()
        {
            Env = env.Count == 0 ? SpecList<EnvSpec>.Empty : new SpecList<EnvSpec>(env.ToArray()),
            ClearEnv = view.Boolean(ProcessKeys.ClearEnv),
            Cwd = Directory(view),
            User = view.Text(ProcessKeys.User),
            Group = view.Text(ProcessKeys.AsGroup),
            RunAs = RunAs(view),
            Umask = (int)view.Number(ProcessKeys.Umask),
            Nice = (int)view.Number(ProcessKeys.Nice),
            NoNewPrivs = view.OptionalNumber(ProcessKeys.NoNewPrivs) is { } number ? number != 0 : null,
            Stdin = (StdinMode)view.Number(ProcessKeys.Stdin),
            Output = (OutputMode)view.Number(ProcessKeys.Output),
        };
        return spec == ProcessSpec.Default ? ProcessSpec.Default : spec;
    }

    /// <summary>Reads a program and its arguments; null where it has been reported that there are none.</summary>
    public SpecList<string>? Arguments(JsonNode? list)
    {
        if (list is null)
        {
            return null;
        }

        if (list.Children.Count == 0)
        {
            if (!list.IsOpen)
            {
                _problems.Error(list, "the list is empty: its first element is the program to run");
            }

            return null;
        }

        List<JsonNode> nodes = TextLists.Read(list, "a text", _problems);
        string[] arguments = new string[nodes.Count];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = nodes[i].Text;
        }

        return nodes.Count == list.Children.Count ? new SpecList<string>(arguments) : null;
    }

    private RunAsSpec? RunAs(ObjectView view)
    {
        JsonNode? userNode = view.Value(ProcessKeys.User);
        JsonNode? groupNode = view.Value(ProcessKeys.AsGroup);
        if (userNode is null && groupNode is null)
        {
            return null;
        }

        string? user = view.Text(ProcessKeys.User);
        string? group = view.Text(ProcessKeys.AsGroup);
        if (groupNode is not null && group is not null && !_accounts.Accounts.TryFindGroup(group, out _))
        {
            _accounts.Unknown(groupNode, "group", group, groups: true);
            if (user is not null && _accounts.Accounts.Find(user, null) is null)
            {
                _accounts.Unknown(userNode!, "user", user, groups: false);
            }

            return null;
        }

        RunAsSpec? found = _accounts.Accounts.Find(user, group);
        if (found is null)
        {
            _accounts.Unknown(userNode!, "user", user!, groups: false);
            return null;
        }

        uint daemon = Libc.geteuid();
        if (daemon != 0 && found.Uid != daemon)
        {
            _problems.Error(userNode!, $"only root can run a task as another user, and the daemon runs as user {daemon}");
        }
        else if (daemon != 0 && group is not null && found.Gid != Libc.getegid())
        {
            _problems.Error(groupNode!, $"only root can run a task as another group, and the daemon runs as group {Libc.getegid()}");
        }
        else if (userNode is not null && found.Name is null && group is null)
        {
            _problems.Warning(userNode, $"user {user} has no entry in /etc/passwd, so its tasks run as group {found.Gid}; set group to name another");
        }

        return found;
    }

    private static string Directory(ObjectView view)
    {
        string? text = view.Text(ProcessKeys.Cwd);
        return text is not null && SurrogateEscape.TryEncode(text, out byte[]? bytes) ? SurrogateEscape.Decode(NormalPath.Of(bytes)) : "/";
    }

    private void AddEnv(JsonNode? map, List<EnvSpec> env)
    {
        if (map is null)
        {
            return;
        }

        foreach (JsonNode node in map.Children)
        {
            string name = node.Name!;
            string? error = ValueReader.Bytes(name, out _);
            if (name.Length == 0 || name.Contains('=') || error is not null)
            {
                _problems.ErrorAtName(node, error ?? "the name of a variable must not be empty or contain =");
            }

            if (node.Kind is not (JsonKind.String or JsonKind.Null))
            {
                string remedy = node.Kind is JsonKind.Number or JsonKind.True or JsonKind.False ? "; put it in double quotes" : "";
                _problems.Error(node, $"expected a text, or null to remove the variable, found {Shown.Found(node)}{remedy}");
            }
            else if (ValueReader.Bytes(node.Text, out _) is { } message)
            {
                _problems.Error(node, message);
            }

            env.RemoveAll(other => other.Name == name);
            env.Add(new EnvSpec(name, node.Kind == JsonKind.String ? node.Text : null));
        }
    }
}
