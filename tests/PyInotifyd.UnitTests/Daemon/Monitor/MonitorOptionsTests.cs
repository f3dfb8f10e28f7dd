using System;
using System.Linq;
using System.Text;
using PyInotifyd.Daemon;
using PyInotifyd.Daemon.Monitor;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon.Monitor;

/// <summary>What the words after <c>monitor</c> ask for.</summary>
public sealed class MonitorOptionsTests
{
    [Fact]
    public void A_path_alone_means_every_event_as_text_for_ever()
    {
        MonitorOptions options = Parse("/a");
        Assert.Equal((EventMask.All, false, false, 0L, long.MaxValue), (options.Events, options.Recursive, options.Null, options.TimeoutMs, options.Count));
        Assert.Same(MonitorFormat.Default, options.Format);
        Assert.Equal(["/a"], Paths(options));
    }

    [Theory]
    [InlineData("-r", "-0", "-e", "IN_CREATE", "/a", "/b")]
    [InlineData("-r0eIN_CREATE", "/a", "/b")]
    [InlineData("/a", "-0re", "create", "/b")]
    [InlineData("/a", "/b", "--null", "--recursive", "--event=Create")]
    [InlineData("--event", "in_create", "-0r", "--", "/a", "/b")]
    [InlineData("/a", "/b", "/a/", "//b/./", "/a/x/..", "-0", "-r", "-e", "CREATE,IN_CREATE")]
    public void Options_come_in_any_order_and_form_and_each_path_counts_once(params string[] words)
    {
        MonitorOptions options = Parse(words);
        Assert.Equal((EventMask.Create, true, true), (options.Events, options.Recursive, options.Null));
        Assert.Equal(["/a", "/b"], Paths(options));
    }

    [Theory]
    [InlineData("IN_CLOSE_WRITE", EventMask.CloseWrite)]
    [InlineData("move", EventMask.MovedFrom | EventMask.MovedTo)]
    [InlineData("IN_CLOSE", EventMask.CloseWrite | EventMask.CloseNoWrite)]
    [InlineData("q_overflow,unmount", EventMask.QueueOverflow | EventMask.Unmount)]
    public void Events_are_named_as_in_C_or_as_inotifywait_has_them(string name, EventMask events)
    {
        Assert.Equal(events, Parse("-e", name, "/a").Events);
    }

    [Fact]
    public void Relative_paths_start_at_the_current_directory()
    {
        // Another test may have moved this process to the root, or be about to.
        string before = Environment.CurrentDirectory;
        string[] paths = Paths(Parse(".", "x", "-", "--", "-y"));
        string here = paths[0] == "/" ? "" : paths[0];
        Assert.Contains(paths[0], new[] { before, Environment.CurrentDirectory });
        Assert.Equal([here + "/x", here + "/-", here + "/-y"], paths[1..]);
    }

    [Theory]
    [InlineData("10", 10_000)]
    [InlineData("0.5", 500)]
    [InlineData("250ms", 250)]
    [InlineData("1d", 86_400_000)]
    public void Timeout_is_a_duration(string value, long milliseconds)
    {
        Assert.Equal(milliseconds, Parse("--timeout", value, "/a").TimeoutMs);
        Assert.Equal(milliseconds, Parse("/a", "--timeout=" + value).TimeoutMs);
    }

    [Theory]
    [InlineData("monitor needs a path")]
    [InlineData("monitor needs a path", "-r", "--")]
    [InlineData("monitor: '' is no path", "")]
    [InlineData("unknown option '-x' of monitor", "-rx", "/a")]
    [InlineData("unknown option '--jsom' of monitor; did you mean \"--json\"?", "--jsom", "/a")]
    [InlineData("option '--json' takes no value", "--json=1", "/a")]
    [InlineData("option '-e' needs a value", "/a", "-e")]
    [InlineData("option '--event' needs a value", "--event=", "/a")]
    [InlineData("option '--count' needs a value", "/a", "--count")]
    [InlineData("'IN_WRITE_CLOSE' is no event; did you mean \"IN_CLOSE_WRITE\"?", "-e", "IN_WRITE_CLOSE", "/a")]
    [InlineData("'creat' is no event; did you mean \"IN_CREATE\"?", "-e", "modify,creat", "/a")]
    [InlineData("'zzzzz' is no event; see pyinotifyd --list", "-e", "zzzzz", "/a")]
    [InlineData("'' is no event; see pyinotifyd --list", "-e", "create,", "/a")]
    [InlineData("option '--exclude': 'a(b': missing ), unterminated subpattern at position 1", "--exclude", "a(b", "/a")]
    [InlineData("option '--count': expected a whole number, 1 or more, found '0'", "--count", "0", "/a")]
    [InlineData("option '--count': expected a whole number, 1 or more, found '-1'", "--count", "-1", "/a")]
    [InlineData("option '--count': expected a whole number, 1 or more, found '1e3'", "--count=1e3", "/a")]
    [InlineData("option '--timeout': must be more than 0; leave it out to wait for ever", "--timeout", "0", "/a")]
    [InlineData("option '--timeout': a duration cannot be negative", "--timeout", "-1", "/a")]
    [InlineData("options '--json' and '--format' exclude each other", "--json", "--format", "{name}", "/a")]
    public void Mistakes_are_told(string error, params string[] words)
    {
        Assert.Equal(error, MonitorOptions.Parse(words, out _));
        CommandLine line = CommandLine.Parse(["monitor", .. words]);
        Assert.Equal((CommandKind.Wrong, error + " (see pyinotifyd --help)"), (line.Kind, line.Error));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("5x")]
    [InlineData("1e3")]
    public void What_is_no_duration_is_told_with_an_example(string value)
    {
        Assert.StartsWith("option '--timeout': expected a duration: seconds as a number, or a text such as \"250ms\"", MonitorOptions.Parse(["--timeout", value, "/a"], out _));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_wins_over_what_is_missing(string option)
    {
        Assert.Equal(CommandKind.Help, CommandLine.Parse(["monitor", option]).Kind);
    }

    [Theory]
    [InlineData("\\.tmp$", "matches nothing: it is matched at the start of an absolute path")]
    [InlineData("/other/", "matches nothing of the paths given: what it matches begins with \"/other/\"")]
    [InlineData(".*", "matches the empty text, and so the start of every path")]
    public void Patterns_that_are_hardly_meant_are_warned_of(string pattern, string warning)
    {
        Assert.StartsWith($"option '--exclude': '{pattern}' {warning}", Assert.Single(Parse("--exclude", pattern, "/a").Warnings));
    }

    [Fact]
    public void Patterns_that_make_sense_are_not()
    {
        Assert.Empty(Parse("--exclude", ".*\\.tmp$", "--exclude", "/a/cache/", "--exclude=/b", "/a", "/b/c").Warnings);
    }

    private static MonitorOptions Parse(params string[] words)
    {
        Assert.Null(MonitorOptions.Parse(words, out MonitorOptions options));
        return options;
    }

    private static string[] Paths(MonitorOptions options) => [.. options.Paths.Select(path => Encoding.UTF8.GetString(path.Bytes))];
}
