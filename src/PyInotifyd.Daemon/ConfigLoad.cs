using System.Collections.Generic;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon;

/// <summary>A configuration as it was read, with everything that is wrong with it for this daemon.</summary>
internal sealed class ConfigLoad
{
    private ConfigLoad(DaemonSpec? spec, List<ConfigProblem> errors, IReadOnlyList<ConfigProblem> warnings)
    {
        Spec = spec;
        Errors = errors;
        Warnings = warnings;
    }

    /// <summary>The configuration; null where there are errors.</summary>
    public DaemonSpec? Spec { get; }

    /// <summary>All errors.</summary>
    public IReadOnlyList<ConfigProblem> Errors { get; }

    /// <summary>All warnings.</summary>
    public IReadOnlyList<ConfigProblem> Warnings { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="trust">Which files are obeyed.</param>
    public static ConfigLoad Of(byte[] path, FileTrust trust)
    {
        ConfigurationResult result = ConfigurationReader.Read(path, trust);
        List<ConfigProblem> errors = [.. result.Errors];
        if (result.Spec is not null)
        {
            errors.AddRange(LogSetup.Check(result.Spec.Logging, SurrogateEscape.Decode(path)));
        }

        return new ConfigLoad(errors.Count == 0 ? result.Spec : null, errors, result.Warnings);
    }
}
