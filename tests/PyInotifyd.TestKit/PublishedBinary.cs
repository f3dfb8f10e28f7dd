using System;
using System.IO;
using System.Threading;

namespace PyInotifyd.TestKit;

/// <summary>Says where the published binaries are; those that scripts/test has not built yet are built on first use.</summary>
public static class PublishedBinary
{
    // Two builds at a time would meet in the same intermediate folders.
    private static readonly Lock s_building = new();

    private static readonly Lazy<string> s_x64 = new(() => Find("PYINOTIFYD_BIN", "linux-x64"));
    private static readonly Lazy<string> s_arm64 = new(() => Find("PYINOTIFYD_BIN_ARM64", "linux-arm64"));

    private static readonly Lazy<string> s_sample = new(BuildSample);

    /// <summary>The absolute path of the static binary of <c>tests/EmbeddingSample</c>, which is built on first use.</summary>
    public static string Sample => s_sample.Value;

    /// <summary>The absolute path of the binary for x86-64, <c>$PYINOTIFYD_BIN</c> where that is set.</summary>
    public static string X64 => s_x64.Value;

    /// <summary>The absolute path of the binary for arm64, <c>$PYINOTIFYD_BIN_ARM64</c> where that is set.</summary>
    public static string Arm64 => s_arm64.Value;

    private static string Find(string variable, string rid)
    {
        string? given = Environment.GetEnvironmentVariable(variable);
        if (!string.IsNullOrEmpty(given))
        {
            return File.Exists(given) ? given : throw new FileNotFoundException($"${variable} names no file: {given}");
        }

        lock (s_building)
        {
            CommandResult build = CommandResult.Of(Path.Combine(RepositoryRoot.Path, "scripts", "build"), [rid], TimeSpan.FromMinutes(5));
            if (build.ExitStatus != 0)
            {
                throw new InvalidOperationException($"scripts/build {rid} failed\n{build.Output}{build.Error}");
            }
        }

        return Path.Combine(RepositoryRoot.Path, "artifacts", rid, "pyinotifyd");
    }

    private static string BuildSample()
    {
        string source = Path.Combine(RepositoryRoot.Path, "tests", "EmbeddingSample", "compress.cs");
        string folder = Path.Combine(RepositoryRoot.Path, "artifacts", "sample");
        lock (s_building)
        {
            CommandResult build = CommandResult.Of(
                "dotnet",
                ["publish", source, "-r", "linux-x64", "-o", folder, "-v", "quiet", "--nologo"],
                TimeSpan.FromMinutes(10),
                start =>
                {
                    // What stays behind for the next build would hold the test's pipes open.
                    start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
                    start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
                });
            if (build.ExitStatus != 0)
            {
                throw new InvalidOperationException($"dotnet publish {source} failed\n{build.Output}{build.Error}");
            }
        }

        return Path.Combine(folder, "compress");
    }
}
