using System;
using System.Collections.Generic;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Checks the commands of a scheduler with <c>batch</c>, whose runs have many events and so no value for most placeholders.</summary>
public static class BatchTemplate
{
    /// <summary>Adds an error for each placeholder that stands for a single event.</summary>
    /// <param name="text">A command line or an argument.</param>
    /// <param name="argument">Its place in the argument vector; -1: it is a command line.</param>
    /// <param name="problems">Gets the errors.</param>
    public static void Check(string text, int argument, List<TemplateProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(problems);
        for (int i = 0; i < text.Length; i++)
        {
            if (PlaceholderNames.TryMatch(text.AsSpan(i), out Placeholder placeholder) && placeholder != Placeholder.TaskId)
            {
                string name = PlaceholderNames.Text(placeholder);
                problems.Add(new TemplateProblem(
                    false, $"{name} stands for one event and a run with batch has many: read them from standard input, or remove batch", TemplateText.PositionOf(text, i), argument));
            }
        }
    }
}
