using System.Collections.Generic;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Jobs;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Has commands read the way their tasks will read them, and reports what the readers say.</summary>
internal static class CommandCheck
{
    /// <summary>Checks a command line for /bin/sh.</summary>
    public static void Shell(JsonNode command, bool isBatch, ProblemList problems)
    {
        List<TemplateProblem> found = [];
        if (isBatch)
        {
            BatchTemplate.Check(command.Text, -1, found);
        }

        CommandTemplate.TryParse(command.Text, out _, found);
        foreach (TemplateProblem problem in found)
        {
            Report(command, problem, problems);
        }
    }

    /// <summary>Checks a program and its arguments, which are the texts of a list.</summary>
    public static void Exec(JsonNode list, IReadOnlyList<string> arguments, bool isBatch, ProblemList problems)
    {
        List<TemplateProblem> found = [];
        for (int i = 0; i < arguments.Count && isBatch; i++)
        {
            BatchTemplate.Check(arguments[i], i, found);
        }

        ExecTemplate.TryParse(arguments, out _, found);
        foreach (TemplateProblem problem in found)
        {
            bool hasPlace = problem.Argument >= 0 && problem.Argument < list.Children.Count;
            Report(hasPlace ? list.Children[problem.Argument] : list, problem, problems);
        }
    }

    private static void Report(JsonNode node, TemplateProblem problem, ProblemList problems)
    {
        string message = $"{problem.Message} (character {problem.Position + 1} of the text)";
        if (problem.IsWarning)
        {
            problems.Warning(node, message);
        }
        else
        {
            problems.Error(node, message);
        }
    }
}
