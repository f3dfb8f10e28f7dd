using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Python;

/// <summary>The same configuration and the same operations as with the Python daemon, whose log was recorded: the same tasks, arguments and messages.</summary>
/// <remarks>
/// What may differ is taken out of both logs by <see cref="Plain"/>: fields that only this daemon has, the quotes around words of a command (the shell's output
/// shows that they mean the same), IN_ISDIR beside a mask, and a line that the original left in for debugging. The order of lines of different tasks is not compared.
/// </remarks>
public sealed partial class RecordedTests
{
    private static readonly string s_folder = RepositoryRoot.Path + "/tests/PyInotifyd.EndToEndTests/Python/Recorded";

    [Fact]
    public void Configuration_of_the_original_logs_what_it_logged_there()
    {
        using TempTree tree = new();
        foreach (string directory in (string[])["src", "dst", "late"])
        {
            tree.MakeDirectory(directory);
        }

        tree.Write("config.py", File.ReadAllText(s_folder + "/config.py").Replace("/ROOT", tree.Path, StringComparison.Ordinal));
        List<(string Operation, List<string> Lines)> recorded = Groups(File.ReadAllLines(s_folder + "/log.txt"));
        using DaemonProcess daemon = DaemonProcess.Start("", start =>
        {
            start.ArgumentList.Clear();
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(tree.PathOf("config.py"));
        });
        daemon.WaitForReady();
        int mark = 0;
        foreach ((string operation, List<string> lines) in recorded)
        {
            List<string> expected = [.. Plain(lines)];
            List<string> Seen() => [.. Plain(daemon.Log()[mark..].Select(line => line.Replace(tree.Path, "/ROOT", StringComparison.Ordinal)))];
            switch (operation)
            {
                case "shell":
                    // Each run of the command has written three values.
                    Assert.Equal(Triples(lines[0]), Triples(tree.ReadText("shell").Replace(tree.Path, "/ROOT", StringComparison.Ordinal)));
                    continue;
                case "tree":
                    string[] files = Directory.GetFiles(tree.Path, "*", SearchOption.AllDirectories);
                    Assert.Equal(lines, files.Select(path => "/ROOT" + path[tree.Path.Length..]).Order(StringComparer.Ordinal));
                    continue;
                case "stop":
                    Assert.Equal(0, daemon.Stop());
                    break;
                default:
                    int before = -1;
                    foreach (string part in operation.Split(" && "))
                    {
                        // Two at once may be one event.
                        ProcessState.Await(() => Seen().Count > before, "something to come of the operation before " + part);
                        before = Seen().Count;
                        Do(tree, part);
                    }

                    break;
            }

            try
            {
                ProcessState.Await(() => Seen().Count >= expected.Count, $"what comes of '{operation}'");
            }
            catch (Exception)
            {
                // The comparison says more.
            }

            Assert.Equal($"{operation}\n{string.Join('\n', expected)}", $"{operation}\n{string.Join('\n', Seen())}");
            mark = daemon.Mark();
        }
    }

    private static List<(string Operation, List<string> Lines)> Groups(string[] text)
    {
        List<(string, List<string> Lines)> groups = [];
        foreach (string line in text.Where(line => !line.StartsWith('#')))
        {
            if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                groups.Add((line[2..], []));
            }
            else
            {
                groups[^1].Lines.Add(line);
            }
        }

        return groups;
    }

    private static void Do(TempTree tree, string operation)
    {
        (string verb, string path) = (operation.Split(' ')[0], operation[(operation.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        switch (verb)
        {
            case "start":
                break;
            case "write":
                tree.Write(path, "x");
                break;
            case "chmod":
                tree.SetMode(path, 0x180);
                break;
            case "mkdir":
                tree.MakeDirectory(path);
                break;
            case "rm":
                tree.Delete(path);
                break;
            case "mv":
                string[] names = path.Split(" -> ");
                tree.Move(names[0], names[1]);
                break;
            default:
                throw new InvalidDataException(operation);
        }
    }

    /// <summary>Returns lines of either log, of both the same: those of one task together and with one name for it, all sorted.</summary>
    private static IEnumerable<string> Plain(IEnumerable<string> lines)
    {
        IEnumerable<string> plain =
            from line in lines
            let text = Prefix().Replace(line, "")
            where !text.StartsWith("daemon - ", StringComparison.Ordinal) || OfDaemon().IsMatch(text)
            where !LeftForDebugging().IsMatch(text)
            let fields = DirectoryMark().Replace(OwnFields().Replace(text, ""), "$1")
            select Unquoted(FieldsOfActions().Replace(IdOfJobs().Replace(fields, "$1"), "$1"));
        return plain.GroupBy(line => TaskId().Match(line).Value)
            .Select(task => string.Join('\n', task.Select(line => TaskId().Replace(line, "task_id=ID")).Order(StringComparer.Ordinal)))
            .Order(StringComparer.Ordinal).SelectMany(task => task.Split('\n'));
    }

    private static string Unquoted(string line) => line.Contains(", cmd=", StringComparison.Ordinal) ? Quotes().Replace(line, "") : line;

    private static string[] Triples(string text) => [.. text.TrimEnd('\n').Split('|').Chunk(3).Select(words => string.Join('|', words)).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"^.* - pyinotifyd/")]
    private static partial Regex Prefix();

    [GeneratedRegex("start listening|got signal|shutdown complete")]
    private static partial Regex OfDaemon();

    [GeneratedRegex("^late - INFO - /ROOT")]
    private static partial Regex LeftForDebugging();

    [GeneratedRegex("(duration_ms|exit_status)=[0-9]+, ")]
    private static partial Regex OwnFields();

    [GeneratedRegex(@"( mask=\w+)\|IN_ISDIR(?=, path)")]
    private static partial Regex DirectoryMark();

    [GeneratedRegex("^((root|mine) - .*), task_id=.*$")]
    private static partial Regex IdOfJobs();

    [GeneratedRegex("^(files - INFO - (?:move|copy|delete|create directory) .*), mask=.*, path=[^,]*(?=, task_id)")]
    private static partial Regex FieldsOfActions();

    [GeneratedRegex("task_id=[-0-9a-zA-Z]+$")]
    private static partial Regex TaskId();

    [GeneratedRegex(@"['""\\]")]
    private static partial Regex Quotes();
}
