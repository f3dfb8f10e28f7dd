using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Jobs;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Looks up the users and groups that a configuration names; one that is not there is an error at its place.</summary>
/// <remarks>Cost: the files of accounts are read with the first name, <c>getent</c> may take seconds for each that they lack.</remarks>
internal sealed class AccountCheck
{
    private readonly ProblemList _problems;
    private Accounts? _accounts;

    public AccountCheck(ProblemList problems)
    {
        _problems = problems;
    }

    /// <summary>The accounts of this machine.</summary>
    public Accounts Accounts => _accounts ??= new Accounts();

    /// <summary>Returns the number of the user that a key names; null where it names none that is known.</summary>
    public uint? User(ObjectView view, ConfigKey key)
    {
        if (view.Value(key) is not { } node || view.Text(key) is not { } name)
        {
            return null;
        }

        if (Accounts.TryFindUser(name, out uint id))
        {
            return id;
        }

        Unknown(node, "user", name, groups: false);
        return null;
    }

    /// <summary>Returns the number of the group that a key names; null where it names none that is known.</summary>
    public uint? Group(ObjectView view, ConfigKey key)
    {
        if (view.Value(key) is not { } node || view.Text(key) is not { } name)
        {
            return null;
        }

        if (Accounts.TryFindGroup(name, out uint id))
        {
            return id;
        }

        Unknown(node, "group", name, groups: true);
        return null;
    }

    /// <summary>Reports that there is no such user or group.</summary>
    public void Unknown(JsonNode node, string what, string name, bool groups)
    {
        NearestName nearest = new(name);
        foreach (string known in Accounts.Names(groups))
        {
            nearest.Offer(known);
        }

        _problems.Error(node, $"there is no {what} {Shown.Quote(name)}{nearest.Question}");
    }
}
