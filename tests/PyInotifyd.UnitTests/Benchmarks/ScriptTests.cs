using System;
using System.Diagnostics;
using PyInotifyd.TestKit;
using PyInotifyd.UnitTests.Jobs;
using Xunit;

namespace PyInotifyd.UnitTests.Benchmarks;

/// <summary>scripts/bench compiles its C programs and reads all its scenarios; it measures nothing here.</summary>
[Collection(ProcessCollection.Name)]
public sealed class ScriptTests
{
    [Fact]
    public void Help_compiles_the_programs_and_names_the_scenarios()
    {
        using Process process = Process.Start(new ProcessStartInfo(RepositoryRoot.Path + "/scripts/bench", "--help") { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        foreach (string name in new[] { "ingest", "match", "setup", "spawn", "latency", "debounce", "race", "overflow", "idle", "copy", "scale-setup" })
        {
            Assert.Contains(" " + name + " ", text, StringComparison.Ordinal);
        }
    }
}
