using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Daemon.Control;
using PyInotifyd.Daemon.Install;
using PyInotifyd.Daemon.Monitor;
using PyInotifyd.Daemon.Python;
using PyInotifyd.Engine.Jobs.Launch;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon;

/// <summary>The entry point of the executable <c>pyinotifyd</c>.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (Launcher.TryRun(args, out int exitStatus))
        {
            return exitStatus;
        }

        StandardStreams.OpenClosed();
        CommandLine line = CommandLine.Parse(RawArguments.Recover(args));
        ProcessSetup.Apply(obeysHangup: line.Kind != CommandKind.Monitor);
        try
        {
            return Execute(line);
        }
        catch (Exception error)
        {
            // A loop that was surprised serves a state that nobody knows, so the process ends; whoever supervises it starts it anew.
            StandardStreams.Complain(line.Debug ? error.ToString() : "unexpected " + error.GetType().Name + ": " + error.Message.ReplaceLineEndings(" ") + " (run with -d for more)");
            return ExitStatus.Failed;
        }
    }

    private static int Execute(CommandLine line)
    {
        switch (line.Kind)
        {
            case CommandKind.Wrong:
                StandardStreams.Complain(line.Error!);
                return ExitStatus.Usage;
            case CommandKind.Help:
                return Print(HelpText.Text);
            case CommandKind.Version:
                return Print("pyinotifyd (" + ProgramVersion.Text + ")\n");
            case CommandKind.List:
                return Print(string.Join('\n', EventNames.All) + "\n");
            case CommandKind.Control:
                return ControlCall.Run(line.Control!);
            case CommandKind.Monitor:
                return MonitorRun.Run(line.Monitor!, line.Debug);
            case CommandKind.Schema:
                return Print(ConfigurationSchema.Make());
            case CommandKind.Completion:
                return Print(Encoding.UTF8.GetString(line.Shell switch { "bash" => EmbeddedFiles.BashCompletion, "zsh" => EmbeddedFiles.ZshCompletion, _ => EmbeddedFiles.FishCompletion }));
            case CommandKind.Install:
                return InstallRun.Install();
            case CommandKind.Uninstall:
                return InstallRun.Uninstall();
            default:
                return Configured(line);
        }
    }

    private static int Print(string text) => StandardStreams.Print(text) ? ExitStatus.Fine : ExitStatus.Failed;

    private static int Configured(CommandLine line)
    {
        if (!ConfigChoice.TryChoose(line.ConfigFile, out byte[]? path, out string? error))
        {
            StandardStreams.Complain(error);
            return ExitStatus.Failed;
        }

        FileTrust trust = FileTrust.OfThisProcess(line.Insecure);
        if (line.Kind == CommandKind.PythonWorker)
        {
            return Worker(path, trust, line.Debug);
        }

        string mode = line.Kind switch { CommandKind.Run => "daemon", CommandKind.Convert => "convert", _ => "check" };
        ConfigLoad load = ConfigLoad.Of(path, mode, trust, line.Debug, looksAround: line.Kind == CommandKind.ConfigTest);
        if (load.Spec is null || line.Kind != CommandKind.Run)
        {
            load.Python?.Dispose();
            PrintAll("warning: ", load.Warnings);
            PrintAll("note: ", load.Notes);
        }

        if (load.Spec is not { } spec)
        {
            PrintAll("", load.Errors);
            return ExitStatus.Failed;
        }

        if (line.Explain is { } options)
        {
            return Explanation.Print(spec.Engine, options);
        }

        return line.Kind switch
        {
            CommandKind.ConfigTest => Print("config file ok\n"),
            CommandKind.Convert => Print(SurrogateEscape.Decode(load.Text!)),
            _ => DaemonRun.Run(path, spec, load, trust, line.Debug),
        };
    }

    private static int Worker(byte[] path, FileTrust trust, bool debug)
    {
        if (ConfigFile.Read(path, trust, out byte[] source, out _, out _) is { } error)
        {
            StandardStreams.PrintError(SurrogateEscape.Decode(path) + ": " + error);
            return ExitStatus.Failed;
        }

        return PythonInterpreter.BecomeWorker(path, source, debug);
    }

    private static void PrintAll(string kind, IReadOnlyList<ConfigProblem> problems)
    {
        foreach (ConfigProblem problem in problems)
        {
            StandardStreams.PrintError(problem.ToString(kind));
        }
    }
}
