using System.Collections.Generic;

namespace PyInotifyd.Configuration;

/// <summary>What came out of reading a configuration.</summary>
public sealed class ConfigurationResult
{
    internal ConfigurationResult(DaemonSpec? spec, IReadOnlyList<ConfigProblem> errors, IReadOnlyList<ConfigProblem> warnings)
    {
        Spec = spec;
        Errors = errors;
        Warnings = warnings;
    }

    /// <summary>The configuration; null where there are errors.</summary>
    public DaemonSpec? Spec { get; }

    /// <summary>All errors, by file and place.</summary>
    public IReadOnlyList<ConfigProblem> Errors { get; }

    /// <summary>All warnings, by file and place.</summary>
    public IReadOnlyList<ConfigProblem> Warnings { get; }
}
