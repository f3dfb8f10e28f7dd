using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using PyInotifyd.EndToEndTests.Events;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using PyInotifyd.TestKit.Scenarios;
using Xunit;

namespace PyInotifyd.EndToEndTests.Monitor;

/// <summary>The table of operations and their events, as lines of JSON: one monitor for each kind of watch, stopped while the operations of a case are done.</summary>
public sealed partial class MonitorTableTests
{
    private static readonly string[] s_quiet =
    [
        "-e", "attrib,close_write,create,delete,delete_self,ignored,modify,move_self", "-e", "IN_MOVED_FROM", "-e", "IN_MOVED_TO", "-e", "IN_UNMOUNT", "-e", "IN_Q_OVERFLOW",
    ];

    [Theory]
    [InlineData("all", 25)]
    [InlineData("quiet", 25)]
    [InlineData("quiet rec auto_add", 20)]
    public void Operations_are_printed_as_the_table_says(string kind, int least)
    {
        List<EventCase> cases = [.. EventCase.All().Where(c => string.Join(' ', c.Options) == kind)];
        Assert.True(cases.Count >= least, $"only {cases.Count} cases");
        using TempTree tree = new();
        tree.MakeDirectory("fence");
        List<string> paths = [tree.PathOf("fence")];
        foreach (EventCase c in cases)
        {
            foreach (string directory in (string[])["w", "v", "out"])
            {
                tree.MakeDirectory(c.Name + "/" + directory);
            }

            using FileScript files = new(tree.PathOf(Encoding.UTF8.GetBytes(c.Name)));
            c.Preparation.ForEach(files.Run);
            paths.AddRange([tree.PathOf(c.Name) + "/w", tree.PathOf(c.Name) + "/v"]);
        }

        string[] options = [.. kind.StartsWith("all", StringComparison.Ordinal) ? [] : s_quiet, .. kind.Contains("rec", StringComparison.Ordinal) ? (string[])["-r"] : []];
        using DaemonProcess monitor = MonitorProcess.Start(["--json", .. options, "--", .. paths]);
        StringBuilder failures = new();
        int mark = 0;
        foreach (EventCase c in cases)
        {
            List<string> expected = c.Stopped is { Count: > 0 } || (c.Stopped is not null && !c.StoppedIsSorted) ? c.Stopped : c.Folded;
            List<string> found = Run(monitor, tree, c, expected.Count, ref mark);
            if (c.StoppedIsSorted)
            {
                found.Sort(string.CompareOrdinal);
                expected = [.. expected.Order(StringComparer.Ordinal)];
            }

            if (LineDiff.Compare(expected, found) is { Length: > 0 } difference)
            {
                failures.Append("== ").Append(c.Name).Append('\n').Append(difference);
            }
        }

        Assert.True(failures.Length == 0, failures.ToString());
        Assert.Equal(0, monitor.Stop());
    }

    [Fact]
    public void Table_has_the_cases_of_other_projects()
    {
        Assert.True(EventCase.All().Count(c => c.Name.Split('-')[0] is "fsnotify" or "watchdog" or "notify") >= 30);
    }

    private static List<string> Run(DaemonProcess monitor, TempTree tree, EventCase c, int least, ref int mark)
    {
        using FileScript files = new(tree.PathOf(Encoding.UTF8.GetBytes(c.Name)));
        ProcessState.Suspend(monitor);
        try
        {
            c.Steps.ForEach(step => files.Run(step.Operation));
        }
        finally
        {
            monitor.Signal(Libc.SIGCONT);
        }

        // As in the test of the daemon: a second fence, made when the first one was seen, comes after everything.
        string fence = tree.PathOf("fence/" + c.Name);
        foreach (string part in (string[])[".1", ".2"])
        {
            tree.MakeDirectory("fence/" + c.Name + part);
            string last = string.Create(CultureInfo.InvariantCulture, $"\"pathname\":\"{fence}{part}\"");
            monitor.WaitForOutput(lines => Array.FindLastIndex(lines, line => line.Contains(last, StringComparison.Ordinal)) >= 0);
        }

        // Nor does the scan of a root that is back come at once, where the last scan was just now.
        string root = tree.PathOf(c.Name) + "/";
        int start = mark;
        try
        {
            monitor.WaitUntil(_ => monitor.Output()[start..].Count(line => line.Contains(root, StringComparison.Ordinal)) >= least, TimeSpan.FromSeconds(5));
        }
        catch (TimeoutException)
        {
            // What is missing is shown by the comparison.
        }

        string[] all = monitor.Output();
        List<string> events = [];
        foreach (string line in all[mark..])
        {
            if (MonitorProcess.Event(line) is var e && !e.Contains(tree.PathOf("fence"), StringComparison.Ordinal))
            {
                Assert.Contains(root, e, StringComparison.Ordinal);
                events.Add(Unnamed().Replace(e.Replace(root, "", StringComparison.Ordinal).Replace(new string('n', 255), "%255", StringComparison.Ordinal), "#"));
            }
        }

        mark = all.Length;
        return [.. events.Where((e, i) => i == 0 || e != events[i - 1] || !e.StartsWith("MODIFY ", StringComparison.Ordinal))];
    }

    [GeneratedRegex(@"#\d+$")]
    private static partial Regex Unnamed();
}
