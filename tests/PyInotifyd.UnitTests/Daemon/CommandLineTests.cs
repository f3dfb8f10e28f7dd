using PyInotifyd.Daemon;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon;

/// <summary>What command lines ask for.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public void Nothing_means_run_with_the_default_file()
    {
        CommandLine line = CommandLine.Parse([]);
        Assert.Equal(CommandKind.Run, line.Kind);
        Assert.Null(line.ConfigFile);
        Assert.False(line.Debug);
        Assert.False(line.Insecure);
        Assert.Null(line.Error);
    }

    [Theory]
    [InlineData("-c", "f")]
    [InlineData("-cf")]
    [InlineData("--config", "f")]
    [InlineData("--config=f")]
    [InlineData("-c", "g", "-c", "f")]
    [InlineData("-c", "f", "--")]
    public void File_is_taken_in_every_form(params string[] arguments)
    {
        CommandLine line = CommandLine.Parse(arguments);
        Assert.Equal(CommandKind.Run, line.Kind);
        Assert.Equal("f", line.ConfigFile);
    }

    [Theory]
    [InlineData("-c", "-d", "-d")]
    [InlineData("-c-d", null, "-d")]
    [InlineData("-c=f", null, "=f")]
    [InlineData("--config=a=b", null, "a=b")]
    public void File_may_have_an_odd_name(string first, string? second, string file)
    {
        CommandLine line = CommandLine.Parse(second is null ? [first] : [first, second]);
        Assert.Equal(CommandKind.Run, line.Kind);
        Assert.Equal(file, line.ConfigFile);
        Assert.False(line.Debug);
    }

    [Theory]
    [InlineData("-dt")]
    [InlineData("-td")]
    [InlineData("-d", "-t")]
    [InlineData("--debug", "--configtest")]
    public void Flags_may_be_combined(params string[] arguments)
    {
        CommandLine line = CommandLine.Parse(arguments);
        Assert.Equal(CommandKind.ConfigTest, line.Kind);
        Assert.True(line.Debug);
    }

    [Fact]
    public void Combined_flags_may_end_with_the_file()
    {
        CommandLine line = CommandLine.Parse(["-dtc", "f", "--insecure"]);
        Assert.Equal(CommandKind.ConfigTest, line.Kind);
        Assert.True(line.Debug);
        Assert.True(line.Insecure);
        Assert.Equal("f", line.ConfigFile);
    }

    [Theory]
    [InlineData("-l", (int)CommandKind.List)]
    [InlineData("--list", (int)CommandKind.List)]
    [InlineData("-i", (int)CommandKind.Install)]
    [InlineData("--install", (int)CommandKind.Install)]
    [InlineData("-u", (int)CommandKind.Uninstall)]
    [InlineData("--uninstall", (int)CommandKind.Uninstall)]
    [InlineData("-v", (int)CommandKind.Version)]
    [InlineData("--version", (int)CommandKind.Version)]
    [InlineData("-t", (int)CommandKind.ConfigTest)]
    public void Question_may_stand_beside_options_and_twice(string option, int kind)
    {
        Assert.Equal((CommandKind)kind, CommandLine.Parse(["-d", option, "-c", "file", option, "--"]).Kind);
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public void Help_wins_over_all_after_it(string option)
    {
        Assert.Equal(CommandKind.Help, CommandLine.Parse(["-t", option, "-v", "--nonsense", "monitor"]).Kind);
    }

    [Theory]
    [InlineData("unknown option '-x' (see pyinotifyd --help)", "-x")]
    [InlineData("unknown option '-x' (see pyinotifyd --help)", "-dx")]
    [InlineData("unknown option '--confg'; did you mean \"--config\"? (see pyinotifyd --help)", "--confg=f")]
    [InlineData("unknown option '--zzzzzzzz' (see pyinotifyd --help)", "--zzzzzzzz")]
    [InlineData("option '-c' needs a file (see pyinotifyd --help)", "-c")]
    [InlineData("option '-c' needs a file (see pyinotifyd --help)", "-c", "")]
    [InlineData("option '-c' needs a file (see pyinotifyd --help)", "-dc")]
    [InlineData("option '--config' needs a file (see pyinotifyd --help)", "--config")]
    [InlineData("option '--config' needs a file (see pyinotifyd --help)", "--config=")]
    [InlineData("option '--list' takes no value (see pyinotifyd --help)", "--list=1")]
    [InlineData("unknown command 'montor'; did you mean \"monitor\"? (see pyinotifyd --help)", "montor")]
    [InlineData("unknown command '-' (see pyinotifyd --help)", "-")]
    [InlineData("unknown command '' (see pyinotifyd --help)", "")]
    [InlineData("unknown command '-v' (see pyinotifyd --help)", "--", "-v")]
    [InlineData("options '-l' and '-v' exclude each other (see pyinotifyd --help)", "-l", "-v")]
    [InlineData("options '-t' and '-i' exclude each other (see pyinotifyd --help)", "-dti")]
    [InlineData("options '-v' and '-t' exclude each other (see pyinotifyd --help)", "--version", "--configtest")]
    [InlineData("option '-v' takes no command, found 'extra' (see pyinotifyd --help)", "-v", "extra")]
    [InlineData("option '-l' takes no command, found 'monitor' (see pyinotifyd --help)", "-l", "monitor", "/")]
    [InlineData("option '-i' takes no command, found '/usr' (see pyinotifyd --help)", "--install", "--", "/usr")]
    [InlineData("option '-t' takes no command, found 'x' (see pyinotifyd --help)", "-t", "x")]
    [InlineData("unknown option '--nonsense' (see pyinotifyd --help)", "-u", "--nonsense")]
    [InlineData("monitor needs a path (see pyinotifyd --help)", "monitor", "-r")]
    [InlineData("unknown option '-v' of reload (see pyinotifyd --help)", "-d", "reload", "-v")]
    [InlineData("status takes no 'x' (see pyinotifyd --help)", "status", "x")]
    [InlineData("option '-s' needs the path of a socket (see pyinotifyd --help)", "status", "-s")]
    [InlineData("option '-s' needs the path of a socket (see pyinotifyd --help)", "tasks", "-s", "")]
    [InlineData("--json and --prometheus exclude each other (see pyinotifyd --help)", "status", "--json", "--prometheus")]
    [InlineData("unknown option '--prometheus' of tasks (see pyinotifyd --help)", "tasks", "--prometheus")]
    [InlineData("unknown option '--json' of pause (see pyinotifyd --help)", "pause", "--json")]
    [InlineData("cancel needs the id of a task (see pyinotifyd --help)", "cancel")]
    [InlineData("run needs the id of a task (see pyinotifyd --help)", "run", "-s", "/s")]
    [InlineData("'1' is not the id of a task, which has sixteen hexadecimal digits (see pyinotifyd --help)", "run", "1")]
    [InlineData("'-123456789abcdef' is not the id of a task, which has sixteen hexadecimal digits (see pyinotifyd --help)", "cancel", "--", "-123456789abcdef")]
    [InlineData("retry needs the id of a task, or --all (see pyinotifyd --help)", "retry")]
    [InlineData("retry needs the id of a task, or --all (see pyinotifyd --help)", "retry", "--all", "0123456789abcdef")]
    [InlineData("unknown option '--all' of cancel (see pyinotifyd --help)", "cancel", "--all")]
    [InlineData("pause takes one scheduler (see pyinotifyd --help)", "pause", "a", "b")]
    [InlineData("completion takes one shell: bash, zsh or fish (see pyinotifyd --help)", "completion")]
    [InlineData("completion takes one shell: bash, zsh or fish (see pyinotifyd --help)", "completion", "tcsh")]
    [InlineData("completion takes one shell: bash, zsh or fish (see pyinotifyd --help)", "completion", "bash", "zsh")]
    public void Wrong_usage_is_told_on_one_line(string error, params string[] arguments)
    {
        CommandLine line = CommandLine.Parse(arguments);
        Assert.Equal(CommandKind.Wrong, line.Kind);
        Assert.Equal(error, line.Error);
    }

    [Theory]
    [InlineData("convert", CommandKind.Convert)]
    [InlineData("python-worker", CommandKind.PythonWorker)]
    public void Commands_for_Python_take_one_file(string command, object kind)
    {
        CommandLine line = CommandLine.Parse(["-d", command, "--", "a.py"]);
        Assert.Equal((kind, "a.py", true), (line.Kind, line.ConfigFile, line.Debug));
        Assert.Equal(command + " takes one file, whose name ends in .py (see pyinotifyd --help)", CommandLine.Parse([command]).Error);
        Assert.Equal(command + " takes one file, whose name ends in .py (see pyinotifyd --help)", CommandLine.Parse([command, "a.json"]).Error);
        Assert.Equal("unknown option '-x' of " + command + " (see pyinotifyd --help)", CommandLine.Parse([command, "-x"]).Error);
    }

    [Theory]
    [InlineData("status", null, null, "status")]
    [InlineData("status", "/s", null, "status", "-s", "/s")]
    [InlineData("tasks", "/s", null, "tasks", "-s/s")]
    [InlineData("cancel", "/s", "0123456789abcdef", "cancel", "0123456789abcdef", "-s", "/s")]
    [InlineData("retry", null, "0123456789ABCDEF", "retry", "0123456789ABCDEF")]
    [InlineData("pause", null, "-x", "pause", "--", "-x")]
    [InlineData("resume", null, null, "resume")]
    public void Control_commands_take_a_socket_and_an_operand(string command, string? socket, string? operand, params string[] arguments)
    {
        CommandLine line = CommandLine.Parse(arguments);

        Assert.Equal(CommandKind.Control, line.Kind);
        Assert.Equal((command, socket, operand), (line.Control!.Command, line.Control.Socket, line.Control.Operand));
    }

    [Fact]
    public void Schema_takes_no_arguments()
    {
        Assert.Equal(CommandKind.Schema, CommandLine.Parse(["schema"]).Kind);
        Assert.StartsWith("schema takes no arguments", CommandLine.Parse(["schema", "x"]).Error);
    }

    [Fact]
    public void Explain_takes_its_options_in_any_order()
    {
        CommandLine line = CommandLine.Parse(["explain", "--json", "/a", "--event=IN_CREATE", "-c", "file"]);

        Assert.Equal(CommandKind.Explain, line.Kind);
        Assert.Equal("file", line.ConfigFile);
        Assert.True(line.Explain!.Json);
        Assert.Equal("/a", line.Explain.Path);
        Assert.Equal(EventMask.Create, line.Explain.Events);
    }

    [Theory]
    [InlineData("--event", "IN_CLOSE_WRITE,IN_MOVED_FROM,IN_MOVED_TO")]
    [InlineData("-e", "close_write,move")]
    [InlineData("--event", "CLOSE_WRITE", "-e", "In_Moved_From", "-e", "moved_to")]
    public void Explain_reads_events_as_monitor_does(params string[] words)
    {
        CommandLine explain = CommandLine.Parse(["explain", .. words, "/a"]);
        CommandLine monitor = CommandLine.Parse(["monitor", .. words, "/a"]);

        Assert.Equal(EventMask.CloseWrite | EventMask.MovedFrom | EventMask.MovedTo, explain.Explain!.Events);
        Assert.Equal(monitor.Monitor!.Events, explain.Explain.Events);
    }

    [Theory]
    [InlineData("monitor")]
    [InlineData("explain")]
    [InlineData("status")]
    [InlineData("cancel")]
    [InlineData("convert")]
    [InlineData("schema")]
    [InlineData("completion")]
    public void Help_is_printed_for_commands_too(string command)
    {
        Assert.Equal(CommandKind.Help, CommandLine.Parse([command, "--help"]).Kind);
        Assert.Equal(CommandKind.Help, CommandLine.Parse([command, "-h"]).Kind);
    }

    [Theory]
    [InlineData("explain needs a path", "explain")]
    [InlineData("explain takes one path", "explain", "/a", "/b")]
    [InlineData("'nothing' is no event; see pyinotifyd --list", "explain", "--event", "nothing", "/a")]
    [InlineData("'IN_WRITE_CLOSE' is no event; did you mean \"IN_CLOSE_WRITE\"?", "explain", "--event", "IN_WRITE_CLOSE", "/a")]
    [InlineData("unknown option '--jsn'", "explain", "--jsn", "/a")]
    [InlineData("option '--event' needs a value", "explain", "/a", "--event")]
    public void Explain_says_what_is_wrong(string error, params string[] words)
    {
        CommandLine line = CommandLine.Parse(words);

        Assert.Equal(CommandKind.Wrong, line.Kind);
        Assert.StartsWith(error, line.Error);
    }
}
