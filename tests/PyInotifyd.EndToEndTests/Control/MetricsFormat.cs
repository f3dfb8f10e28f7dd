using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace PyInotifyd.EndToEndTests.Control;

/// <summary>A strict reader of the text format of Prometheus, version 0.0.4: what it does not know is an error.</summary>
internal sealed class MetricsFormat
{
    private readonly Dictionary<string, string> _types = [];
    private readonly Dictionary<(string Name, string Labels), string> _samples = [];

    public IEnumerable<string> Names => _types.Keys;

    public static MetricsFormat Parse(string text)
    {
        MetricsFormat metrics = new();
        Assert.EndsWith("\n", text);
        string current = "";
        string helped = "";
        foreach (string line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                helped = Regex.Match(line, @"^# HELP ([a-z_][a-z0-9_]*) [^\\]+$").Groups[1].Value;
                Assert.NotEqual("", helped);
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Match type = Regex.Match(line, "^# TYPE ([a-z_][a-z0-9_]*) (counter|gauge)$");
                current = type.Groups[1].Value;
                Assert.Equal(helped, current);
                Assert.True(metrics._types.TryAdd(current, type.Groups[2].Value), line);
            }
            else
            {
                metrics.Sample(line, current);
            }
        }

        return metrics;
    }

    public string Type(string name) => _types[name];

    public string Value(string name, string labels) =>
        _samples.TryGetValue((name, labels), out string? value) ? value : throw new KeyNotFoundException($"{name} {labels} in {string.Join('\n', _samples.Keys)}");

    private void Sample(string line, string current)
    {
        Match sample = Regex.Match(line, """^([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)$""");
        Assert.True(sample.Success, line);
        Assert.Equal(current, sample.Groups[1].Value);
        Assert.True(double.TryParse(sample.Groups[3].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= 0, line);
        StringBuilder labels = new();
        foreach (Match label in Regex.Matches(sample.Groups[2].Value, """([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)"""))
        {
            string value = Regex.Replace(label.Groups[2].Value, @"\\(.)", match => match.Groups[1].Value == "n" ? "\n" : match.Groups[1].Value);
            labels.Append(labels.Length == 0 ? "" : ",").Append(label.Groups[1].Value).Append('=').Append(value);
        }

        Assert.True(_samples.TryAdd((current, labels.ToString()), sample.Groups[3].Value), line);
    }
}
