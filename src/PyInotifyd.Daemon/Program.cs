using System;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Daemon.Control;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Daemon;

/// <summary>The entry point of the executable <c>pyinotifyd</c>.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        StandardStreams.OpenClosed();
        ProcessSetup.Apply();
        CommandLine line = CommandLine.Parse(RawArguments.Recover(args));
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
        ConfigLoad load = ConfigLoad.Of(path, trust);
        if (load.Spec is null || line.Kind is CommandKind.ConfigTest or CommandKind.Explain)
        {
            foreach (ConfigProblem warning in load.Warnings)
            {
                StandardStreams.PrintError("warning: " + warning.ToString());
            }
        }

        if (load.Spec is not { } spec)
        {
            foreach (ConfigProblem problem in load.Errors)
            {
                StandardStreams.PrintError(problem.ToString());
            }

            return ExitStatus.Failed;
        }

        if (line.Explain is { } options)
        {
            return Explanation.Print(spec.Engine, options);
        }

        return line.Kind == CommandKind.ConfigTest ? Print("config file ok\n") : DaemonRun.Run(path, spec, load, trust, line.Debug);
    }
}
