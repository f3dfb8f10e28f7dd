using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using Xunit;

namespace PyInotifyd.PropertyTests.Jobs;

/// <summary>The shells of this machine that may be somebody's /bin/sh, and a way to run a script in each.</summary>
internal static class ShellPrograms
{
    /// <summary>Each shell that is installed, with the locale it runs in: bash reads characters, the others bytes.</summary>
    public static TheoryData<string, string> All()
    {
        var data = new TheoryData<string, string> { { "/bin/sh", "C" } };
        foreach ((string shell, string locale) in new[]
        {
            ("/usr/bin/dash", "C.UTF-8"), ("/usr/bin/busybox", "C"), ("/usr/bin/busybox", "C.UTF-8"), ("/usr/bin/bash", "C"), ("/usr/bin/bash", "C.UTF-8"),
        })
        {
            if (File.Exists(shell))
            {
                data.Add(shell, locale);
            }
        }

        return data;
    }

    /// <summary>Runs a script of raw bytes and returns what it wrote to standard output and error.</summary>
    public static (byte[] Output, string Errors) Run(string shell, string locale, byte[] script)
    {
        string directory = Directory.CreateTempSubdirectory("template").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(directory, "script"), script);
            var start = new ProcessStartInfo("/usr/bin/env")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = directory,
            };

            // busybox needs its applet as argument 1; bash behaves as /bin/sh in POSIX mode.
            foreach (string argument in Command(shell))
            {
                start.ArgumentList.Add(argument);
            }

            start.ArgumentList.Add("./script");
            start.Environment["LC_ALL"] = locale;
            using Process process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            return (output.ToArray(), errors.Result);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static IEnumerable<string> Command(string shell) => shell switch
    {
        "/usr/bin/busybox" => [shell, "sh"],
        "/usr/bin/bash" => [shell, "--posix"],
        _ => [shell],
    };
}
