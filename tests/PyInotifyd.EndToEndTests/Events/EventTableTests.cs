using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using PyInotifyd.TestKit.Scenarios;
using Xunit;

namespace PyInotifyd.EndToEndTests.Events;

/// <summary>Runs the table of operations against one daemon, live and stopped, and compares the events in its log and the tasks that they schedule.</summary>
public sealed partial class EventTableTests
{
    private static readonly string[] s_quiet =
    [
        "IN_ATTRIB", "IN_CLOSE_WRITE", "IN_CREATE", "IN_DELETE", "IN_DELETE_SELF", "IN_IGNORED", "IN_MODIFY", "IN_MOVE_SELF", "IN_MOVED_FROM", "IN_MOVED_TO", "IN_UNMOUNT", "IN_Q_OVERFLOW",
    ];

    [Fact]
    public void Operations_give_the_events_that_the_table_says()
    {
        List<EventCase> cases = EventCase.All();
        Assert.True(cases.Count >= 60, $"only {cases.Count} cases");
        Assert.Equal(cases.Count, cases.DistinctBy(c => c.Name).Count());
        using TempTree tree = new();
        List<(string Folder, EventCase Case, bool Stopped)> runs =
            [.. cases.Where(c => !c.SkipsLive).Select(c => (c.Name + ".live", c, false)), .. cases.Select(c => (c.Name + ".stopped", c, true))];
        foreach ((string folder, EventCase c, _) in runs)
        {
            Prepare(tree, folder, c);
        }

        tree.MakeDirectory("fence");
        using DaemonProcess daemon = DaemonProcess.Start(Configuration(tree, runs));
        daemon.WaitForReady();

        StringBuilder failures = new();
        foreach ((string folder, EventCase c, bool stopped) in runs)
        {
            string difference = stopped ? RunStopped(daemon, tree, folder, c) : RunLive(daemon, tree, folder, c);
            if (difference.Length != 0)
            {
                failures.Append("== ").Append(folder).Append('\n').Append(difference);
            }
        }

        Assert.True(failures.Length == 0, failures.ToString());
        Assert.Equal(0, daemon.Stop());
        Assert.DoesNotContain(daemon.Log(), line => line.Contains(" - ERROR - ", StringComparison.Ordinal));
    }

    private static void Prepare(TempTree tree, string folder, EventCase c)
    {
        foreach (string directory in (string[])["w", "v", "out"])
        {
            tree.MakeDirectory(folder + "/" + directory);
        }

        using FileScript files = new(tree.PathOf(Encoding.UTF8.GetBytes(folder)));
        foreach (string line in c.Preparation)
        {
            files.Run(line);
        }
    }

    private static string Configuration(TempTree tree, List<(string Folder, EventCase Case, bool Stopped)> runs)
    {
        IEnumerable<string> watches = runs.SelectMany(run => ((string[])["w", "v"]).Select(root =>
            $$"""{ "path": "{{tree.PathOf(run.Folder)}}/{{root}}", "event_map": "{{run.Case.Options[0]}}", {{string.Concat(run.Case.Options[1..].Select(option => $"\"{option}\": true, "))}} },"""));
        return $$"""
            {
              "control_socket": null,
              "shutdown_timeout": 0,
              "logging": { "level": "DEBUG" },
              "schedulers": {
                "table": { "type": "exec", "argv": ["/bin/true"], "delay": "1h", "dirs": true, "logname": "table" },
                "fence": { "type": "exec", "argv": ["/bin/true"], "delay": "1h", "dirs": true, "logname": "fence" },
              },
              "event_maps": {
                "all": { "default_sched": "table" },
                "quiet": { {{string.Join(", ", s_quiet.Select(name => $"\"{name}\": \"table\""))}} },
              },
              "watches": [
                {{string.Join("\n    ", watches)}}
                { "path": "{{tree.PathOf("fence")}}", "event_map": { "IN_CREATE": "fence" } },
              ],
            }
            """;
    }

    private static string RunLive(DaemonProcess daemon, TempTree tree, string folder, EventCase c)
    {
        using FileScript files = new(tree.PathOf(Encoding.UTF8.GetBytes(folder)));
        List<string> expected = [];
        List<string> found = [];
        int step = 0;
        foreach ((string operation, List<string> events) in c.Steps)
        {
            int mark = daemon.Mark();
            files.Run(operation);
            List<string> seen = Collect(daemon, tree, folder, $"{folder}.{step++}", mark, events.Count);
            if (c.LiveIsSorted)
            {
                seen.Sort(string.CompareOrdinal);
            }

            expected.Add("$ " + operation);
            expected.AddRange(c.LiveIsSorted ? events.Order(StringComparer.Ordinal) : events);
            found.Add("$ " + operation);
            found.AddRange(seen);
        }

        return LineDiff.Compare(expected, found);
    }

    private static string RunStopped(DaemonProcess daemon, TempTree tree, string folder, EventCase c)
    {
        using FileScript files = new(tree.PathOf(Encoding.UTF8.GetBytes(folder)));
        int mark = daemon.Mark();
        ProcessState.Suspend(daemon);
        try
        {
            foreach ((string operation, _) in c.Steps)
            {
                files.Run(operation);
            }
        }
        finally
        {
            daemon.Signal(Libc.SIGCONT);
        }

        List<string> expected = c.Stopped is { Count: > 0 } || (c.Stopped is not null && !c.StoppedIsSorted) ? c.Stopped : c.Folded;
        List<string> found = Collect(daemon, tree, folder, folder, mark, expected.Count);
        if (c.StoppedIsSorted)
        {
            found.Sort(string.CompareOrdinal);
            expected = [.. expected.Order(StringComparer.Ordinal)];
        }

        return LineDiff.Compare(expected, found);
    }

    // One queue serves all watches, in order: when the fence's event is in the log, so are those of the operations before it. A root that comes
    // back is found at the end of that batch of events; so a second fence, made when the first one was seen, comes after everything.
    private static List<string> Collect(DaemonProcess daemon, TempTree tree, string folder, string fence, int mark, int least)
    {
        foreach (string part in (string[])[fence + ".1", fence + ".2"])
        {
            tree.MakeDirectory("fence/" + part);
            string last = $"pathname={tree.PathOf("fence/" + part)},";
            daemon.WaitForAfter(mark, line => line.Contains(last, StringComparison.Ordinal));
        }

        string root = tree.PathOf(folder) + "/";

        // The scan of a root that is back waits a moment where the last scan was just now: then its events come after the fence.
        try
        {
            daemon.WaitUntil(log => log.Skip(mark).Count(line => line.Contains(root, StringComparison.Ordinal) && LoggedEvent.ParseTask(line) is not null) >= least, TimeSpan.FromSeconds(5));
        }
        catch (TimeoutException)
        {
            // What is missing is shown by the comparison.
        }

        List<string> events = [];
        List<string> tasks = [];
        List<string> scheduled = [];
        foreach (string line in daemon.Log()[mark..])
        {
            if (LoggedEvent.Parse(line, out string task) is { } logged && !logged.Contains(tree.PathOf("fence"), StringComparison.Ordinal))
            {
                Assert.Contains(root, line, StringComparison.Ordinal);
                events.Add(Shorten(logged, root));
                tasks.Add(task);
            }
            else if (LoggedEvent.ParseTask(line) is { } entry)
            {
                scheduled.Add(entry);
            }
        }

        // Every event schedules: the tasks tell the same story.
        Assert.True(tasks.SequenceEqual(scheduled), $"{fence}: events and tasks differ\n{LineDiff.Compare(tasks, scheduled)}");
        return Fold(events);
    }

    // A name as the table writes it; what the kernel calls a file without a name is # and the number of its inode.
    private static string Shorten(string logged, string root) =>
        Unnamed().Replace(logged.Replace(root, "", StringComparison.Ordinal).Replace(new string('n', 255), "%255", StringComparison.Ordinal), "#");

    // The kernel folds equal neighbours in its queue, so how many IN_MODIFY two changes in a row give depends on when they are read.
    private static List<string> Fold(List<string> events) =>
        [.. events.Where((line, i) => i == 0 || line != events[i - 1] || !line.StartsWith("MODIFY ", StringComparison.Ordinal))];

    [GeneratedRegex(@"#\d+$")]
    private static partial Regex Unnamed();
}
