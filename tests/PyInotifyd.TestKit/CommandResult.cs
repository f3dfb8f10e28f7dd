using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading.Tasks;

namespace PyInotifyd.TestKit;

/// <summary>What a command left: its exit status (128 and more: a signal), standard output and standard error.</summary>
/// <param name="ExitStatus">The exit status, 128 plus the signal where one ended it.</param>
/// <param name="Output">Everything from standard output, decoded as UTF-8.</param>
/// <param name="Error">Everything from standard error, decoded as UTF-8.</param>
public sealed record CommandResult(int ExitStatus, string Output, string Error)
{
    /// <summary>Runs a program with these arguments and an empty standard input to its end.</summary>
    /// <remarks>
    /// Errors: a program that does not end in time is killed, and a <see cref="TimeoutException"/> shows what it had printed.
    /// </remarks>
    /// <param name="file">The program, a path or a name to be found in PATH.</param>
    /// <param name="arguments">The arguments after the name.</param>
    /// <param name="deadline">How long it may take, 30 seconds where null.</param>
    /// <param name="prepare">Changes the environment or the working directory before the start.</param>
    public static CommandResult Of(string file, IEnumerable<string> arguments, TimeSpan? deadline = null, Action<ProcessStartInfo>? prepare = null)
    {
        ProcessStartInfo start = new(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        prepare?.Invoke(start);

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(deadline ?? TimeSpan.FromSeconds(30)))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            throw new TimeoutException($"{file} {string.Join(' ', start.ArgumentList)} did not end in time\n{output.Result}{error.Result}");
        }

        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }
}
