using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Reads the rules of file managers.</summary>
internal static class RuleBinder
{
    public static SpecList<RuleSpec> Bind(JsonNode? list, AccountCheck accounts, ProblemList problems)
    {
        if (list is null)
        {
            return SpecList<RuleSpec>.Empty;
        }

        if (list.Children.Count == 0 && !list.IsOpen)
        {
            problems.Error(list, "the list of rules is empty");
        }

        List<RuleSpec> rules = [];
        List<JsonNode?> destinations = [];
        bool complete = true;
        foreach (JsonNode node in list.Children)
        {
            if (node.Kind == JsonKind.Object)
            {
                rules.Add(BindRule(new ObjectView(node, RuleKeys.Group, problems), accounts, problems, destinations, ref complete));
            }
            else
            {
                problems.Error(node, $"expected an object, found {Shown.Found(node)}");
            }
        }

        SpecList<RuleSpec> bound = new(rules.ToArray());
        if (complete)
        {
            WarnOfCircles(bound, destinations, problems);
        }

        return bound;
    }

    private static void WarnOfCircles(SpecList<RuleSpec> specs, List<JsonNode?> destinations, ProblemList problems)
    {
        RuleSet set = new(specs);
        foreach (FileRule rule in set.Rules)
        {
            if (destinations[rule.Index] is { } node && set.FindFed(rule) is { } fed)
            {
                problems.Warning(node, $"the destination matches src_re of rule {fed.Index} of this scheduler, which is not triggered by its own writes: is that meant?");
            }
        }
    }

    private static RuleSpec BindRule(ObjectView view, AccountCheck accounts, ProblemList problems, List<JsonNode?> destinations, ref bool complete)
    {
        RuleAction action = (RuleAction)view.Number(RuleKeys.Action);
        bool hasAction = view.Value(RuleKeys.Action) is not null;
        PythonRegex? regex = null;
        if (view.Value(RuleKeys.SrcRe) is { } pattern && Patterns.Parse(pattern.Text, out regex) is { } error)
        {
            problems.Error(pattern, error);
        }
        else if (regex is not null && PatternAdvice.Of(regex) is { } advice)
        {
            problems.Warning(view.Value(RuleKeys.SrcRe)!, advice);
        }

        JsonNode? destination = view.Value(RuleKeys.DstRe);
        bool isAbsent = (view.Own(RuleKeys.DstRe) is null or { Kind: JsonKind.Null }) && !view.IsMistyped(RuleKeys.DstRe);
        if (hasAction && action != RuleAction.Delete && isAbsent)
        {
            problems.Missing(view.Node, RuleKeys.DstRe.Name, ": move and copy need it");
        }
        else if (hasAction && action == RuleAction.Delete && destination is not null)
        {
            problems.Warning(destination, "delete has no destination; dst_re is not used");
        }

        complete &= regex is not null && hasAction && (destination is not null || action == RuleAction.Delete);
        destinations.Add(destination);
        if (destination is not null && Destination(destination.Text, regex) is { } message)
        {
            problems.Error(destination, message);
            complete = false;
        }

        // The action looks them up again: numbers may change while the daemon runs.
        _ = accounts.User(view, RuleKeys.User);
        _ = accounts.Group(view, RuleKeys.AsGroup);
        return new RuleSpec
        {
            Action = action,
            SourcePattern = view.Text(RuleKeys.SrcRe) ?? "",
            Destination = action == RuleAction.Delete ? null : view.Text(RuleKeys.DstRe),
            AutoCreate = view.Boolean(RuleKeys.AutoCreate),
            Override = view.Boolean(RuleKeys.Override),
            Rec = view.Boolean(RuleKeys.Rec),
            FileMode = (int?)view.OptionalNumber(RuleKeys.FileMode),
            DirMode = (int?)view.OptionalNumber(RuleKeys.DirMode),
            User = view.Text(RuleKeys.User),
            Group = view.Text(RuleKeys.AsGroup),
            FollowSymlinks = view.Boolean(RuleKeys.FollowSymlinks),
            Fsync = view.Boolean(RuleKeys.Fsync),
        };
    }

    /// <summary>Returns what is wrong with a template; null where nothing is, or where it cannot be told because the expression is not known.</summary>
    /// <remarks>
    /// What replaces the first match begins the destination, since the match is at the start of the path; so a literal start must be absolute, and
    /// what begins with a group is checked when its value is known.
    /// </remarks>
    private static string? Destination(string text, PythonRegex? regex)
    {
        if (ValueReader.Bytes(text, out _) is { } error)
        {
            return error;
        }

        if ((text + "/").Contains("/../", StringComparison.Ordinal))
        {
            return "a destination must not contain \"..\"";
        }

        if (regex is null)
        {
            return null;
        }

        if (!ReplaceTemplate.TryParse(text, regex, out ReplaceTemplate? template, out PatternError? problem))
        {
            return $"template: {problem.Message}";
        }

        return template.LiteralPrefix.Length != 0 && template.LiteralPrefix[0] != '/' ? $"must be an absolute path, found the text {Shown.Quote(text)}" : null;
    }
}
