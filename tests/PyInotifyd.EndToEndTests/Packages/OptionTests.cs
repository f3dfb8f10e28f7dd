using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Packages;

/// <summary>Every command and option that <c>--help</c> names stands in the manual page and is completed by each shell.</summary>
public sealed partial class OptionTests
{
    private static readonly string s_packaging = RepositoryRoot.Path + "/packaging";

    // Of the program itself (""), and of each command, as the help has them.
    private static readonly Lazy<SortedDictionary<string, SortedSet<string>>> s_help = new(ReadHelp);

    [Fact]
    public void Help_names_all_commands_and_their_options()
    {
        Assert.Equal(
            ["", "cancel", "completion", "convert", "explain", "failed", "monitor", "pause", "reload", "resume", "retry", "run", "schema", "status", "tasks"], s_help.Value.Keys);
        Assert.Equal(["--count", "--event", "--exclude", "--format", "--json", "--null", "--recursive", "--timeout", "-0", "-e", "-r"], s_help.Value["monitor"]);
        Assert.Equal(["--config", "--event", "--json", "-c", "-e"], s_help.Value["explain"]);
        Assert.Equal(["--json", "--prometheus", "-s"], s_help.Value["status"]);
        Assert.Equal(["--all", "-s"], s_help.Value["retry"]);
        Assert.Equal(17, s_help.Value[""].Count);
    }

    [Fact]
    public void Every_option_of_the_help_is_one()
    {
        foreach ((string command, SortedSet<string> options) in s_help.Value)
        {
            foreach (string option in options)
            {
                CommandResult result = CommandResult.Of(PublishedBinary.X64, [.. command.Length == 0 ? (string[])[] : [command], option, .. option is "-d" or "--debug" or "--insecure" ? (string[])["-t"] : []]);
                Assert.DoesNotContain("unknown option", result.Error, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Manual_page_describes_them()
    {
        CommandResult page = CommandResult.Of("sh", ["-c", "mandoc -Tascii \"$0\" | sed 's/.\\x08//g'", s_packaging + "/man/pyinotifyd.8"]);
        string description = page.Output[page.Output.IndexOf("\nDESCRIPTION", StringComparison.Ordinal)..page.Output.IndexOf("\nSIGNALS", StringComparison.Ordinal)];
        List<string> missing = [];
        foreach ((string command, SortedSet<string> options) in s_help.Value)
        {
            // An item of the list: its name at five blanks, all of it until the next name or heading. "pause, resume" share one.
            Match item = Regex.Match(description, command.Length == 0 ? "(?s).*?\n   Commands" : $@"(?m)^     (?:[a-z]+, )?{command}\b(?s:.*?)(?=^ {{1,5}}\S|\z)");
            Assert.True(item.Success, "the page has no " + command);
            string text = item.Value + (options.Contains("-s") ? description[description.IndexOf("to the running daemon", StringComparison.Ordinal)..] : "");
            missing.AddRange(options.Where(option => !Regex.IsMatch(text, $@"(?<![\w-]){option}(?![\w-])")).Select(option => command + " " + option));
        }

        Assert.Empty(missing);
    }

    [Fact]
    public void Bash_completes_them()
    {
        const string script = ". \"$0\"; shift 0; for command; do COMP_WORDS=(pyinotifyd $command -); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _pyinotifyd; echo \"${COMPREPLY[@]}\"; done; "
            + "COMP_WORDS=(pyinotifyd ''); COMP_CWORD=1; _pyinotifyd; echo \"${COMPREPLY[@]}\"";
        CommandResult result = CommandResult.Of("bash", ["-c", script, s_packaging + "/completions/pyinotifyd.bash", .. s_help.Value.Keys]);
        string[] lines = result.Output.Split('\n');
        foreach ((string[] offered, SortedSet<string> options) in lines.Select(line => line.Split(' ')).Zip(s_help.Value.Values))
        {
            Assert.Subset(offered.ToHashSet(), options);
        }

        Assert.Subset(lines[s_help.Value.Count].Split(' ').ToHashSet(), Commands());
    }

    [Fact]
    public void Fish_completes_them()
    {
        const string script = "source $argv[1]; for command in $argv[2..]; complete -C \"pyinotifyd $command -\"; echo ==; complete -C \"pyinotifyd $command --\"; echo =; end; complete -C 'pyinotifyd '";
        CommandResult result = CommandResult.Of("fish", ["--no-config", "-c", script, s_packaging + "/completions/pyinotifyd.fish", .. s_help.Value.Keys], prepare: start => start.Environment["HOME"] = "/nonexistent");
        string[] parts = result.Output.Split("\n=\n");
        foreach ((string part, SortedSet<string> options) in parts.Zip(s_help.Value.Values))
        {
            Assert.Subset(part.Split('\n').Select(line => line.Split('\t')[0]).ToHashSet(), options);
        }

        Assert.Subset(parts[^1].Split('\n').Select(line => line.Split('\t')[0]).ToHashSet(), Commands());
    }

    [Fact]
    public void Zsh_completes_them()
    {
        // How zsh uses the file is another test; here it is what the file says of each command.
        string text = File.ReadAllText(s_packaging + "/completions/_pyinotifyd");
        foreach ((string command, SortedSet<string> options) in s_help.Value)
        {
            string part = command.Length == 0
                ? text[..text.IndexOf("case $state", StringComparison.Ordinal)]
                : Regex.Match(text, $@"(?s)\n\t\t\t\t(?:[a-z]+\|)*{command}(?:\|[a-z]+)*\)(.*?);;").Groups[1].Value;
            Assert.Subset(OptionWord().Matches(part).Select(match => match.Value).ToHashSet(), options);
            Assert.True(command.Length == 0 || text.Contains($"\t\t'{command}:", StringComparison.Ordinal), command);
        }
    }

    private static SortedSet<string> Commands() => new(s_help.Value.Keys.Where(key => key.Length != 0), StringComparer.Ordinal);

    private static SortedDictionary<string, SortedSet<string>> ReadHelp()
    {
        string help = CommandResult.Of(PublishedBinary.X64, ["--help"]).Output;
        SortedDictionary<string, SortedSet<string>> found = new(StringComparer.Ordinal);
        string[] current = [];
        foreach (string line in help[..help.IndexOf("\nSignals:", StringComparison.Ordinal)].Split('\n'))
        {
            if (UsageLine().Match(line) is { Success: true } usage)
            {
                // "tasks | failed [-s SOCKET] [--json]": what stands in brackets behind the last command is of all of them.
                string[] alternatives = BarOutsideBrackets().Split(usage.Groups[1].Value);
                string shared = alternatives.Length == 1 ? "" : string.Concat(Brackets().Matches(alternatives[^1]).Select(match => match.Value));
                Array.ForEach(alternatives, alternative => Add(found, Name().Match(alternative).Value, alternative + shared));
            }
            else if (CommandLine().Match(line) is { Success: true } heading)
            {
                current = [.. heading.Groups[1].Value.Split(", ").Select(word => Name().Match(word).Value)];
            }
            else if (OptionLine().Match(line) is { Success: true } option)
            {
                string names = option.Groups[2].Value;
                Array.ForEach(option.Groups[1].Length == 2 || current.Length == 0 ? [""] : current, name => Add(found, name, names));
            }
        }

        return found;
    }

    private static void Add(SortedDictionary<string, SortedSet<string>> found, string command, string text)
    {
        if (!found.TryGetValue(command, out SortedSet<string>? options))
        {
            found.Add(command, options = new(StringComparer.Ordinal));
        }

        options.UnionWith(OptionWord().Matches(text).Select(match => match.Value));
    }

    [GeneratedRegex(@"^(?:Usage:|      ) pyinotifyd (.*)$")]
    private static partial Regex UsageLine();

    [GeneratedRegex(@" \| (?![^\[]*\])")]
    private static partial Regex BarOutsideBrackets();

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Brackets();

    // "  monitor PATH...    what it does", and several commands with commas.
    [GeneratedRegex(@"^  ([a-z]+(?: [A-Z]+\S*)?(?:, [a-z]+(?: [A-Z]+)?)*)  +\S")]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"^( +)(-.*?)(?:  |$)")]
    private static partial Regex OptionLine();

    [GeneratedRegex("^[a-z]+")]
    private static partial Regex Name();

    [GeneratedRegex(@"(?<![\w-])--?[A-Za-z0-9][a-z]*(?![\w])")]
    private static partial Regex OptionWord();
}
