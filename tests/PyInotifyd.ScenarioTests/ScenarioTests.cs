using System;
using System.Collections.Generic;
using System.IO;
using PyInotifyd.TestKit;
using PyInotifyd.TestKit.Scenarios;
using Xunit;

// The current directory belongs to the inotify instance that is being tested.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace PyInotifyd.ScenarioTests;

/// <summary>Runs every file below <c>Scenarios</c>.</summary>
public sealed class ScenarioTests
{
    private static readonly string s_folder = Path.Combine(RepositoryRoot.Path, "tests", "PyInotifyd.ScenarioTests", "Scenarios");

    public static TheoryData<string> Names
    {
        get
        {
            List<string> names = [];
            foreach (string file in Directory.EnumerateFiles(s_folder, "*", SearchOption.AllDirectories))
            {
                names.Add(Path.GetRelativePath(s_folder, file));
            }

            names.Sort(StringComparer.Ordinal);
            return [.. names];
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Scenario_holds(string name)
    {
        bool update = Environment.GetEnvironmentVariable("PYINOTIFYD_UPDATE") == "1";
        string difference = Scenario.Run(Path.Combine(s_folder, name), update);
        Assert.True(difference.Length == 0, $"{name}: - is what the file says, + what came out\n{difference}");
    }
}
