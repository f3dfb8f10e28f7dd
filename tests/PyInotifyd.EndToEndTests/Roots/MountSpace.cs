using System;
using System.Diagnostics;
using System.IO;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;

namespace PyInotifyd.EndToEndTests.Roots;

/// <summary>A shell in a mount namespace of its own: what it mounts nobody else sees, and it goes with it.</summary>
/// <remarks>Errors: a command that fails ends the shell, and throws with what it said.</remarks>
internal sealed class MountSpace : IDisposable
{
    private readonly Process _shell;

    /// <summary>Starts it in a directory.</summary>
    public MountSpace(string directory)
    {
        string[] user = Libc.geteuid() == 0 ? [] : ["-U", "-r"];
        ProcessStartInfo start = new("/usr/bin/unshare", [.. user, "-m", "--propagation", "private", "sh", "-e"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        _shell = Process.Start(start)!;
        Run("exec 3>&1 >&2");
    }

    /// <summary>Runs a line to its end.</summary>
    public void Run(string line)
    {
        _shell.StandardInput.Write(line + "\necho . >&3\n");
        _shell.StandardInput.Flush();
        if (_shell.StandardOutput.ReadLine() is null)
        {
            throw new InvalidOperationException($"'{line}' failed: {_shell.StandardError.ReadToEnd()}");
        }
    }

    /// <summary>Has a program started in the namespace.</summary>
    public void Prepare(ProcessStartInfo start)
    {
        string[] wrapper = [.. Libc.geteuid() == 0 ? (string[])[] : ["-U", "--preserve-credentials"], "-m", "-t", $"{_shell.Id}", start.FileName];
        start.FileName = "/usr/bin/nsenter";
        for (int i = 0; i < wrapper.Length; i++)
        {
            start.ArgumentList.Insert(i, wrapper[i]);
        }
    }

    public void Dispose()
    {
        try
        {
            _shell.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended.
        }

        if (!_shell.WaitForExit(DaemonProcess.DefaultDeadline))
        {
            _shell.Kill();
            _shell.WaitForExit();
        }

        _shell.Dispose();
    }
}
