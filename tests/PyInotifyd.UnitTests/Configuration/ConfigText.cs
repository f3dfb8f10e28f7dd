using System.Collections.Generic;
using System.Linq;
using System.Text;
using PyInotifyd.Configuration;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>Reads configurations that are written in the tests.</summary>
internal static class ConfigText
{
    /// <summary>A scheduler that the texts can name, and what closes the file behind it.</summary>
    public const string Tail = "\"schedulers\": { \"s\": { \"type\": \"exec\", \"argv\": [\"/bin/true\"] } } }";

    /// <summary>What follows the name of an unknown key of the file itself.</summary>
    public const string RootKeyList =
        "; a configuration has $schema, shutdown_timeout, logname, include, state_file, control_socket, control_group, max_concurrency, max_pending, "
        + "logging, defaults, workers, schedulers, event_maps, watches";

    public static ConfigurationResult Read(string text) => ConfigurationReader.ReadText(Encoding.UTF8.GetBytes(text), "c.json");

    public static DaemonSpec Good(string text)
    {
        ConfigurationResult result = Read(text);
        Assert.Equal([], Lines(result.Errors));
        Assert.NotNull(result.Spec);
        return result.Spec;
    }

    public static string[] Errors(string text)
    {
        ConfigurationResult result = Read(text);
        Assert.True(result.Errors.Count == 0 == result.Spec is not null, "a spec comes exactly where there is no error");
        return Lines(result.Errors);
    }

    public static SchedulerSpec Scheduler(string keys) => Good("{ \"schedulers\": { \"s\": { " + keys + " } } }").Engine.Schedulers[0];

    public static WatchSpec Watch(string keys) => Good("{ \"watches\": [ { \"path\": \"/a\", " + keys + " } ], " + Tail).Engine.Watches[0];

    public static string[] Lines(IReadOnlyList<ConfigProblem> problems) => problems.Select(problem => problem.ToString()).ToArray();
}
