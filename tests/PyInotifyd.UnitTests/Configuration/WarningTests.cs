using System.Diagnostics;
using System.Linq;
using System.Text;
using PyInotifyd.Configuration;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>What is valid and most likely not meant.</summary>
public sealed class WarningTests
{
    [Theory]
    [InlineData("^foo", "matches nothing: it is matched at the start of an absolute path")]
    [InlineData("\\\\.tmp$", "matches nothing: it is matched at the start of an absolute path")]
    [InlineData("foo|bar|[a-z]/", "matches nothing: it is matched at the start of an absolute path")]
    [InlineData("(?i)(?:a|b)?c", "matches nothing: it is matched at the start of an absolute path")]
    [InlineData("foo*.tmp", "matches nothing: it is matched at the start of an absolute path")]
    [InlineData("", "matches the empty text, and so the start of every path")]
    [InlineData(".*", "matches the empty text, and so the start of every path")]
    [InlineData("^/a/x|", "matches the empty text, and so the start of every path")]
    [InlineData("(/a/b)?", "matches the empty text, and so the start of every path")]
    [InlineData("/a/*.tmp", "repeats a slash (/*)")]
    [InlineData("^/a/x/$", "matches nothing: no path ends with a slash")]
    [InlineData("^/b/", "matches nothing of this watch: what it matches begins with \"/b/\"")]
    [InlineData("^/ab", "matches nothing of this watch: what it matches begins with \"/ab\"")]
    public void Pattern_that_is_probably_a_mistake_is_a_warning(string pattern, string warning)
    {
        ConfigProblem problem = Assert.Single(ConfigText.Read(Excluding(pattern)).Warnings);

        Assert.StartsWith(warning, problem.Message);
        Assert.Equal("$.watches[0].exclude_filter[0]", problem.Path);
        Assert.StartsWith("c.json:1:51: $.watches[0].exclude_filter[0]: warning: " + warning, problem.ToString("warning: "));
    }

    [Theory]
    [InlineData(".*\\\\.tmp$")]
    [InlineData("^/a/x")]
    [InlineData("/")]
    [InlineData("/a$")]
    [InlineData("[^a-z]a/tmp")]
    [InlineData("(?!/a/b).+")]
    [InlineData("(?:x|/a)/")]
    [InlineData("/a/[/*]")]
    [InlineData("(?P<q>x)?/a/(?(q)b|c)")]
    public void Pattern_that_may_match_is_none(string pattern) => Assert.Equal([], ConfigText.Read(Excluding(pattern)).Warnings);

    [Fact]
    public void Pattern_of_file_names_is_an_error_that_says_how_to_write_it()
    {
        string error = Assert.Single(ConfigText.Errors(Excluding("*.tmp")));

        Assert.Contains("as a regular expression *.tmp is written .*\\.tmp$", error);
    }

    [Fact]
    public void Watch_that_stands_there_twice_is_a_warning_at_the_second()
    {
        ConfigurationResult result = ConfigText.Read(
            "{ \"watches\": [ { \"path\": [\"/a\", \"/b\"], \"default_sched\": \"s\" }, { \"path\": \"/a/\", \"default_sched\": \"s\" }, { \"path\": \"/a\", \"rec\": true, \"default_sched\": \"s\" } ], " + ConfigText.Tail);

        Assert.Equal(["$.watches[1].path"], result.Warnings.Select(warning => warning.Path));
        Assert.StartsWith("an identical watch stands before it", result.Warnings[0].Message);
    }

    [Fact]
    public void What_is_not_there_is_a_warning_where_it_is_looked_for()
    {
        const string Text =
            """
            { "schedulers": {
                "a": { "type": "exec", "argv": ["/no/such/program", "{pathname}"] },
                "b": { "type": "exec", "argv": ["no-such-program"], "env": { "PATH": "/bin:/usr/bin" } },
                "c": { "type": "shell", "cmd": " /no/such/program {pathname}" },
                "d": { "type": "exec", "argv": ["/etc/passwd"] },
                "e": { "type": "shell", "cmd": "no-such-program" },
                "f": { "type": "shell", "cmd": "/bin/sh -c true; /no/such" },
                "h": { "type": "exec", "argv": ["sh"] } },
              "watches": [ { "path": ["/no/such/path", "/no/such/*", "/etc"], "default_sched": "a" }, { "path": "/no/such/path", "default_sched": "b", "on_missing": "fail" } ] }
            """;

        ConfigurationResult result = ConfigurationReader.ReadText(Encoding.UTF8.GetBytes(Text), "c.json", looksAround: true);

        Assert.NotNull(result.Spec);
        Assert.Equal(
            ["$.schedulers.a.argv[0]", "$.schedulers.b.argv[0]", "$.schedulers.c.cmd", "$.schedulers.d.argv[0]", "$.watches[0].path[0]", "$.watches[0].path[1]", "$.watches[1].path"],
            result.Warnings.Select(warning => warning.Path));
        Assert.StartsWith("cannot start /no/such/program: ENOENT", result.Warnings[0].Message);
        Assert.Contains("it is in no directory of PATH=/bin:/usr/bin", result.Warnings[1].Message);
        Assert.StartsWith("cannot start /etc/passwd: EACCES", result.Warnings[3].Message);
        Assert.Equal("does not exist; the daemon waits until it is there", result.Warnings[4].Message);
        Assert.StartsWith("matches nothing", result.Warnings[5].Message);
        Assert.Equal("does not exist, so the daemon will not start", result.Warnings[6].Message);
        Assert.Equal([], ConfigText.Read(Text).Warnings);
    }

    [Fact]
    public void Long_configuration_is_read_in_a_moment()
    {
        StringBuilder text = new("{ \"watches\": [");
        for (int i = 0; i < 1000; i++)
        {
            text.Append(i == 0 ? "" : ",").Append($"{{ \"path\": \"/data/{i}\", \"rec\": true, \"event_map\": {{ \"IN_CLOSE_WRITE\": \"s\" }}, \"exclude_filter\": [");
            for (int j = 0; j < 10; j++)
            {
                text.Append(j == 0 ? "" : ",").Append($"\"^/data/{i}/(?P<name>[^/]+)/tmp{j}\\\\.\\\\d+$\"");
            }

            text.Append("] }");
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.Append("], ").ToString() + ConfigText.Tail);
        Stopwatch watch = Stopwatch.StartNew();
        ConfigurationResult result = ConfigurationReader.ReadText(bytes, "c.json", looksAround: true);

        Assert.Equal((1000, 1000), (result.Spec!.Engine.Watches.Count, result.Warnings.Count));

        // Far more than it takes, far less than something that grows with the square of the watches.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
    }

    private static string Excluding(string pattern) =>
        "{ \"watches\": [ { \"path\": \"/a\", \"exclude_filter\": [\"" + pattern + "\"], \"default_sched\": \"s\" } ], " + ConfigText.Tail;
}
