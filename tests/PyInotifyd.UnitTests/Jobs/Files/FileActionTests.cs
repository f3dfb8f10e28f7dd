using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Files;

/// <summary>Each action and key on plain files.</summary>
public sealed class FileActionTests : IDisposable
{
    private readonly FileRig _rig = new();

    private RuleSpec Move => _rig.Rule(RuleAction.Move);

    private RuleSpec Copy => _rig.Rule(RuleAction.Copy);

    private RuleSpec Delete => _rig.Rule(RuleAction.Delete);

    public void Dispose() => _rig.Dispose();

    [DllImport("libc")]
    private static extern int mkfifo(string path, uint mode);

    [Fact]
    public void Move_renames_the_file()
    {
        _rig.Tree.Write("src/a", "content");
        ulong inode = _rig.Tree.StatusOf("src/a").stx_ino;

        _rig.Succeed("src/a", Move);

        Assert.False(_rig.Tree.Exists("src/a"));
        Assert.Equal("content", _rig.Tree.ReadText("dst/a"));
        Assert.Equal(inode, _rig.Tree.StatusOf("dst/a").stx_ino);
        Assert.Contains($"Info move '{_rig.Tree.PathOf("src/a")}' to '{_rig.Tree.PathOf("dst/a")}'", _rig.Lines);
    }

    [Fact]
    public void Copy_leaves_the_source_and_keeps_mode_and_times()
    {
        _rig.Tree.Write("src/a", "content");
        _rig.Tree.SetMode("src/a", 0x1A0);
        File.SetLastWriteTimeUtc(_rig.Tree.PathOf("src/a"), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));

        _rig.Succeed("src/a", Copy);

        Assert.Equal("content", _rig.Tree.ReadText("src/a"));
        Assert.Equal("content", _rig.Tree.ReadText("dst/a"));
        Assert.Equal(0x1A0, _rig.Tree.StatusOf("dst/a").stx_mode & 0xFFF);
        Assert.Equal(_rig.Tree.StatusOf("src/a").stx_mtime.Nanoseconds, _rig.Tree.StatusOf("dst/a").stx_mtime.Nanoseconds);
        Assert.Contains($"Info copy '{_rig.Tree.PathOf("src/a")}' to '{_rig.Tree.PathOf("dst/a")}'", _rig.Lines);
    }

    [Fact]
    public void Copy_under_a_temporary_name_gives_the_same()
    {
        _rig.Pool.AvoidsUnnamed = true;
        _rig.Tree.Write("src/a", "content");

        _rig.Succeed("src/a", Copy);

        Assert.Equal("content", _rig.Tree.ReadText("dst/a"));
    }

    [Fact]
    public void Delete_removes_the_file()
    {
        _rig.Tree.Write("src/a", "content");

        _rig.Succeed("src/a", Delete);

        Assert.False(_rig.Tree.Exists("src/a"));
        Assert.Contains($"Info delete '{_rig.Tree.PathOf("src/a")}'", _rig.Lines);
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    [InlineData(RuleAction.Delete)]
    public void A_path_that_is_gone_is_finished(RuleAction action)
    {
        _rig.Succeed("src/sub/a", _rig.Rule(action));

        Assert.Contains(_rig.Lines, line => line.StartsWith("Info", StringComparison.Ordinal) && line.Contains("is gone", StringComparison.Ordinal));
    }

    [Fact]
    public void The_first_rule_that_matches_is_executed()
    {
        _rig.Tree.Write("src/a.txt", "x");
        RuleSpec other = Delete with { SourcePattern = ".*\\.jpg$" };

        _rig.Succeed("src/a.txt", other, Copy, Delete);

        Assert.True(_rig.Tree.Exists("src/a.txt"));
        Assert.True(_rig.Tree.Exists("dst/a.txt"));
    }

    [Theory]
    [InlineData(RuleAction.Move, false)]
    [InlineData(RuleAction.Copy, false)]
    [InlineData(RuleAction.Move, true)]
    [InlineData(RuleAction.Copy, true)]
    public void Without_override_what_is_there_stays(RuleAction action, bool avoidsUnnamed)
    {
        _rig.Pool.AvoidsUnnamed = avoidsUnnamed;
        _rig.Tree.Write("src/a", "new");
        _rig.Tree.Write("dst/a", "old");

        _rig.Fail("src/a", _rig.Rule(action), "unable to " + (action == RuleAction.Move ? "move" : "copy"), "EEXIST", "override");

        Assert.Equal("new", _rig.Tree.ReadText("src/a"));
        Assert.Equal("old", _rig.Tree.ReadText("dst/a"));
    }

    [Theory]
    [InlineData(RuleAction.Move, false)]
    [InlineData(RuleAction.Copy, false)]
    [InlineData(RuleAction.Copy, true)]
    public void Override_replaces_a_file(RuleAction action, bool avoidsUnnamed)
    {
        _rig.Pool.AvoidsUnnamed = avoidsUnnamed;
        _rig.Tree.Write("src/a", "new");
        _rig.Tree.Write("dst/a", "old");

        _rig.Succeed("src/a", _rig.Rule(action) with { Override = true });

        Assert.Equal("new", _rig.Tree.ReadText("dst/a"));
        Assert.Equal(action == RuleAction.Copy, _rig.Tree.Exists("src/a"));
    }

    [Fact]
    public void Override_replaces_a_link_not_what_it_points_to()
    {
        _rig.Tree.Write("src/a", "new");
        _rig.Tree.Write("other", "old");
        _rig.Tree.Symlink(_rig.Tree.PathOf("other"), "dst/a");

        _rig.Succeed("src/a", Copy with { Override = true });

        Assert.Equal(Libc.S_IFREG, _rig.Tree.StatusOf("dst/a").Type);
        Assert.Equal("old", _rig.Tree.ReadText("other"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_file_never_replaces_a_directory(RuleAction action)
    {
        _rig.Tree.Write("src/a", "new");
        _rig.Tree.MakeDirectory("dst/a");

        _rig.Fail("src/a", _rig.Rule(action) with { Override = true }, "EISDIR");

        Assert.True(_rig.Tree.Exists("src/a"));
        Assert.Equal(Libc.S_IFDIR, _rig.Tree.StatusOf("dst/a").Type);
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_missing_directory_is_an_error_without_auto_create(RuleAction action)
    {
        _rig.Tree.Write("src/a", "x");

        _rig.Fail("src/a", _rig.Rule(action, to: _rig.Tree.Path + "/dst/one/two/a"), "ENOENT", "auto_create");

        Assert.True(_rig.Tree.Exists("src/a"));
        Assert.False(_rig.Tree.Exists("dst/one"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void Auto_create_makes_the_directories_with_dirmode(RuleAction action)
    {
        _rig.Tree.Write("src/a", "x");
        _rig.Tree.SetMode("dst", 0x1ED);
        RuleSpec rule = _rig.Rule(action, to: _rig.Tree.Path + "/dst/one/\\g<path>/b") with { AutoCreate = true, DirMode = 0x1C8 };

        _rig.Succeed("src/a", rule);

        Assert.Equal("x", _rig.Tree.ReadText("dst/one/a/b"));
        Assert.Equal(0x1C8, _rig.Tree.StatusOf("dst/one").stx_mode & 0xFFF);
        Assert.Equal(0x1C8, _rig.Tree.StatusOf("dst/one/a").stx_mode & 0xFFF);
        Assert.Equal(0x1ED, _rig.Tree.StatusOf("dst").stx_mode & 0xFFF);
        Assert.Contains($"Info create directory '{_rig.Tree.PathOf("dst/one/a")}'", _rig.Lines);
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void Filemode_is_set_on_the_file(RuleAction action)
    {
        _rig.Tree.Write("src/a", "x");

        _rig.Succeed("src/a", _rig.Rule(action) with { FileMode = 0x1A4 });

        Assert.Equal(0x1A4, _rig.Tree.StatusOf("dst/a").stx_mode & 0xFFF);
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void Owner_is_set_and_set_id_bits_go(RuleAction action)
    {
        RootUser.Require();

        _rig.Tree.Write("src/a", "x");
        _rig.Tree.SetMode("src/a", 0xDED);

        _rig.Succeed("src/a", _rig.Rule(action) with { User = "nobody", Group = "4321" });

        statx found = _rig.Tree.StatusOf("dst/a");
        Assert.Equal(65534u, found.stx_uid);
        Assert.Equal(4321u, found.stx_gid);
        Assert.Equal(0x1ED, found.stx_mode & 0xFFF);
    }

    [Fact]
    public void Filemode_may_set_set_id_bits_for_the_new_owner()
    {
        RootUser.Require();

        _rig.Tree.Write("src/a", "x");

        _rig.Succeed("src/a", Copy with { User = "65534", FileMode = 0x9ED });

        Assert.Equal(0x9ED, _rig.Tree.StatusOf("dst/a").stx_mode & 0xFFF);
    }

    [Fact]
    public void A_user_that_does_not_exist_is_an_error_and_the_file_stays()
    {
        _rig.Tree.Write("src/a", "x");

        _rig.Fail("src/a", Move with { User = "nobody-has-this-name" }, "nobody-has-this-name", "give its number");

        Assert.True(_rig.Tree.Exists("src/a"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void Root_refuses_to_change_a_file_with_several_links(RuleAction action)
    {
        RootUser.Require();

        _rig.Tree.Write("secret", "x");
        _rig.Tree.SetMode("secret", 0x180);
        _rig.Tree.Link("secret", "src/a");

        _rig.Fail("src/a", _rig.Rule(action) with { FileMode = 0x1A4 }, "2 links");

        Assert.Equal(0x180, _rig.Tree.StatusOf("secret").stx_mode & 0xFFF);
        Assert.False(_rig.Tree.Exists("dst/a"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_link_is_taken_as_a_link(RuleAction action)
    {
        _rig.Tree.Write("secret", "x");
        _rig.Tree.SetMode("secret", 0x180);
        _rig.Tree.Symlink(_rig.Tree.PathOf("secret"), "src/a");

        _rig.Succeed("src/a", _rig.Rule(action) with { FileMode = 0x1A4, Override = true });

        Assert.Equal(Libc.S_IFLNK, _rig.Tree.StatusOf("dst/a").Type);
        Assert.Equal(_rig.Tree.PathOf("secret"), File.ResolveLinkTarget(_rig.Tree.PathOf("dst/a"), false)!.FullName);
        Assert.Equal(0x180, _rig.Tree.StatusOf("secret").stx_mode & 0xFFF);
    }

    [Fact]
    public void Follow_symlinks_copies_what_the_link_points_to()
    {
        _rig.Tree.Write("other", "content");
        _rig.Tree.Symlink(_rig.Tree.PathOf("other"), "src/a");

        _rig.Succeed("src/a", Copy with { FollowSymlinks = true });

        Assert.Equal(Libc.S_IFREG, _rig.Tree.StatusOf("dst/a").Type);
        Assert.Equal("content", _rig.Tree.ReadText("dst/a"));
    }

    [Fact]
    public void Follow_symlinks_on_a_link_that_leads_nowhere_fails()
    {
        _rig.Tree.Symlink("nowhere", "src/a");

        _rig.Fail("src/a", Copy with { FollowSymlinks = true }, "ENOENT", "follow the link");
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    [InlineData(RuleAction.Delete)]
    public void A_fifo_is_refused_without_blocking(RuleAction action)
    {
        Assert.Equal(0, mkfifo(_rig.Tree.PathOf("src/pipe"), 0x1B6));

        _rig.Fail("src/pipe", _rig.Rule(action), "a FIFO");

        Assert.True(_rig.Tree.Exists("src/pipe"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_file_onto_itself_is_refused(RuleAction action)
    {
        _rig.Tree.Write("src/a", "x");

        _rig.Fail("src/a", _rig.Rule(action, to: _rig.Tree.Path + "/src/\\g<path>") with { Override = true }, "same file");

        Assert.Equal("x", _rig.Tree.ReadText("src/a"));
    }

    [Fact]
    public void A_move_onto_another_link_of_the_same_file_is_refused()
    {
        _rig.Tree.Write("src/a", "x");
        _rig.Tree.Link("src/a", "dst/a");

        _rig.Fail("src/a", Move with { Override = true }, "same file");

        Assert.True(_rig.Tree.Exists("src/a"));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("dst/a", "not absolute")]
    [InlineData("/\\g<path>/../x", "'..'")]
    [InlineData("/", "root directory")]
    public void A_destination_that_cannot_be_is_an_error_and_the_file_stays(string destination, string error)
    {
        _rig.Tree.Write("src/a", "x");

        _rig.Fail("src/a", _rig.Rule(RuleAction.Move, to: destination), "unable to move", error);

        Assert.True(_rig.Tree.Exists("src/a"));
    }

    [Fact]
    public void A_name_that_brings_dots_into_the_destination_is_an_error()
    {
        _rig.Tree.Write("src/a...b", "x");
        RuleSpec rule = _rig.Rule(RuleAction.Move, "^" + _rig.Tree.Path + "/src/(a\\.)(\\.\\.)b$", _rig.Tree.Path + "/dst/\\2/x");

        _rig.Fail("src/a...b", rule, "'..'");

        Assert.True(_rig.Tree.Exists("src/a...b"));
    }

    [Fact]
    public void A_pattern_that_explodes_fails_the_task_with_both_names()
    {
        string name = "src/" + new string('a', 60) + "!";
        _rig.Tree.Write(name, "x");

        _rig.Fail(name, _rig.Rule(RuleAction.Delete, "^" + _rig.Tree.Path + "/src/(a+)+$"), "(a+)+", name);

        Assert.Contains(_rig.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.True(_rig.Tree.Exists(name));
    }

    [Fact]
    public void Holes_stay_holes()
    {
        string path = _rig.Tree.PathOf("src/sparse");
        using (FileStream stream = new(path, FileMode.CreateNew))
        {
            stream.Write("start"u8);
            stream.Position = 64 << 20;
            stream.Write("middle"u8);
            stream.SetLength(128 << 20);
        }

        _rig.Succeed("src/sparse", Copy);

        statx copy = _rig.Tree.StatusOf("dst/sparse");
        Assert.Equal(128ul << 20, copy.stx_size);
        Assert.True(copy.stx_blocks <= 64, $"{copy.stx_blocks} blocks");
        using FileStream read = new(_rig.Tree.PathOf("dst/sparse"), FileMode.Open);
        read.Position = 64 << 20;
        byte[] middle = new byte[6];
        read.ReadExactly(middle);
        Assert.Equal("middle"u8, middle);
    }

    [Fact]
    public void Extended_attributes_are_kept()
    {
        _rig.Tree.Write("src/a", "x");
        int fd = _rig.Tree.Open("src/a"u8, Libc.O_RDWR);
        int result = Libc.fsetxattr(fd, "user.note\0"u8, "hello"u8);
        _ = Libc.close(fd);
        Assert.Equal(0, result);

        _rig.Succeed("src/a", Copy);

        fd = _rig.Tree.Open("dst/a"u8, Libc.O_RDONLY);
        byte[] value = new byte[16];
        int length = Libc.fgetxattr(fd, "user.note\0"u8, value);
        _ = Libc.close(fd);
        Assert.Equal("hello", Encoding.UTF8.GetString(value, 0, length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(10_000_000)]
    public void Content_is_copied_whole(int size)
    {
        byte[] content = new byte[size];
        new Random(size).NextBytes(content);
        File.WriteAllBytes(_rig.Tree.PathOf("src/a"), content);

        _rig.Succeed("src/a", Copy with { Fsync = true });

        Assert.Equal(content, File.ReadAllBytes(_rig.Tree.PathOf("dst/a")));
    }

    [Fact]
    public void A_name_of_any_bytes_is_moved()
    {
        byte[] name = [.. "src/"u8, 0xFF, (byte)'\n', (byte)'\'', 0x80];
        _rig.Tree.Write(name, "x"u8);
        FileRig rig = _rig;
        var task = rig.Task("src/x");
        task.Path = rig.Tree.PathOf(name);

        Assert.True(rig.Run(rig.Job(Move with { SourcePattern = "(?s)^" + rig.Tree.Path + "/src/(?P<path>.*)$" }), task).Succeeded);

        Assert.Single(rig.Tree.List("dst"));
        Assert.Equal(name[4..], rig.Tree.List("dst")[0]);
    }

    [Fact]
    public void A_link_in_the_path_of_the_source_is_not_followed()
    {
        _rig.Tree.MakeDirectory("outside");
        _rig.Tree.Write("outside/a", "x");
        _rig.Tree.Symlink(_rig.Tree.PathOf("outside"), "src/sub");

        _rig.Fail("src/sub/a", Delete, "ELOOP");

        Assert.True(_rig.Tree.Exists("outside/a"));
    }

    [Fact]
    public void A_link_in_the_path_of_the_destination_is_not_followed()
    {
        _rig.Tree.MakeDirectory("src/sub");
        _rig.Tree.Write("src/sub/a", "x");
        _rig.Tree.MakeDirectory("outside");
        _rig.Tree.Symlink(_rig.Tree.PathOf("outside"), "dst/sub");

        _rig.Fail("src/sub/a", Copy with { AutoCreate = true }, "ELOOP");

        Assert.Empty(_rig.Tree.List("outside"));
    }

    [Fact]
    public void A_link_in_the_fixed_part_of_the_destination_is_followed()
    {
        _rig.Tree.Write("src/a", "x");
        _rig.Tree.MakeDirectory("real");
        _rig.Tree.Symlink("real", "alias");

        _rig.Succeed("src/a", _rig.Rule(RuleAction.Copy, to: _rig.Tree.Path + "/alias/sub/\\g<path>") with { AutoCreate = true });

        Assert.Equal("x", _rig.Tree.ReadText("real/sub/a"));
    }
}
