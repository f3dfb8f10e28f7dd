using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>A rule, compiled.</summary>
/// <remarks>Threads: any; immutable.</remarks>
public sealed class FileRule
{
    internal FileRule(RuleSpec spec, int index)
    {
        Spec = spec;
        Index = index;
        if (!PythonRegex.TryParse(spec.SourcePattern, out PythonRegex? regex, out PatternError? error))
        {
            throw new ArgumentException("src_re " + spec.SourcePattern + ": " + error.Message);
        }

        Source = regex;
        if (spec.Destination is { } text && spec.Action != RuleAction.Delete)
        {
            if (!ReplaceTemplate.TryParse(text, regex, out ReplaceTemplate? template, out error))
            {
                throw new ArgumentException("dst_re " + text + ": " + error.Message);
            }

            Destination = template;
        }
    }

    /// <summary>The rule of what no configured rule asks for: to remove what killed runs left.</summary>
    internal static FileRule Removal { get; } = new(new RuleSpec { Action = RuleAction.Delete, SourcePattern = "", Rec = true }, 0);

    /// <summary>What was configured.</summary>
    public RuleSpec Spec { get; }

    /// <summary>Its place in the list, from 0.</summary>
    public int Index { get; }

    /// <summary>The pattern of the paths.</summary>
    public PythonRegex Source { get; }

    /// <summary>The template of the destination; null for delete.</summary>
    public ReplaceTemplate? Destination { get; }

    /// <summary>The action's name, as the configuration has it.</summary>
    public string Verb => Spec.Action switch
    {
        RuleAction.Move => "move",
        RuleAction.Copy => "copy",
        _ => "delete",
    };

    /// <summary>Whether mode or owner is to be set.</summary>
    internal bool SetsAttributes => Spec.FileMode is not null || Spec.DirMode is not null || Spec.User is not null || Spec.Group is not null;
}
