using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Files;

/// <summary>Directories with content: copied, moved and deleted as a whole.</summary>
[Collection(ProcessCollection.Name)]
public sealed class TreeActionTests : IDisposable
{
    private readonly FileRig _rig = new();

    private RuleSpec Move => _rig.Rule(RuleAction.Move);

    private RuleSpec Copy => _rig.Rule(RuleAction.Copy);

    private RuleSpec Delete => _rig.Rule(RuleAction.Delete);

    public void Dispose()
    {
        TreeOpener.WithoutOpenat2 = false;
        _rig.Dispose();
    }

    [DllImport("libc")]
    private static extern int mkfifo(string path, uint mode);

    private void MakeTree(string top)
    {
        _rig.Tree.MakeDirectory(top + "/sub/deep");
        _rig.Tree.Write(top + "/one", "1");
        _rig.Tree.Write(top + "/sub/two", "22");
        _rig.Tree.Symlink("one", top + "/link");
        _rig.Tree.SetMode(top + "/sub", 0x1E8);
        _rig.Tree.SetMode(top + "/sub/two", 0x120);
    }

    private void AssertTree(string top)
    {
        Assert.Equal("1", _rig.Tree.ReadText(top + "/one"));
        Assert.Equal("22", _rig.Tree.ReadText(top + "/sub/two"));
        Assert.Equal(Libc.S_IFLNK, _rig.Tree.StatusOf(top + "/link").Type);
        Assert.Equal(0x1E8, _rig.Tree.StatusOf(top + "/sub").stx_mode & 0xFFF);
        Assert.Equal(0x120, _rig.Tree.StatusOf(top + "/sub/two").stx_mode & 0xFFF);
        Assert.True(_rig.Tree.Exists(top + "/sub/deep"));
    }

    [Fact]
    public void Copy_of_a_tree_keeps_all()
    {
        MakeTree("src/d");
        Directory.SetLastWriteTimeUtc(_rig.Tree.PathOf("src/d/sub"), new DateTime(2001, 2, 3, 0, 0, 0, DateTimeKind.Utc));

        _rig.Succeed("src/d", Copy);

        AssertTree("src/d");
        AssertTree("dst/d");
        Assert.Equal(_rig.Tree.StatusOf("src/d/sub").stx_mtime.Nanoseconds, _rig.Tree.StatusOf("dst/d/sub").stx_mtime.Nanoseconds);
        Assert.Equal(_rig.Tree.StatusOf("src/d").stx_mtime.Nanoseconds, _rig.Tree.StatusOf("dst/d").stx_mtime.Nanoseconds);
    }

    [Fact]
    public void Move_of_a_tree_renames_it()
    {
        MakeTree("src/d");

        _rig.Succeed("src/d", Move);

        AssertTree("dst/d");
        Assert.False(_rig.Tree.Exists("src/d"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void Modes_are_set_in_the_whole_tree(RuleAction action)
    {
        MakeTree("src/d");

        _rig.Succeed("src/d", _rig.Rule(action) with { FileMode = 0x1A0, DirMode = 0x1C8 });

        Assert.Equal(0x1C8, _rig.Tree.StatusOf("dst/d").stx_mode & 0xFFF);
        Assert.Equal(0x1C8, _rig.Tree.StatusOf("dst/d/sub/deep").stx_mode & 0xFFF);
        Assert.Equal(0x1A0, _rig.Tree.StatusOf("dst/d/sub/two").stx_mode & 0xFFF);
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_linked_file_in_a_tree_is_refused_before_anything_is_changed(RuleAction action)
    {
        RootUser.Require();

        MakeTree("src/d");
        _rig.Tree.Write("secret", "x");
        _rig.Tree.SetMode("secret", 0x180);
        _rig.Tree.Link("secret", "src/d/sub/deep/a");

        _rig.Fail("src/d", _rig.Rule(action) with { FileMode = 0x1FF }, "sub/deep/a", "2 links");

        AssertTree("src/d");
        Assert.Equal(0x180, _rig.Tree.StatusOf("secret").stx_mode & 0xFFF);
        Assert.Empty(_rig.Tree.List("dst"));
    }

    [Fact]
    public void Delete_with_rec_removes_a_tree_and_no_target_of_a_link()
    {
        MakeTree("src/d");
        _rig.Tree.MakeDirectory("outside");
        _rig.Tree.Write("outside/file", "x");
        _rig.Tree.Symlink(_rig.Tree.PathOf("outside"), "src/d/sub/out");

        _rig.Succeed("src/d", Delete with { Rec = true });

        Assert.False(_rig.Tree.Exists("src/d"));
        Assert.True(_rig.Tree.Exists("outside/file"));
    }

    [Fact]
    public void Delete_without_rec_refuses_what_is_not_empty()
    {
        MakeTree("src/d");

        _rig.Fail("src/d", Delete, "ENOTEMPTY", "set rec");

        AssertTree("src/d");
    }

    [Fact]
    public void Delete_without_rec_removes_an_empty_directory()
    {
        _rig.Tree.MakeDirectory("src/d");

        _rig.Succeed("src/d", Delete);

        Assert.False(_rig.Tree.Exists("src/d"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void Override_replaces_a_directory_as_a_whole(RuleAction action)
    {
        MakeTree("src/d");
        _rig.Tree.MakeDirectory("dst/d/old/deep");
        _rig.Tree.Write("dst/d/old/file", "old");

        _rig.Succeed("src/d", _rig.Rule(action) with { Override = true });

        AssertTree("dst/d");
        Assert.False(_rig.Tree.Exists("dst/d/old"));
        Assert.Equal(action == RuleAction.Copy, _rig.Tree.Exists("src/d"));
        Assert.Empty(Directory.GetFiles(_rig.JournalDirectory, "*").Length > 1 ? ["more than one journal"] : Array.Empty<string>());
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void Without_override_a_directory_that_is_there_stays(RuleAction action)
    {
        MakeTree("src/d");
        _rig.Tree.MakeDirectory("dst/d");

        _rig.Fail("src/d", _rig.Rule(action), "EEXIST");

        AssertTree("src/d");
        Assert.Empty(_rig.Tree.List("dst/d"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_directory_into_itself_is_refused(RuleAction action)
    {
        MakeTree("src/d");

        _rig.Fail("src/d", _rig.Rule(action, to: _rig.Tree.Path + "/src/d/sub/deep/\\g<path>"), "inside the directory itself");

        AssertTree("src/d");
        Assert.Empty(_rig.Tree.List("src/d/sub/deep"));
    }

    [Fact]
    public void A_fifo_in_a_tree_ends_the_copy_and_leaves_nothing()
    {
        MakeTree("src/d");
        Assert.Equal(0, mkfifo(_rig.Tree.PathOf("src/d/sub/deep/pipe"), 0x1B6));

        _rig.Fail("src/d", Copy, "sub/deep/pipe", "a FIFO");

        Assert.Empty(_rig.Tree.List("dst"));
    }

    [Fact]
    public void Follow_symlinks_copies_what_links_in_a_tree_point_to()
    {
        MakeTree("src/d");
        _rig.Tree.MakeDirectory("outside/in");
        _rig.Tree.Write("outside/in/file", "x");
        _rig.Tree.Symlink(_rig.Tree.PathOf("outside"), "src/d/sub/out");

        _rig.Succeed("src/d", Copy with { FollowSymlinks = true });

        Assert.Equal("1", _rig.Tree.ReadText("dst/d/link"));
        Assert.Equal(Libc.S_IFREG, _rig.Tree.StatusOf("dst/d/link").Type);
        Assert.Equal("x", _rig.Tree.ReadText("dst/d/sub/out/in/file"));
    }

    [Fact]
    public void Follow_symlinks_sees_a_circle()
    {
        MakeTree("src/d");
        _rig.Tree.Symlink("..", "src/d/sub/up");

        _rig.Fail("src/d", Copy with { FollowSymlinks = true }, "sub/up", "leads back");

        Assert.Empty(_rig.Tree.List("dst"));
    }

    [Theory]
    [InlineData(RuleAction.Copy)]
    [InlineData(RuleAction.Delete)]
    public void A_tree_of_5000_levels_takes_few_descriptors(RuleAction action)
    {
        int depth = 5000;
        int at = _rig.Tree.Open("src"u8, Libc.O_RDONLY | Libc.O_DIRECTORY);
        for (int i = 0; i < depth; i++)
        {
            Assert.Equal(0, Libc.mkdirat(at, "d\0"u8, 0x1ED));
            int next = Libc.openat(at, "d\0"u8, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
            _ = Libc.close(at);
            at = next;
        }

        int file = Libc.openat(at, "file\0"u8, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_CLOEXEC, 0x1A4);
        _ = Libc.close(file);
        _ = Libc.close(at);
        Assert.Equal(0, Libc.getrlimit(Libc.RLIMIT_NOFILE, out rlimit before));
        Assert.Equal(0, Libc.setrlimit(Libc.RLIMIT_NOFILE, before with { rlim_cur = (ulong)HighestDescriptor() + 60 }));
        try
        {
            _rig.Succeed("src/d", _rig.Rule(action) with { Rec = true });
        }
        finally
        {
            _ = Libc.setrlimit(Libc.RLIMIT_NOFILE, before);
        }

        if (action == RuleAction.Delete)
        {
            Assert.False(_rig.Tree.Exists("src/d"));
            return;
        }

        at = _rig.Tree.Open("dst"u8, Libc.O_RDONLY | Libc.O_DIRECTORY);
        for (int i = 0; i < depth; i++)
        {
            int next = Libc.openat(at, "d\0"u8, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
            Assert.True(next >= 0, $"level {i}");
            _ = Libc.close(at);
            at = next;
        }

        Assert.Equal(0, Libc.statx(at, "file\0"u8, 0, Libc.STATX_TYPE, out _));
        _ = Libc.close(at);
    }

    [Fact]
    public void Names_of_one_file_are_names_of_one_file_in_the_copy()
    {
        _rig.Tree.MakeDirectory("src/d/sub");
        _rig.Tree.MakeDirectory("src/d/later");
        _rig.Tree.Write("src/d/sub/one", "1");
        _rig.Tree.Link("src/d/sub/one", "src/d/later/two");
        _rig.Tree.Link("src/d/sub/one", "src/d/three");
        _rig.Tree.Write("src/other", "elsewhere");
        _rig.Tree.Link("src/other", "src/d/four");

        _rig.Succeed("src/d", Copy);

        Assert.Equal(_rig.Tree.StatusOf("dst/d/sub/one").stx_ino, _rig.Tree.StatusOf("dst/d/later/two").stx_ino);
        Assert.Equal(_rig.Tree.StatusOf("dst/d/sub/one").stx_ino, _rig.Tree.StatusOf("dst/d/three").stx_ino);
        Assert.Equal(3u, _rig.Tree.StatusOf("dst/d/three").stx_nlink);
        Assert.Equal(1u, _rig.Tree.StatusOf("dst/d/four").stx_nlink);
        Assert.Equal("elsewhere", _rig.Tree.ReadText("dst/d/four"));
    }

    [Fact]
    public void Attributes_of_links_are_kept()
    {
        RootUser.Require();

        _rig.Tree.MakeDirectory("src/d");
        _rig.Tree.Symlink("nowhere", "src/d/link");
        byte[] link = Encoding.UTF8.GetBytes(_rig.Tree.PathOf("src/d/link") + "\0");
        Assert.Equal(0, Libc.lsetxattr(link, "trusted.test\0"u8, "value"u8));

        _rig.Succeed("src/d", Copy);

        byte[] value = new byte[10];
        int length = Libc.lgetxattr(Encoding.UTF8.GetBytes(_rig.Tree.PathOf("dst/d/link") + "\0"), "trusted.test\0"u8, value);
        Assert.Equal("value", Encoding.ASCII.GetString(value, 0, Math.Max(length, 0)));
    }

    [Fact]
    public void A_directory_of_100000_entries_is_copied_and_deleted()
    {
        // In memory: a busy disk takes minutes for so many names, which says nothing about the walk.
        using FileRig rig = new(Directory.Exists("/dev/shm") ? "/dev/shm" : null);
        rig.Tree.MakeDirectory("src/wide");
        int at = rig.Tree.Open("src/wide"u8, Libc.O_RDONLY | Libc.O_DIRECTORY);
        for (int i = 0; i < 100_000; i++)
        {
            byte[] name = Encoding.ASCII.GetBytes("n" + i + "\0");
            int fd = i % 10 == 0 ? Libc.mkdirat(at, name, 0x1ED) : Libc.openat(at, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_CLOEXEC, 0x1A4);
            if (fd > 0)
            {
                _ = Libc.close(fd);
            }
        }

        _ = Libc.close(at);

        rig.Succeed("src/wide", rig.Rule(RuleAction.Copy));
        rig.Succeed("src/wide", rig.Rule(RuleAction.Delete) with { Rec = true });

        Assert.False(rig.Tree.Exists("src/wide"));
        Assert.Equal(100_000, rig.Tree.List("dst/wide").Count);
    }

    [Fact]
    public void Without_openat2_links_in_the_path_are_refused_all_the_same()
    {
        TreeOpener.WithoutOpenat2 = true;
        _rig.Tree.MakeDirectory("src/one/two");
        _rig.Tree.Write("src/one/two/a", "x");
        _rig.Tree.MakeDirectory("outside/two");
        _rig.Tree.Write("outside/two/a", "y");
        _rig.Tree.Symlink("../outside", "src/link");
        _rig.Tree.Symlink("../outside", "dst/one");

        _rig.Fail("src/link/two/a", Delete, "ELOOP");
        _rig.Fail("src/one/two/a", Copy with { AutoCreate = true }, "ELOOP");
        _rig.Tree.Delete(Encoding.UTF8.GetBytes("dst/one"));
        _rig.Succeed("src/one/two/a", Copy with { AutoCreate = true });

        Assert.True(_rig.Tree.Exists("outside/two/a"));
        Assert.Equal("x", _rig.Tree.ReadText("dst/one/two/a"));
    }

    [Fact]
    public void A_stop_takes_a_copy_back()
    {
        File.WriteAllBytes(_rig.Tree.PathOf("src/a"), new byte[1]);
        using (FileStream stream = new(_rig.Tree.PathOf("src/a"), FileMode.Open))
        {
            byte[] piece = new byte[1 << 20];
            for (int i = 0; i < 300; i++)
            {
                stream.Write(piece);
            }
        }

        var job = _rig.Job(Copy);
        var task = _rig.Task("src/a");
        Assert.Equal(Engine.Scheduling.JobStart.Started, job.Start(task, out _));
        job.Stop(task, kill: false);
        _rig.StepUntil(() => _rig.Ends.Count == 1);

        Assert.False(_rig.Ends[0].Outcome.Succeeded);
        Assert.Contains("stopped", _rig.Ends[0].Outcome.Error);
        Assert.Empty(_rig.Tree.List("dst"));
        Assert.True(_rig.Tree.Exists("src/a"));
    }

    [Fact]
    public void Many_actions_share_few_threads()
    {
        for (int i = 0; i < 500; i++)
        {
            _rig.Tree.Write("src/f" + i, "x");
        }

        var job = _rig.Job(Copy);
        for (int i = 0; i < 500; i++)
        {
            Assert.Equal(Engine.Scheduling.JobStart.Started, job.Start(_rig.Task("src/f" + i), out _));
        }

        _rig.StepUntil(() => _rig.Ends.Count == 500);

        Assert.All(_rig.Ends, end => Assert.True(end.Outcome.Succeeded, end.Outcome.Error));
        Assert.Equal(500, _rig.Tree.List("dst").Count);
        Assert.InRange(_rig.Pool.ThreadCount, 1, 4);
    }

    private static int HighestDescriptor()
    {
        int highest = 0;
        foreach (string path in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            highest = Math.Max(highest, int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture));
        }

        return highest;
    }
}
