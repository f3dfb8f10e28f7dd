using System.Collections.Generic;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Has commands read the way their tasks will read them, and reports what the readers say.</summary>
internal static class CommandCheck
{
    /// <summary>Checks a command line for /bin/sh.</summary>
    public static void Shell(JsonNode command, ProcessSpec process, bool isBatch, ProblemList problems)
    {
        List<TemplateProblem> found = [];
        if (isBatch)
        {
            BatchTemplate.Check(command.Text, -1, found);
        }

        if (CommandTemplate.TryParse(command.Text, out _, found) && LooksFor(problems))
        {
            LookFor(command, ProgramCheck.OfCommand(command.Text, process, onlyAbsolute: true), problems);
        }

        foreach (TemplateProblem problem in found)
        {
            Report(command, problem, problems);
        }
    }

    /// <summary>Checks a program and its arguments, which are the texts of a list.</summary>
    public static void Exec(JsonNode list, SpecList<string> arguments, ProcessSpec process, bool isBatch, ProblemList problems)
    {
        List<TemplateProblem> found = [];
        for (int i = 0; i < arguments.Count && isBatch; i++)
        {
            BatchTemplate.Check(arguments[i], i, found);
        }

        if (ExecTemplate.TryParse(arguments, out _, found))
        {
            Program(list, arguments, process, problems);
        }

        foreach (TemplateProblem problem in found)
        {
            bool hasPlace = problem.Argument >= 0 && problem.Argument < list.Children.Count;
            Report(hasPlace ? list.Children[problem.Argument] : list, problem, problems);
        }
    }

    /// <summary>Looks for the program of a list of arguments, where that is wanted.</summary>
    public static void Program(JsonNode list, SpecList<string> arguments, ProcessSpec process, ProblemList problems)
    {
        if (LooksFor(problems))
        {
            LookFor(list.Children[0], ProgramCheck.OfArguments(arguments, process), problems);
        }
    }

    // The environment and the directory that a search needs are known to be valid only where nothing was wrong so far.
    private static bool LooksFor(ProblemList problems) => problems.LooksAround && problems.ErrorCount == 0;

    private static void LookFor(JsonNode node, string? problem, ProblemList problems)
    {
        if (problem is not null)
        {
            problems.Warning(node, problem);
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
