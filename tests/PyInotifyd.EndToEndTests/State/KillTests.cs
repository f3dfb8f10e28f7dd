using System;
using System.Collections.Generic;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.State;

/// <summary>A daemon with a state file that is killed at any moment.</summary>
public sealed class KillTests
{
    /// <summary>$PYINOTIFYD_KILLS and $PYINOTIFYD_SEED: more of them, and others.</summary>
    private static readonly int s_kills = Knob("PYINOTIFYD_KILLS", 12);

    private static readonly int s_seed = Knob("PYINOTIFYD_SEED", 20_261_122);

    [Fact]
    public void Last_content_of_every_file_is_processed_though_the_daemon_is_killed_again_and_again()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("outside");
        tree.MakeDirectory("late");
        tree.MakeDirectory("bad");
        Churn churn = new(tree, new Random(s_seed));
        for (int kill = 0; kill < s_kills; kill++)
        {
            using DaemonProcess daemon = Start(tree);
            ulong before = StateInode(tree);
            if (kill == 0)
            {
                tree.Write("late/x", "x");
                tree.Write("bad/x", "x");
            }

            bool untilWritten = churn.Random.Next(3) > 0;
            do
            {
                int mark = daemon.Mark();
                churn.Run(churn.Random.Next(1, 30));
                daemon.WaitForAfter(mark, line => line.Contains("task finished", StringComparison.Ordinal));
            }
            while (untilWritten && StateInode(tree) == before);

            churn.Run(churn.Random.Next(0, 20));
            daemon.Signal(Libc.SIGKILL);
            daemon.WaitForExit();
            churn.Run(churn.Random.Next(0, 20));
        }

        string log;
        using (DaemonProcess last = Start(tree))
        {
            tree.Write("watched/last", "last 0\n");

            // Everything found at the start stands in the queue before this file.
            last.WaitUntil(log => log.Any(line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("watched/last,", StringComparison.Ordinal)));
            Assert.Equal(0, last.Stop(TimeSpan.FromSeconds(60)));
            log = last.WithLog("the last daemon:");
        }

        HashSet<string> processed = [.. tree.ReadText("record").Split('\n')];
        string[] lost = [.. churn.Contents().Where(content => !processed.Contains(content))];
        Assert.True(lost.Length == 0, $"seed {s_seed}: {lost.Length} contents were never processed: {string.Join(", ", lost.Take(10))}\n{log}");

        // Nothing that had finished is done again; what waits for an hour goes on waiting, and what failed is tried once.
        int lines = Lines(tree, "record");
        int tries = Lines(tree, "bad-record");
        using (DaemonProcess again = Start(tree))
        {
            again.WaitFor(line => line.Contains("restore task", StringComparison.Ordinal) && line.Contains("late/x", StringComparison.Ordinal));
            again.WaitFor(line => line.Contains("task failed", StringComparison.Ordinal) && line.Contains("bad/x", StringComparison.Ordinal));
            Assert.Equal(0, again.Stop());
        }

        Assert.Equal(lines, Lines(tree, "record"));
        Assert.Equal(tries + 1, Lines(tree, "bad-record"));
        Assert.False(tree.Exists("late-record"));
    }

    [Fact]
    public void Task_of_the_very_first_moments_is_there_again_after_a_kill()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        tree.MakeDirectory("late");
        tree.MakeDirectory("bad");
        using (DaemonProcess first = Start(tree))
        {
            tree.Write("late/x", "x");
            first.WaitFor("schedule task");
            first.Signal(Libc.SIGKILL);
            first.WaitForExit();
        }

        using DaemonProcess second = Start(tree);
        second.WaitFor(line => line.Contains("schedule task", StringComparison.Ordinal) && line.Contains("late/x", StringComparison.Ordinal));
        Assert.Equal(0, second.Stop());
    }

    private static int Knob(string name, int value) => int.TryParse(Environment.GetEnvironmentVariable(name), out int given) ? given : value;

    private static int Lines(TempTree tree, string file) => tree.ReadText(file).Count(c => c == '\n');

    // Another one with each file that is written: it is renamed into place.
    private static ulong StateInode(TempTree tree) => tree.Exists("state") ? tree.StatusOf("state").stx_ino : 0;

    private static DaemonProcess Start(TempTree tree)
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "state_file": "{{tree.PathOf("state")}}",
              "schedulers": {
                "late": { "type": "shell", "cmd": "echo x >> {{tree.PathOf("late-record")}}", "delay": "1h" },
                "bad": { "type": "shell", "cmd": "echo x >> {{tree.PathOf("bad-record")}}; false" },
                "s": { "type": "shell", "cmd": "cat {pathname} >> {{tree.PathOf("record")}}", "delay": "20ms", "retries": 5, "retry_delay": "20ms" }
              },
              "watches": [
                { "path": "{{tree.PathOf("late")}}", "event_map": { "IN_CLOSE_WRITE": "late" } },
                { "path": "{{tree.PathOf("bad")}}", "event_map": { "IN_CLOSE_WRITE": "bad" } },
                { "path": "{{tree.PathOf("watched")}}", "rec": true, "auto_add": true, "event_map": { "IN_CLOSE_WRITE": "s", "IN_MOVED_TO": "s", "IN_DELETE": { "cancel": "s" } } }
              ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }

    /// <summary>Random changes below a tree: every file holds a text that no other ever had.</summary>
    private sealed class Churn(TempTree tree, Random random)
    {
        private readonly List<string> _files = [];
        private readonly List<string> _directories = ["watched"];
        private int _number;

        public Random Random => random;

        public void Run(int steps)
        {
            // The first makes sure that there is a task.
            _files.Add($"watched/f{_number++}");
            tree.Write(_files[^1], $"new {_number++}\n");
            for (int i = 0; i < steps; i++)
            {
                Step();
            }
        }

        public IEnumerable<string> Contents() => _files.Select(file => tree.ReadText(file).TrimEnd('\n'));

        private void Step()
        {
            string directory = _directories[random.Next(_directories.Count)];
            switch (random.Next(12))
            {
                case 0 when _directories.Count < 30:
                    _directories.Add($"{directory}/d{_number++}");
                    tree.MakeDirectory(_directories[^1]);
                    break;
                case 1 when _directories.Count > 1:
                    MoveDirectory(random.Next(1, _directories.Count));
                    break;
                case 2 when _files.Count > 0:
                    int deleted = random.Next(_files.Count);
                    tree.Delete(_files[deleted]);
                    _files.RemoveAt(deleted);
                    break;
                case 3 when _files.Count > 0:
                    int moved = random.Next(_files.Count);
                    string to = $"{directory}/m{_number++}";
                    tree.Move(_files[moved], to);
                    _files[moved] = to;
                    break;
                case 4:
                    // A tree that is filled elsewhere and comes in as a whole.
                    string name = $"t{_number++}";
                    tree.MakeDirectory("outside/" + name);
                    tree.Write($"outside/{name}/f", $"{name} {_number++}\n");
                    tree.Move("outside/" + name, $"{directory}/{name}");
                    _files.Add($"{directory}/{name}/f");
                    break;
                case < 8 when _files.Count > 0:
                    tree.Write(_files[random.Next(_files.Count)], $"again {_number++}\n");
                    break;
                default:
                    _files.Add($"{directory}/f{_number++}");
                    tree.Write(_files[^1], $"new {_number++}\n");
                    break;
            }
        }

        private void MoveDirectory(int index)
        {
            string from = _directories[index];
            string to = $"watched/r{_number++}";
            tree.Move(from, to);
            Rename(_directories, from, to);
            Rename(_files, from, to);
        }

        private static void Rename(List<string> names, string from, string to)
        {
            for (int i = 0; i < names.Count; i++)
            {
                if (names[i] == from || names[i].StartsWith(from + "/", StringComparison.Ordinal))
                {
                    names[i] = to + names[i][from.Length..];
                }
            }
        }
    }
}
