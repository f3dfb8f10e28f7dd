using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Files;

/// <summary>The file manager of the published binary: as the first document configures it, and on file systems that are full, read-only, other ones, or mounted inside a tree.</summary>
public sealed class FileManagerTests : IDisposable
{
    private const string SeedMap = """
        "IN_CLOSE_WRITE": "file_sched", "IN_CREATE": "file_sched", "IN_DELETE": { "cancel": "file_sched" }, "IN_DELETE_SELF": { "cancel": "file_sched" },
        "IN_MODIFY": { "cancel": "file_sched" }, "IN_MOVED_FROM": { "cancel": "file_sched" }, "IN_MOVED_TO": "file_sched", "IN_UNMOUNT": { "cancel": "file_sched" }
        """;

    private readonly TempTree _tree = new();

    public FileManagerTests()
    {
        _tree.MakeDirectory("src_path");
        _tree.MakeDirectory("dst_path");
    }

    public void Dispose() => _tree.Dispose();

    private DaemonProcess Start(string rules, string map = "\"IN_CLOSE_WRITE\": \"file_sched\", \"IN_MOVED_TO\": \"file_sched\"", string keys = "", string watch = "\"rec\": true, \"auto_add\": true")
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { "file_sched": { "type": "filemanager", {{keys}} "rules": [ {{rules}} ] } },
              "watches": [ { "path": "/src_path", {{watch}}, "event_map": { {{map}} } } ]
            }
            """.Replace("/src_path", _tree.PathOf("src_path"), StringComparison.Ordinal).Replace("/dst_path", _tree.PathOf("dst_path"), StringComparison.Ordinal));
        daemon.WaitForReady();
        return daemon;
    }

    private static string Ended(DaemonProcess daemon, int mark, string path) =>
        daemon.WaitForAfter(mark, line => (line.Contains("task finished", StringComparison.Ordinal) || line.Contains("task failed", StringComparison.Ordinal)) && line.Contains(path, StringComparison.Ordinal));

    private void AssertNoTemporaries()
    {
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };
        Assert.Empty(Directory.EnumerateFileSystemEntries(_tree.Path, ".pyinotifyd.*", all));
    }

    [Fact]
    public void The_last_example_of_the_seed_moves_copies_and_deletes_after_its_delay_unless_cancelled()
    {
        // Its delay of a minute is half a second here.
        using DaemonProcess daemon = Start(
            """
            { "action": "move", "src_re": "^/src_path/(?P<path>.*)\\.to_move$", "dst_re": "/dst_path/\\g<path>", "auto_create": true, "filemode": "0644", "dirmode": "0755" },
            { "action": "copy", "src_re": "^/src_path/(?P<path>.*)\\.to_copy$", "dst_re": "/dst_path/\\g<path>", "auto_create": true, "filemode": "0644", "dirmode": "0755" },
            { "action": "delete", "src_re": "^/src_path/(?P<path>.*)\\.to_delete$", "rec": false }
            """,
            SeedMap,
            "\"delay\": 0.5, \"files\": true, \"dirs\": false,");
        _tree.MakeDirectory("src_path/a/b");
        _tree.Write("src_path/a/b/x.to_move", "moved");
        _tree.SetMode("src_path/a/b/x.to_move", 0x180);
        _tree.Write("src_path/y.to_copy", "copied");
        _tree.Write("src_path/z.to_delete", "deleted");
        _tree.Write("src_path/other", "stays");
        _tree.Write("src_path/gone.to_delete", "cancelled");
        _tree.Move("src_path/gone.to_delete", "src_path/gone");

        daemon.WaitForCount(3, "task finished");

        Assert.Equal("moved", _tree.ReadText("dst_path/a/b/x"));
        Assert.Equal(0x1A4, _tree.StatusOf("dst_path/a/b/x").stx_mode & 0xFFF);
        Assert.Equal(0x1ED, _tree.StatusOf("dst_path/a").stx_mode & 0xFFF);
        Assert.False(_tree.Exists("src_path/a/b/x.to_move"));
        Assert.Equal("copied", _tree.ReadText("dst_path/y"));
        Assert.True(_tree.Exists("src_path/y.to_copy"));
        Assert.False(_tree.Exists("src_path/z.to_delete"));
        Assert.True(_tree.Exists("src_path/other"));
        Assert.True(_tree.Exists("src_path/gone"));
        Assert.Equal(0, daemon.Stop());
        AssertNoTemporaries();
    }

    [Fact]
    public void The_rules_of_the_seeds_scheduler_section_work_as_printed()
    {
        using DaemonProcess daemon = Start(
            """
            { "action": "move", "src_re": "^/src_path/(?P<path>.*).to_move$", "dst_re": "/dst_path/\\g<path>",
              "auto_create": false, "rec": false, "filemode": null, "dirmode": null, "user": null, "group": null, "override": false },
            { "action": "delete", "src_re": "^/src_path/(?P<path>.*).to_delete$", "rec": false }
            """);
        _tree.Write("dst_path/taken", "old");
        _tree.Write("src_path/a.to_move", "moved");
        _tree.Write("src_path/taken.to_move", "new");
        _tree.Write("src_path/b.to_delete", "deleted");
        daemon.WaitForCount(2, "task finished");
        daemon.WaitFor("EEXIST");

        Assert.Equal("moved", _tree.ReadText("dst_path/a"));
        Assert.Equal("old", _tree.ReadText("dst_path/taken"));
        Assert.Equal("new", _tree.ReadText("src_path/taken.to_move"));
        Assert.False(_tree.Exists("src_path/b.to_delete"));
    }

    [Fact]
    public void A_full_disk_leaves_the_source_whole_the_old_destination_whole_and_no_part()
    {
        if (!MountedDirectory.IsPossible)
        {
            return;
        }

        using DaemonProcess daemon = Start(
            """
            { "action": "copy", "src_re": "^/src_path/c(.*)$", "dst_re": "/dst_path/\\1" },
            { "action": "move", "src_re": "^/src_path/m(.*)$", "dst_re": "/dst_path/\\1" },
            { "action": "copy", "src_re": "^/src_path/C(.*)$", "dst_re": "/dst_path/\\1", "override": true },
            { "action": "move", "src_re": "^/src_path/M(.*)$", "dst_re": "/dst_path/\\1", "override": true }
            """,
            "\"IN_MOVED_TO\": \"file_sched\"",
            "\"dirs\": true,",
            "\"rec\": false");
        byte[] content = new byte[300_000];
        new Random(5).NextBytes(content);
        int number = 0;
        foreach (string options in new[] { "size=8k", "size=64k", "size=200k", "size=272k", "nr_inodes=4,size=200k" })
        {
            foreach (char action in "cmCM")
            {
                foreach (bool isTree in new[] { false, true })
                {
                    string name = $"{number++}";
                    string source = $"src_path/{action}{name}";
                    string made = $"made{name}";
                    if (isTree)
                    {
                        _tree.MakeDirectory(made + "/sub");
                        for (int i = 0; i < 3; i++)
                        {
                            _tree.Write(Encoding.UTF8.GetBytes($"{made}/sub/f{i}"), content.AsSpan(i * 100_000, 100_000));
                        }
                    }
                    else
                    {
                        _tree.Write(Encoding.UTF8.GetBytes(made), content);
                    }

                    using MountedDirectory mounted = new(_tree.PathOf("dst_path"), options);
                    bool isOld = char.IsUpper(action);
                    if (isOld && isTree)
                    {
                        _tree.MakeDirectory("dst_path/" + name);
                    }
                    else if (isOld)
                    {
                        _tree.Write("dst_path/" + name, "old");
                    }

                    int mark = daemon.Mark();
                    _tree.Move(made, source);
                    string end = Ended(daemon, mark, $"{source},");

                    string which = $"{options} {action} {(isTree ? "tree" : "file")}: {end}";
                    Assert.True(end.Contains("ENOSPC", StringComparison.Ordinal), which);
                    List<byte[]> left = _tree.List("dst_path");
                    Assert.True(left.Count == (isOld ? 1 : 0), which);
                    Assert.True(!isOld || isTree || _tree.ReadText("dst_path/" + name) == "old", which);
                    Assert.True(isTree ? _tree.List(source + "/sub").Count == 3 : _tree.Read(Encoding.UTF8.GetBytes(source)).AsSpan().SequenceEqual(content), which);
                }
            }
        }
    }

    [Fact]
    public void A_read_only_destination_is_named_with_what_helps()
    {
        if (!MountedDirectory.IsPossible)
        {
            return;
        }

        using MountedDirectory mounted = new(_tree.PathOf("dst_path"), "size=1m,ro");
        using DaemonProcess daemon = Start("""{ "action": "move", "src_re": "^/src_path/(.*)$", "dst_re": "/dst_path/\\1" }""");
        _tree.Write("src_path/a", "content");

        string end = Ended(daemon, 0, "src_path/a");

        Assert.Contains("EROFS", end);
        Assert.Contains("mount it for writing", end);
        Assert.Equal("content", _tree.ReadText("src_path/a"));
    }

    [Fact]
    public void A_move_to_another_file_system_takes_everything_along()
    {
        if (!MountedDirectory.IsPossible)
        {
            return;
        }

        using MountedDirectory mounted = new(_tree.PathOf("dst_path"), "size=4m");
        using DaemonProcess daemon = Start("""{ "action": "move", "src_re": "^/src_path/(.*)$", "dst_re": "/dst_path/\\1" }""", keys: "\"dirs\": true,", watch: "\"rec\": false");
        _tree.MakeDirectory("new/sub");
        _tree.Write("new/sub/f", "content");
        _tree.Link("new/sub/f", "new/sub/same");
        _tree.Symlink("f", "new/sub/link");
        _tree.SetMode("new/sub/f", 0x1A0);
        _tree.SetMode("new", 0x1C9);
        statx before = _tree.StatusOf("new/sub/f");
        _tree.Move("new", "src_path/t");

        string end = Ended(daemon, 0, "src_path/t,");

        Assert.Contains("task finished", end);
        Assert.Empty(_tree.List("src_path"));
        Assert.Equal("content", _tree.ReadText("dst_path/t/sub/f"));
        Assert.Equal(0x1A0, _tree.StatusOf("dst_path/t/sub/f").stx_mode & 0xFFF);
        Assert.Equal(0x1C9, _tree.StatusOf("dst_path/t").stx_mode & 0xFFF);
        Assert.Equal(before.stx_mtime.tv_nsec, _tree.StatusOf("dst_path/t/sub/f").stx_mtime.tv_nsec);
        Assert.Equal(_tree.StatusOf("dst_path/t/sub/f").stx_ino, _tree.StatusOf("dst_path/t/sub/same").stx_ino);
        Assert.Equal(Libc.S_IFLNK, _tree.StatusOf("dst_path/t/sub/link").Type);
        AssertNoTemporaries();
    }

    [Theory]
    [InlineData("delete", "\"rec\": true")]
    [InlineData("move", "\"dst_re\": \"/dst_path/t\"")]
    public void A_mount_point_inside_a_tree_that_would_have_to_go_is_refused_before_anything_happens(string action, string key)
    {
        if (!MountedDirectory.IsPossible)
        {
            return;
        }

        using MountedDirectory destination = new(_tree.PathOf("dst_path"), "size=1m");
        using DaemonProcess daemon = Start($$"""{ "action": "{{action}}", "src_re": "^/src_path/t$", {{key}} }""", keys: "\"dirs\": true,", watch: "\"rec\": false");
        _tree.MakeDirectory("new/sub/inside");
        _tree.Write("new/sub/f", "content");
        using MountedDirectory inside = new(_tree.PathOf("new/sub/inside"), "size=1m");
        _tree.Write("new/sub/inside/kept", "kept");
        _tree.Move("new", "src_path/t");

        string end = Ended(daemon, 0, "src_path/t,");

        // It is unmounted under its new name.
        _ = CommandResult.Of("umount", ["-l", _tree.PathOf("src_path/t/sub/inside")]);
        Assert.Contains("a file system is mounted there", end);
        Assert.Equal("content", _tree.ReadText("src_path/t/sub/f"));
        Assert.Empty(_tree.List("dst_path"));
    }
}
