using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Files;

/// <summary>Copies that take their time: the daemon is killed in the middle, or has other things to do meanwhile.</summary>
/// <remarks><c>PYINOTIFYD_TEST_KILL_MB</c> and <c>PYINOTIFYD_TEST_BIG_MB</c> say how much is copied; by default little, so that the run is short.</remarks>
public sealed class LongCopyTests : IDisposable
{
    private const int Kills = 20;
    private const int Seed = 20_261_122;

    private readonly TempTree _tree = Directory.Exists("/dev/shm") ? new TempTree("/dev/shm") : new TempTree();

    public LongCopyTests()
    {
        _tree.MakeDirectory("src");
        _tree.MakeDirectory("dst");
        _tree.MakeDirectory("state");
    }

    public void Dispose() => _tree.Dispose();

    private static int Megabytes(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    private DaemonProcess Start(string schedulers, string map)
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "state_file": "{{_tree.PathOf("state/state")}}",
              "schedulers": { {{schedulers}} },
              "watches": [ { "path": "{{_tree.PathOf("src")}}", "event_map": { {{map}} } } ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }

    private DaemonProcess StartCopies() => Start(
        $$"""
        "f": { "type": "filemanager", "dirs": true, "rules": [ { "action": "copy", "src_re": "^{{_tree.PathOf("src")}}/(.*)$", "dst_re": "{{_tree.PathOf("dst")}}/\\1", "override": true } ] }
        """,
        "\"IN_MOVED_TO\": \"f\"");

    private void WriteBig(string name, int megabytes, byte fill)
    {
        byte[] block = new byte[1 << 20];
        Array.Fill(block, fill);
        using FileStream file = File.Create(_tree.PathOf(name));
        for (int i = 0; i < megabytes; i++)
        {
            file.Write(block);
        }
    }

    /// <summary>Returns which copy a file is, from its first byte; -1 where it is not whole.</summary>
    private int Whole(string name, int megabytes)
    {
        byte[] block = new byte[1 << 20];
        using FileStream file = File.OpenRead(_tree.PathOf(name));
        int fill = -1;
        for (int i = 0; i < megabytes; i++)
        {
            if (file.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) != block.Length)
            {
                return -1;
            }

            fill = i == 0 ? block[0] : fill;
            if (block.AsSpan().IndexOfAnyExcept((byte)fill) >= 0)
            {
                return -1;
            }
        }

        return file.ReadByte() < 0 ? fill : -1;
    }

    private string[] Temporaries() => [.. Directory.EnumerateFileSystemEntries(_tree.PathOf("dst"), ".pyinotifyd.*", new EnumerationOptions { AttributesToSkip = 0 })];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_copy_that_is_killed_anywhere_leaves_the_old_or_the_new_and_the_next_start_cleans_up(bool isTree)
    {
        int megabytes = Megabytes("PYINOTIFYD_TEST_KILL_MB", 24);
        string[] parts = isTree ? ["x/a", "x/b", "x/sub/c"] : ["x"];
        int each = Math.Max(1, megabytes / parts.Length);
        Random random = new(Seed);
        double copyMs = 0;
        int seen = 0;
        for (int round = 0; round <= Kills; round++)
        {
            if (isTree)
            {
                _tree.MakeDirectory("new/x/sub");
            }
            else if (round == 0)
            {
                _tree.MakeDirectory("new");
            }

            foreach (string part in parts)
            {
                WriteBig("new/" + part, each, (byte)(round + 1));
            }

            if (_tree.Exists("src/x"))
            {
                _ = isTree ? Remove("src/x") : 0;
            }

            using DaemonProcess daemon = StartCopies();
            int mark = daemon.Mark();
            Stopwatch watch = Stopwatch.StartNew();
            _tree.Move("new/x", "src/x");
            if (round == 0)
            {
                daemon.WaitForAfter(mark, line => line.Contains("task finished", StringComparison.Ordinal));
                copyMs = watch.Elapsed.TotalMilliseconds;
            }
            else
            {
                double killAt = random.NextDouble() * copyMs * 1.2;
                ProcessState.Await(() => watch.Elapsed.TotalMilliseconds >= killAt, "the moment of the kill");
                daemon.Signal(Libc.SIGKILL);
                daemon.WaitForExit();
            }

            string where = $"seed {Seed}, round {round}, a copy takes {copyMs} ms";
            int[] found = [.. parts.Select(part => Whole("dst/" + part, each))];
            Assert.True(found.All(fill => fill == found[0]), $"{where}: {string.Join(", ", found)}");
            Assert.True(found[0] == round + 1 || (found[0] == round && round > 0), $"{where}: {found[0]}");
            Assert.All(parts, part => Assert.Equal(round + 1, Whole("src/" + part, each)));
            seen += Temporaries().Length;

            if (round > 0)
            {
                using DaemonProcess next = StartCopies();
                _tree.Write("src/last", "x");
                _tree.Move("src/last", "src/last" + round);
                next.WaitUntil(log => log.Any(line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("src/last" + round, StringComparison.Ordinal)));
                ProcessState.Await(() => Temporaries().Length == 0 && parts.All(part => Whole("dst/" + part, each) == round + 1), where + ": the next start to clean up and to do it again");
                Assert.Equal(0, next.Stop());
                Assert.DoesNotContain(_tree.List("state"), name => Encoding.UTF8.GetString(name).StartsWith("temporaries-", StringComparison.Ordinal));
            }
        }

        // A file has no name while it is copied; a tree has a temporary one for as long as that.
        Assert.True(seen > 0 || !isTree, "no kill came during a copy");
    }

    private int Remove(string name)
    {
        _tree.DeleteTree(name);
        return 0;
    }

    [Fact]
    public void During_a_long_copy_other_events_are_answered_at_once()
    {
        int megabytes = Megabytes("PYINOTIFYD_TEST_BIG_MB", 192);
        WriteBig("big", megabytes, 7);
        using DaemonProcess daemon = Start(
            $$"""
            "f": { "type": "filemanager", "rules": [ { "action": "copy", "src_re": "^{{_tree.PathOf("src")}}/(.*)$", "dst_re": "{{_tree.PathOf("dst")}}/\\1" } ] },
            "e": { "type": "filemanager", "rules": [ { "action": "delete", "src_re": "^{{_tree.PathOf("src")}}/small.*$" } ] }
            """,
            "\"IN_MOVED_TO\": \"f\", \"IN_CLOSE_WRITE\": \"e\"");
        _tree.Move("big", "src/big");
        daemon.WaitFor("start task");
        List<double> times = [];
        int before = 0;
        for (int i = 0; i < 20; i++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            _tree.Write($"src/small{i}", "");
            daemon.WaitForCount(i + 1, "src/small");
            daemon.WaitFor($"small{i},");
            times.Add(watch.Elapsed.TotalMilliseconds);
            bool isOver = daemon.Log().Any(line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("src/big,", StringComparison.Ordinal));
            before += isOver ? 0 : 1;
            if (isOver)
            {
                break;
            }
        }

        times.Sort();
        Assert.True(before > 0, daemon.WithLog("no event was answered before the copy had ended"));
        Assert.True(times[times.Count / 2] <= 100, $"median {times[times.Count / 2]} ms of {string.Join(", ", times)}");
        daemon.WaitFor(line => line.Contains("task finished", StringComparison.Ordinal) && line.Contains("src/big,", StringComparison.Ordinal), TimeSpan.FromMinutes(5));
        Assert.Equal(7, Whole("dst/big", megabytes));
    }
}
