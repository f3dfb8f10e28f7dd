using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using PyInotifyd.Engine.Jobs;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.PropertyTests.Jobs;

/// <summary>Whatever a command looks like: once it has been accepted, no value in it makes a shell run anything.</summary>
public sealed class ShellEscapeTests
{
    private readonly ITestOutputHelper _log;

    public ShellEscapeTests(ITestOutputHelper log)
    {
        _log = log;
    }

    [Theory]
    [InlineData("/usr/bin/dash")]
    [InlineData("/usr/bin/busybox")]
    [InlineData("/usr/bin/bash")]
    public void Accepted_commands_never_run_a_value(string shell)
    {
        if (!File.Exists(shell))
        {
            return;
        }

        int seed = ShellQuotingTests.Seed(_log);
        int rounds = int.Parse(Environment.GetEnvironmentVariable("PYINOTIFYD_TEST_ROUNDS") ?? "400", CultureInfo.InvariantCulture);
        var random = new Random(seed);
        string directory = Directory.CreateTempSubdirectory("escape").FullName;
        try
        {
            int accepted = 0;
            while (accepted < rounds)
            {
                string command = CommandSoup.Command(random);
                var problems = new List<TemplateProblem>();
                if (!command.Contains("{pathname}", StringComparison.Ordinal) || !CommandTemplate.TryParse(command, out CommandTemplate? template, problems) ||
                    problems.Count > 0)
                {
                    continue;
                }

                accepted++;
                var line = new ArrayBufferWriter<byte>();
                template.Expand(new PlaceholderValues { PathName = CommandSoup.Payload(random) }, line);
                File.WriteAllBytes(Path.Combine(directory, "script"), line.WrittenSpan.ToArray());
                Run(shell, directory);
                Assert.False(File.Exists(Path.Combine(directory, "pwned")), $"{command}\n=>\n{System.Text.Encoding.UTF8.GetString(line.WrittenSpan)}");
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Run(string shell, string directory)
    {
        var start = new ProcessStartInfo(shell)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (shell != "/usr/bin/dash")
        {
            start.ArgumentList.Add(shell == "/usr/bin/bash" ? "--posix" : "sh");
        }

        // Nothing but the shell itself may be run by the odd words of these commands.
        start.Environment["PATH"] = "/nonexistent";
        start.ArgumentList.Add("./script");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(milliseconds: 20_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the command does not end: " + File.ReadAllText(Path.Combine(directory, "script")));
        }

        output.Wait();
        errors.Wait();
    }
}
