using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Files;

/// <summary>Other file systems: full ones, read-only ones, mount points inside a tree. They need root, which mounts them.</summary>
[Collection(ProcessCollection.Name)]
public sealed class FileSystemTests : IDisposable
{
    private readonly FileRig _rig = new();
    private readonly List<string> _mounts = [];

    private RuleSpec Move => _rig.Rule(RuleAction.Move);

    private RuleSpec Copy => _rig.Rule(RuleAction.Copy);

    public void Dispose()
    {
        foreach (string mount in _mounts)
        {
            _ = umount2(mount, 2);
        }

        _rig.Dispose();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int mount(string source, string target, string type, ulong flags, string data);

    [DllImport("libc", SetLastError = true)]
    private static extern int umount2(string target, int flags);

    private void Mount(string name, string options, ulong flags = 0)
    {
        Directory.CreateDirectory(_rig.Tree.PathOf(name));
        Assert.Equal(0, mount("tmpfs", _rig.Tree.PathOf(name), "tmpfs", flags, options));
        _mounts.Insert(0, _rig.Tree.PathOf(name));
    }

    private void MakeTree(string top, int files, int size)
    {
        byte[] content = new byte[size];
        new Random(1).NextBytes(content);
        for (int i = 0; i < files; i++)
        {
            Directory.CreateDirectory(_rig.Tree.PathOf(top + "/d" + (i % 3)));
            File.WriteAllBytes(_rig.Tree.PathOf($"{top}/d{i % 3}/f{i}"), content);
        }
    }

    [Fact]
    public void A_move_to_another_file_system_copies_and_removes_the_source()
    {
        RootUser.Require();

        Mount("dst", "size=1m");
        _rig.Tree.Write("src/a", "content");
        _rig.Tree.SetMode("src/a", 0x1A0);

        _rig.Succeed("src/a", Move);

        Assert.False(_rig.Tree.Exists("src/a"));
        Assert.Equal("content", _rig.Tree.ReadText("dst/a"));
        Assert.Equal(0x1A0, _rig.Tree.StatusOf("dst/a").stx_mode & 0xFFF);
    }

    [Fact]
    public void A_tree_is_moved_to_another_file_system()
    {
        RootUser.Require();

        Mount("dst", "size=4m");
        MakeTree("src/d", 20, 1000);
        _rig.Tree.Symlink("nowhere", "src/d/link");

        _rig.Succeed("src/d", Move with { FileMode = 0x124 });

        Assert.False(_rig.Tree.Exists("src/d"));
        Assert.Equal(20, Directory.GetFiles(_rig.Tree.PathOf("dst/d"), "f*", SearchOption.AllDirectories).Length);
        Assert.Equal(Libc.S_IFLNK, _rig.Tree.StatusOf("dst/d/link").Type);
        Assert.Equal(0x124, _rig.Tree.StatusOf("dst/d/d0/f0").stx_mode & 0xFFF);
    }

    [Fact]
    public void Names_of_one_file_are_moved_to_another_file_system_and_all_removed()
    {
        RootUser.Require();

        Mount("dst", "size=4m");
        _rig.Tree.MakeDirectory("src/d/sub");
        _rig.Tree.Write("src/d/one", "1");
        _rig.Tree.Link("src/d/one", "src/d/two");
        _rig.Tree.Link("src/d/one", "src/d/sub/three");

        _rig.Succeed("src/d", Move);

        Assert.False(_rig.Tree.Exists("src/d"));
        Assert.Equal(3u, _rig.Tree.StatusOf("dst/d/one").stx_nlink);
    }

    [Theory]
    [InlineData("src/d/sub")]
    [InlineData("src/d/sub/f")]
    public void A_tree_that_could_not_be_removed_afterwards_stays_whole_and_is_not_copied(string immutable)
    {
        RootUser.Require();

        Mount("dst", "size=4m");
        _rig.Tree.MakeDirectory("src/d/sub");
        _rig.Tree.Write("src/d/f", "1");
        _rig.Tree.Write("src/d/sub/f", "2");
        if (!Chattr("+i", immutable))
        {
            return;
        }

        _rig.Fail("src/d", Move, "EPERM", "could not be removed after the copy");

        Assert.True(Chattr("-i", immutable));
        Assert.Equal("1", _rig.Tree.ReadText("src/d/f"));
        Assert.Equal("2", _rig.Tree.ReadText("src/d/sub/f"));
        Assert.Empty(_rig.Tree.List("dst"));
    }

    // False where the file system has no such attribute.
    private bool Chattr(string change, string name) => CommandResult.Of("chattr", [change, _rig.Tree.PathOf(name)]).ExitStatus == 0;

    [Fact]
    public void A_link_is_moved_to_another_file_system()
    {
        RootUser.Require();

        Mount("dst", "size=1m");
        _rig.Tree.Symlink("nowhere", "src/a");

        _rig.Succeed("src/a", Move);

        Assert.False(_rig.Tree.Exists("src/a"));
        Assert.Equal(Libc.S_IFLNK, _rig.Tree.StatusOf("dst/a").Type);
    }

    [Theory]
    [InlineData(RuleAction.Move, false, false)]
    [InlineData(RuleAction.Move, true, false)]
    [InlineData(RuleAction.Copy, false, false)]
    [InlineData(RuleAction.Copy, true, false)]
    [InlineData(RuleAction.Copy, true, true)]
    [InlineData(RuleAction.Move, true, true)]
    public void A_full_disk_leaves_source_and_old_destination_whole(RuleAction action, bool overrides, bool avoidsUnnamed)
    {
        RootUser.Require();

        // The room ends at a different point each time.
        _rig.Pool.AvoidsUnnamed = avoidsUnnamed;
        byte[] content = new byte[600_000];
        new Random(3).NextBytes(content);
        for (int pages = 2; pages < 140; pages += 23)
        {
            Mount("dst", "size=" + (pages * 4) + "k");
            File.WriteAllBytes(_rig.Tree.PathOf("src/a"), content);
            if (overrides)
            {
                _rig.Tree.Write("dst/a", "old");
            }

            _rig.Fail("src/a", _rig.Rule(action) with { Override = overrides }, "ENOSPC", "make room");

            Assert.Equal(content, File.ReadAllBytes(_rig.Tree.PathOf("src/a")));
            Assert.Equal(overrides, _rig.Tree.Exists("dst/a"));
            Assert.Equal(overrides ? 1 : 0, _rig.Tree.List("dst").Count);
            Assert.Equal(0, umount2(_mounts[0], 0));
            _mounts.RemoveAt(0);
        }
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_full_disk_in_the_middle_of_a_tree_leaves_no_part_of_it(RuleAction action)
    {
        RootUser.Require();

        MakeTree("src/d", 30, 20_000);
        foreach ((string options, bool overrides) in new[] { ("size=64k", false), ("size=256k", true), ("size=512k", false), ("nr_inodes=12", true), ("nr_inodes=24", false) })
        {
            Mount("dst", options);
            if (overrides)
            {
                _rig.Tree.MakeDirectory("dst/d");
                _rig.Tree.Write("dst/d/old", "old");
            }

            _rig.Fail("src/d", _rig.Rule(action) with { Override = overrides }, "ENOSPC");

            Assert.Equal(30, Directory.GetFiles(_rig.Tree.PathOf("src/d"), "f*", SearchOption.AllDirectories).Length);
            Assert.Equal(overrides ? 1 : 0, _rig.Tree.List("dst").Count);
            if (overrides)
            {
                Assert.Equal("old", _rig.Tree.ReadText("dst/d/old"));
            }

            Assert.Equal(0, umount2(_mounts[0], 0));
            _mounts.RemoveAt(0);
        }
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_read_only_destination_is_an_error_with_a_remedy(RuleAction action)
    {
        RootUser.Require();

        Mount("dst", "size=1m", 1);
        _rig.Tree.Write("src/a", "x");

        _rig.Fail("src/a", _rig.Rule(action), "EROFS", "mount it for writing");

        Assert.True(_rig.Tree.Exists("src/a"));
    }

    [Fact]
    public void A_source_that_cannot_be_removed_stays_and_says_so()
    {
        RootUser.Require();

        Mount("src", "size=1m");
        _rig.Tree.Write("src/a", "x");
        Assert.Equal(0, mount("tmpfs", _mounts[0], "tmpfs", 1 | 32, "size=1m"));

        _rig.Fail("src/a", Move, "EROFS");

        Assert.True(_rig.Tree.Exists("src/a"));
    }

    [Theory]
    [InlineData("src/d")]
    [InlineData("src/d/sub/mnt")]
    public void Deletion_across_a_mount_point_is_refused_before_anything_goes(string mountPoint)
    {
        RootUser.Require();

        MakeTree("src/d", 3, 10);
        Mount(mountPoint, "size=1m");
        _rig.Tree.Write(mountPoint + "/file", "x");

        _rig.Fail("src/d", _rig.Rule(RuleAction.Delete) with { Rec = true }, "a file system is mounted there", "unmount");

        Assert.True(_rig.Tree.Exists(mountPoint + "/file"));
        Assert.True(mountPoint == "src/d" || _rig.Tree.Exists("src/d/d0/f0"));
    }

    [Theory]
    [InlineData(RuleAction.Move)]
    [InlineData(RuleAction.Copy)]
    public void A_destination_with_a_mount_point_inside_is_not_replaced(RuleAction action)
    {
        RootUser.Require();

        MakeTree("src/d", 3, 10);
        Mount("dst/d/mnt", "size=1m");

        _rig.Fail("src/d", _rig.Rule(action) with { Override = true }, "a file system is mounted there");

        Assert.True(_rig.Tree.Exists("src/d/d0/f0"));
        Assert.True(_rig.Tree.Exists("dst/d/mnt"));
    }
}
