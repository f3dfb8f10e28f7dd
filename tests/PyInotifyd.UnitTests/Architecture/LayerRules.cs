using System.Collections.Generic;

namespace PyInotifyd.UnitTests.Architecture;

/// <summary>Which layer may use which: a list of layers, each with those directly below it; what is below those may be used too.</summary>
internal sealed class LayerRules
{
    private readonly Dictionary<string, HashSet<string>> _allowed = [];

    /// <summary>Adds a layer above those in <paramref name="below"/>, which were added before.</summary>
    public LayerRules Add(string layer, params string[] below)
    {
        HashSet<string> allowed = [layer];
        foreach (string other in below)
        {
            allowed.UnionWith(_allowed[other]);
        }

        _allowed.Add(layer, allowed);
        return this;
    }

    /// <summary>Tells whether the layer is in the list.</summary>
    public bool Contains(string layer) => _allowed.ContainsKey(layer);

    /// <summary>Tells whether code of <paramref name="user"/> may use code of <paramref name="used"/>; a layer that is not listed may use nothing.</summary>
    public bool Allows(string user, string used) => _allowed.TryGetValue(user, out HashSet<string>? allowed) && allowed.Contains(used);

    /// <summary>Returns a line for each use inside <paramref name="root"/> that goes from one layer, the name after the root, to another that it may not use.</summary>
    /// <remarks>A type directly in the root namespace counts as the layer of the empty name.</remarks>
    public List<string> Violations(IEnumerable<TypeUse> uses, string root)
    {
        List<string> violations = [];
        foreach (TypeUse use in uses)
        {
            if (LayerOf(use.User.Namespace, root) is { } user && LayerOf(use.Used.Namespace, root) is { } used && !Allows(user, used))
            {
                violations.Add($"{user} -> {used}: {use}");
            }
        }

        return violations;
    }

    /// <summary>Returns the part of a namespace after the root, up to the next dot, or null where it does not lie below the root.</summary>
    public static string? LayerOf(string name, string root)
    {
        if (name == root)
        {
            return "";
        }

        if (!name.StartsWith(root + ".", System.StringComparison.Ordinal))
        {
            return null;
        }

        string rest = name[(root.Length + 1)..];
        int dot = rest.IndexOf('.');
        return dot < 0 ? rest : rest[..dot];
    }
}
