using System.Text;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>What the program prints and ends with, without running as a daemon.</summary>
public sealed class CommandLineTests
{
    private const string Fine =
        """
        { "control_socket": null, "schedulers": { "s": { "type": "shell", "cmd": "true" } }, "event_maps": { "m": { "IN_CREATE": "s" } },
          "watches": [ { "path": "/tmp", "event_map": "m" } ] }
        """;

    [Theory]
    [InlineData("-l")]
    [InlineData("--list")]
    public void List_prints_the_fifteen_names(string option)
    {
        CommandResult result = Run(option);
        Assert.Equal((0, ""), (result.ExitStatus, result.Error));
        string[] lines = result.Output.Split('\n');
        Assert.Equal(16, lines.Length);
        Assert.Equal("", lines[15]);
        Assert.Equal("IN_ACCESS", lines[0]);
        Assert.Equal("IN_UNMOUNT", lines[14]);
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public void Help_goes_to_standard_output(string option)
    {
        CommandResult result = Run(option);
        Assert.Equal((0, ""), (result.ExitStatus, result.Error));
        Assert.StartsWith("Usage: pyinotifyd [-c FILE]", result.Output);
    }

    [Theory]
    [InlineData("-t", "-c")]
    [InlineData("-dtc")]
    [InlineData("--configtest", "--config")]
    public void Valid_configuration_passes_the_test(params string[] options)
    {
        using TempTree tree = new();
        tree.Write("c.json", Fine);
        Assert.Equal(new CommandResult(0, "config file ok\n", ""), Run([.. options, tree.PathOf("c.json")]));
        Assert.Single(tree.List());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Errors_of_a_configuration_are_all_told_with_their_places(bool test)
    {
        using TempTree tree = new();
        tree.Write("c.json", "{\n  \"shutdown_timeot\": 3,\n  \"max_concurrency\": 0,\n  \"watches\": []\n}\n");
        string file = tree.PathOf("c.json");
        CommandResult result = test ? Run("-t", "-c", file) : Run("-c", file);
        Assert.Equal((1, ""), (result.ExitStatus, result.Output));
        string[] lines = result.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith(file + ":2:3: $.shutdown_timeot: ", lines[0]);
        Assert.Contains("shutdown_timeout", lines[0]);
        Assert.StartsWith(file + ":3:", lines[1]);
    }

    [Fact]
    public void Syslog_host_that_cannot_be_resolved_fails_the_test()
    {
        using TempTree tree = new();
        tree.Write("c.json", Fine.Replace("\"schedulers\"", "\"logging\": { \"syslog\": [ { \"address\": \"no-such-host.invalid:514\" } ] }, \"schedulers\""));
        CommandResult result = Run("-t", "-c", tree.PathOf("c.json"));
        Assert.Equal((1, ""), (result.ExitStatus, result.Output));
        Assert.StartsWith(tree.PathOf("c.json") + ": $.logging.syslog[0].address: syslog host 'no-such-host.invalid'", result.Error);
    }

    [Fact]
    public void Configuration_that_is_absent_is_one_line()
    {
        CommandResult result = Run("-c", "/no/such/file");
        Assert.Equal((1, ""), (result.ExitStatus, result.Output));
        Assert.StartsWith("/no/such/file: ", result.Error);
        Assert.Equal(result.Error.Length - 1, result.Error.IndexOf('\n'));
    }

    [Fact]
    public void Configuration_in_python_that_is_absent_is_one_line()
    {
        Assert.Equal(new CommandResult(1, "", "/x/config.py: cannot be read: ENOENT no such file or directory; check the spelling\n"), Run("-c", "/x/config.py"));
    }

    [Fact]
    public void Name_of_a_configuration_may_be_any_bytes()
    {
        using TempTree tree = new();
        byte[] name = [.. "a\n"u8, 0xff];
        tree.Write(name, Encoding.UTF8.GetBytes(Fine));
        CommandResult result = CommandResult.Of("/bin/sh", ["-c", "\"$0\" -t -c \"$1/$(printf 'a\\n\\377')\"", PublishedBinary.X64, tree.Path]);
        Assert.Equal(new CommandResult(0, "config file ok\n", ""), result);
    }

    [Theory]
    [InlineData("-x")]
    [InlineData("--nonsense")]
    [InlineData("montor")]
    [InlineData("-c")]
    [InlineData("monitor")]
    public void Wrong_usage_is_one_line_and_exit_status_2(string argument)
    {
        CommandResult result = Run(argument);
        Assert.Equal((2, ""), (result.ExitStatus, result.Output));
        Assert.StartsWith("pyinotifyd: ", result.Error);
        Assert.Equal(result.Error.Length - 1, result.Error.IndexOf('\n'));
    }

    [Fact]
    public void Output_that_cannot_be_written_is_a_failure()
    {
        CommandResult result = CommandResult.Of("/bin/sh", ["-c", "\"$0\" -l > /dev/full", PublishedBinary.X64]);
        Assert.Equal(1, result.ExitStatus);
        Assert.StartsWith("pyinotifyd: cannot write to standard output: ENOSPC ", result.Error);
    }

    [Fact]
    public void Closed_descriptors_do_no_harm()
    {
        CommandResult result = CommandResult.Of("/bin/sh", ["-c", "\"$0\" -t -c /no/such/file 0<&- 1>&- 2>&-", PublishedBinary.X64]);
        Assert.Equal(new CommandResult(1, "", ""), result);
    }

    private static CommandResult Run(params string[] arguments) => CommandResult.Of(PublishedBinary.X64, arguments);
}
