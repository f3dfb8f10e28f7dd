using System;
using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Daemon.Python;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon;

/// <summary>A configuration as it was read, with everything that is wrong with it for this daemon.</summary>
internal sealed class ConfigLoad
{
    private const string WorkerName = "python";

    private static int s_generation;

    private ConfigLoad(DaemonSpec? spec, List<ConfigProblem> errors, IReadOnlyList<ConfigProblem> warnings)
    {
        Spec = errors.Count == 0 ? spec : null;
        Errors = errors;
        Warnings = warnings;
    }

    /// <summary>The configuration; null where there are errors.</summary>
    public DaemonSpec? Spec { get; }

    /// <summary>All errors.</summary>
    public IReadOnlyList<ConfigProblem> Errors { get; }

    /// <summary>All warnings.</summary>
    public IReadOnlyList<ConfigProblem> Warnings { get; }

    /// <summary>What happens otherwise than with the original; only a configuration in Python has some.</summary>
    public IReadOnlyList<ConfigProblem> Notes { get; private init; } = [];

    /// <summary>The process that runs the jobs of a configuration in Python; null where there are none.</summary>
    public PythonRun? Python { get; private init; }

    /// <summary>The JSON that Python has made of its configuration; null where there is none.</summary>
    public byte[]? Text { get; private init; }

    /// <summary>Gives an engine the process that runs the jobs, where there are some; before it starts or is given the configuration.</summary>
    public void HandOver(WatchEngine engine)
    {
        if (Python is { } run)
        {
            engine.Adopt(WorkerName, run.HandOver());
        }
    }

    /// <summary>Whether a file is a configuration in Python, by its name.</summary>
    public static bool IsPython(ReadOnlySpan<byte> path) => path.EndsWith(".py"u8);

    /// <summary>Reads a file, and waits for Python where it is one for Python.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">What Python is started for, see <see cref="PythonRun.Start"/>.</param>
    /// <param name="trust">Which files are obeyed.</param>
    /// <param name="debug">Whether Python shows its stack where it fails.</param>
    /// <param name="looksAround">Warn of paths and programs that are not there at the moment.</param>
    /// <remarks>Threads: any. It may take seconds, where a name service does not answer.</remarks>
    public static ConfigLoad Of(byte[] path, string mode, FileTrust trust, bool debug, bool looksAround = false)
    {
        if (IsPython(path))
        {
            PythonRun run = StartPython(path, mode, trust, debug, new PythonOutput(null));
            run.Wait();
            return Of(path, trust, run, looksAround);
        }

        ConfigurationResult result = ConfigurationReader.Read(path, trust, looksAround);
        return new ConfigLoad(result.Spec is null ? null : WithPython(result.Spec, 0), Check(result, path), result.Warnings);
    }

    /// <summary>Starts Python on a file; what is wrong with the file itself is in the run.</summary>
    public static PythonRun StartPython(byte[] path, string mode, FileTrust trust, bool debug, PythonOutput output)
    {
        string? error = ConfigFile.Read(path, trust, out byte[] source, out _, out string? doubt);
        PythonRun run = error is null ? PythonRun.Start(path, source, mode, trust.IsLenient, debug, output) : PythonRun.Failed(path, error, output);
        if (doubt is not null)
        {
            run.Export.Warnings.Add(new ConfigProblem { File = SurrogateEscape.Decode(path), Message = doubt });
        }

        return run;
    }

    /// <summary>Makes what a run of Python that is done has said into a configuration.</summary>
    /// <remarks>Owns: the process, where the result has it; else it is ended here.   Threads: any, as nothing else has the run any more.</remarks>
    public static ConfigLoad Of(byte[] path, FileTrust trust, PythonRun run, bool looksAround = false)
    {
        PythonExport export = run.Export;
        List<ConfigProblem> errors = export.Errors;
        List<ConfigProblem> warnings = export.Warnings;
        DaemonSpec? spec = null;
        if (errors.Count == 0 && export.Configuration is { } text)
        {
            ConfigurationResult result = ConfigurationReader.ReadText(text, SurrogateEscape.Decode(path), trust, looksAround);
            foreach (ConfigProblem problem in Check(result, path))
            {
                errors.Add(export.Locate(problem));
            }

            foreach (ConfigProblem problem in result.Warnings)
            {
                warnings.Add(export.Locate(problem));
            }

            spec = result.Spec is null ? null : WithPython(result.Spec, Interlocked.Increment(ref s_generation));
        }

        bool stays = errors.Count == 0 && export.HasJobs;
        if (!stays)
        {
            run.Dispose();
        }

        return new ConfigLoad(spec, errors, warnings) { Notes = export.Notes, Text = export.Configuration, Python = stays ? run : null };
    }

    // Those that run a configuration in Python, here or converted to JSON. What its file defines may be another job of the same name: a reload of the file itself
    // takes the new process, whatever the rest of the configuration is.
    private static DaemonSpec WithPython(DaemonSpec spec, int generation)
    {
        WorkerSpec[] workers = spec.Engine.Workers.AsSpan().ToArray();
        for (int i = 0; i < workers.Length; i++)
        {
            SpecList<string> command = workers[i].Command;
            bool isPython = command.Count > 1 && command[^2] == CommandLine.PythonWorkerCommand;
            workers[i] = workers[i] with { Generation = generation, WantsWd = isPython };
        }

        return spec with { Engine = spec.Engine with { Workers = new SpecList<WorkerSpec>(workers) } };
    }

    private static List<ConfigProblem> Check(ConfigurationResult result, byte[] path)
    {
        List<ConfigProblem> errors = [.. result.Errors];
        if (result.Spec is not null)
        {
            errors.AddRange(LogSetup.Check(result.Spec.Logging, SurrogateEscape.Decode(path)));
        }

        return errors;
    }
}
