using System;
using System.IO;
using PyInotifyd.Benchmarks;
using Xunit;

namespace PyInotifyd.UnitTests.Benchmarks;

/// <summary>The micro-benchmarks run; what they measure is nobody's business here.</summary>
public sealed class SuiteTests
{
    [Theory]
    [InlineData("parse: ")]
    [InlineData("event: ")]
    [InlineData("lookup: ")]
    [InlineData("path: ")]
    [InlineData("timer: ")]
    [InlineData("task: ")]
    [InlineData("regex: ")]
    [InlineData("rules: ")]
    [InlineData("scan: 10,000 directories")]
    [InlineData("rename: ")]
    public void Benchmarks_of_a_topic_run_and_print_a_line_each(string topic)
    {
        using StringWriter output = new();
        Suite.Run(output, isQuick: true, topic);
        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 1);
        Assert.All(lines[1..], line => Assert.StartsWith(topic, line, StringComparison.Ordinal));
    }
}
