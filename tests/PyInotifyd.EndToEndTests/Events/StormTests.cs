using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using PyInotifyd.TestKit.Scenarios;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests.Events;

/// <summary>Random operations on files and directories, seeds printed: the events are the kernel's, and afterwards every path is the true one.</summary>
public sealed class StormTests(ITestOutputHelper output)
{
    private const uint AllEvents = 0xfff;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<uint, string> s_names = new()
    {
        [1] = "ACCESS", [2] = "MODIFY", [4] = "ATTRIB", [8] = "CLOSE_WRITE", [0x10] = "CLOSE_NOWRITE", [0x20] = "OPEN", [0x40] = "MOVED_FROM", [0x80] = "MOVED_TO",
        [0x100] = "CREATE", [0x200] = "DELETE", [0x400] = "DELETE_SELF", [0x800] = "MOVE_SELF",
    };

    [Fact]
    public void Events_of_two_directories_are_what_the_kernel_tells_another_reader()
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("PYINOTIFYD_SEED") ?? "1", CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        using TempTree tree = new();
        string[] places = ["a", "b", "out"];
        foreach (string place in (string[])[.. places, "fence"])
        {
            tree.MakeDirectory(place);
        }

        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null, "shutdown_timeout": 0, "logging": { "loggers": { "eventmap": "DEBUG" } },
              "schedulers": { "s": { "type": "exec", "argv": ["/bin/true"], "delay": "1h", "dirs": true } },
              "watches": [ { "path": ["{{tree.PathOf("a")}}", "{{tree.PathOf("b")}}"], "default_sched": "s" }, { "path": "{{tree.PathOf("fence")}}", "event_map": { "IN_CREATE": "s" } } ]
            }
            """);
        daemon.WaitForReady();
        for (int round = 0; round < 20; round++)
        {
            int inotify = Libc.inotify_init1(Libc.IN_NONBLOCK | Libc.IN_CLOEXEC);
            Dictionary<int, string> roots = [];
            foreach (string place in places[..2])
            {
                roots.Add(Libc.inotify_add_watch(inotify, [.. tree.PathOf(Encoding.UTF8.GetBytes(place)), 0], AllEvents), tree.PathOf(place));
            }

            // Both queues are read after the operations, so the kernel folds the same neighbours in both.
            int mark = daemon.Mark();
            ProcessState.Suspend(daemon);
            using (FileScript files = new(tree.PathOf(default(ReadOnlySpan<byte>))[..^1]))
            {
                for (int i = 0; i < 150; i++)
                {
                    Try(files, Operation(random, places));
                }
            }

            List<string> expected = ReadAll(inotify, roots);
            Libc.close(inotify);
            daemon.Signal(Libc.SIGCONT);
            Fence(daemon, tree, mark, round);
            List<string> found = [.. daemon.Log()[mark..].Select(line => LoggedEvent.Parse(line, out _)).OfType<string>().Where(e => !e.Contains("/fence", StringComparison.Ordinal))];
            Assert.True(expected.SequenceEqual(found), $"seed {seed}, round {round}\n{LineDiff.Compare(expected, found)}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Paths_are_true_after_directories_were_shuffled(bool stopped)
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("PYINOTIFYD_SEED") ?? "1", CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.MakeDirectory("out");
        tree.MakeDirectory("fence");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null, "shutdown_timeout": 0, "logging": { "loggers": { "eventmap": "DEBUG" } },
              "schedulers": { "s": { "type": "exec", "argv": ["/bin/true"], "delay": "1h", "dirs": true } },
              "watches": [
                { "path": "{{tree.PathOf("w")}}", "rec": true, "auto_add": true, "event_map": { "IN_CREATE": "s", "IN_CLOSE_WRITE": "s", "IN_MOVED_TO": "s" } },
                { "path": "{{tree.PathOf("fence")}}", "event_map": { "IN_CREATE": "s" } }
              ]
            }
            """);
        daemon.WaitForReady();
        for (int round = 0; round < 12; round++)
        {
            int mark = daemon.Mark();
            if (stopped)
            {
                ProcessState.Suspend(daemon);
            }

            using (FileScript script = new(tree.PathOf(default(ReadOnlySpan<byte>))[..^1]))
            {
                for (int i = 0; i < 80; i++)
                {
                    Try(script, Shuffle(random, tree));
                }
            }

            daemon.Signal(Libc.SIGCONT);
            Fence(daemon, tree, mark, round * 2);

            // A file in each directory there is: each is told of once, under its true path.
            int probe = daemon.Mark();
            List<string> expected = [];
            foreach (string directory in Directory.GetDirectories(tree.PathOf("w"), "*", SearchOption.AllDirectories).Append(tree.PathOf("w")).Order(StringComparer.Ordinal))
            {
                string file = $"{directory}/probe{round}";
                File.WriteAllText(file, "x");
                expected.Add("CREATE " + file);
                expected.Add("CLOSE_WRITE " + file);
            }

            Fence(daemon, tree, probe, (round * 2) + 1);

            // Events of one path keep their order. Between paths a close may come late: a process that another test starts holds this one's files until its exec.
            List<string> found =
            [
                .. daemon.Log()[probe..].Select(line => LoggedEvent.Parse(line, out _)).OfType<string>().Where(e => !e.Contains("/fence", StringComparison.Ordinal))
                    .OrderBy(e => e[e.IndexOf('/', StringComparison.Ordinal)..], StringComparer.Ordinal),
            ];
            expected = [.. expected.OrderBy(e => e[e.IndexOf('/', StringComparison.Ordinal)..], StringComparer.Ordinal)];
            Assert.True(expected.SequenceEqual(found), $"seed {seed}, round {round}\n{LineDiff.Compare(expected, found)}");
        }


        // Pending tasks went along with their directories, or were dropped with them: at the shutdown each is named by its path.
        Assert.Equal(0, daemon.Stop(s_deadline));
        Assert.DoesNotContain(daemon.Log(), line => line.Contains("messages were dropped", StringComparison.Ordinal));
        string[] dropped = [.. daemon.Log().Where(line => line.Contains("shutdown: drop delayed task", StringComparison.Ordinal) && !line.Contains("/fence", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf("path=", StringComparison.Ordinal) + 5)..line.IndexOf(", task_id", StringComparison.Ordinal)])];
        Assert.Equal(dropped.Length, dropped.Distinct().Count());
        string[] gone = [.. dropped.Where(path => !Directory.Exists(Path.GetDirectoryName(path)))];
        Assert.True(gone.Length == 0, $"seed {seed}: tasks in directories that have gone: {string.Join(", ", gone.Take(10))}");
        HashSet<string> tasks = [.. dropped];
        string[] without = [.. Directory.GetFiles(tree.PathOf("w"), "*", SearchOption.AllDirectories).Where(path => !tasks.Contains(path))];
        Assert.True(without.Length == 0, $"seed {seed}: {without.Length} files without a task: {string.Join(", ", without.Take(10))}");
    }

    private static void Try(FileScript files, string operation)
    {
        try
        {
            files.Run(operation);
        }
        catch (IOException)
        {
            // It is not there, or already: no event then.
        }
    }

    private static string Operation(Random random, string[] places)
    {
        string x = $"{places[random.Next(3)]}/{random.Next(6)}";
        string y = $"{places[random.Next(3)]}/{random.Next(6)}";
        return random.Next(16) switch
        {
            0 => $"create {x}",
            1 or 2 => $"put {x} text",
            3 => $"append {x} text",
            4 => $"read {x}",
            5 => $"rm {x}",
            6 or 7 or 8 => $"mv {x} {y}",
            9 => $"exchange {x} {y}",
            10 => $"ln {x} {y}",
            11 => $"symlink {random.Next(6)} {x}",
            12 => $"chmod {x} 600",
            13 => $"mkdir {x}",
            14 => $"rmdir {x}",
            _ => $"truncate {x}",
        };
    }

    private static string Shuffle(Random random, TempTree tree)
    {
        string[] all = [.. Names(tree, "w"), .. Names(tree, "out")];
        string[] directories = ["w", "w", "w", "out", .. all.Where(path => Directory.Exists(tree.PathOf(path)))];
        string x = all.Length == 0 ? "w/none" : all[random.Next(all.Length)];
        string z = all.Length == 0 ? "w/none" : all[random.Next(all.Length)];
        string fresh = $"{directories[random.Next(directories.Length)]}/{random.Next(5)}";
        return random.Next(14) switch
        {
            0 or 1 or 2 => $"mkdir {fresh}",
            3 or 4 or 5 => $"put {fresh} text",
            6 or 7 or 8 => $"mv {x} {fresh}",
            9 => $"mv {x} {z}",
            10 => $"exchange {x} {z}",
            11 => $"rm {x}",
            12 => $"rmdir {x}",
            _ => random.Next(4) == 0 ? $"rm-r {x}" : $"tree {fresh}/d/e f",
        };
    }

    private static IEnumerable<string> Names(TempTree tree, string root) =>
        Directory.GetFileSystemEntries(tree.PathOf(root), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => path[(tree.Path.Length + 1)..]);

    private static List<string> ReadAll(int inotify, Dictionary<int, string> roots)
    {
        byte[] buffer = new byte[1 << 20];
        List<string> events = [];
        Dictionary<uint, string> sources = [];
        for (int size; (size = Libc.read(inotify, buffer)) > 0;)
        {
            for (int at = 0; at < size;)
            {
                int wd = BitConverter.ToInt32(buffer, at);
                uint mask = BitConverter.ToUInt32(buffer, at + 4);
                uint cookie = BitConverter.ToUInt32(buffer, at + 8);
                int length = BitConverter.ToInt32(buffer, at + 12);
                string name = Encoding.UTF8.GetString(buffer, at + 16, length).TrimEnd('\0');
                at += 16 + length;
                string path = name.Length == 0 ? roots[wd] : roots[wd] + "/" + name;
                if ((mask & Libc.IN_MOVED_FROM) != 0)
                {
                    sources[cookie] = path;
                }

                string source = (mask & Libc.IN_MOVED_TO) != 0 && sources.TryGetValue(cookie, out string? from) ? " < " + from : "";
                events.Add($"{s_names[mask & AllEvents]}{((mask & 0x40000000) != 0 ? "/" : "")} {path}{source}");
            }
        }

        return events;
    }

    private static void Fence(DaemonProcess daemon, TempTree tree, int mark, int number)
    {
        for (int part = 0; part < 2; part++)
        {
            tree.MakeDirectory($"fence/{number}.{part}");
            string last = $"pathname={tree.PathOf($"fence/{number}.{part}")},";
            daemon.WaitForAfter(mark, line => line.Contains(last, StringComparison.Ordinal), s_deadline);
        }
    }
}
