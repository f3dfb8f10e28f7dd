using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Files;

/// <summary>Somebody exchanges a directory for a link all the time: nothing outside of the trees is read, written or removed.</summary>
[Collection(ProcessCollection.Name)]
public sealed class SwapperTests : IDisposable
{
    private const int Rounds = 10_000;

    private readonly FileRig _rig = new();
    private readonly byte[] _secret = "secret"u8.ToArray();
    private volatile bool _isOver;
    private int _swaps;

    public void Dispose()
    {
        TreeOpener.WithoutOpenat2 = false;
        _rig.Dispose();
    }

    [DllImport("libc")]
    private static extern int mkfifo(string path, uint mode);

    /// <summary>Exchanges two names until the test is over, 10,000 times at least.</summary>
    private Thread StartSwapper(string first, string second)
    {
        byte[] one = Encoding.UTF8.GetBytes(_rig.Tree.PathOf(first) + "\0");
        byte[] two = Encoding.UTF8.GetBytes(_rig.Tree.PathOf(second) + "\0");
        Thread thread = new(() =>
        {
            while (!_isOver || _swaps < Rounds)
            {
                _ = Libc.renameat2(Libc.AT_FDCWD, one, Libc.AT_FDCWD, two, Libc.RENAME_EXCHANGE);
                _swaps++;
            }
        });
        thread.Start();
        return thread;
    }

    private void MakeOutside()
    {
        _rig.Tree.MakeDirectory("outside/deep");
        _rig.Tree.Write("outside/file"u8, _secret);
        _rig.Tree.Write("outside/deep/file"u8, _secret);
    }

    private void AssertOutside()
    {
        Assert.Equal(_secret, _rig.Tree.Read("outside/file"u8));
        Assert.Equal(_secret, _rig.Tree.Read("outside/deep/file"u8));
        Assert.Equal(2, _rig.Tree.List("outside").Count);
        Assert.Single(_rig.Tree.List("outside/deep"));
    }

    private void AssertNoSecret(string directory)
    {
        foreach (string path in Directory.EnumerateFiles(_rig.Tree.PathOf(directory), "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            Assert.DoesNotContain("secret", File.ReadAllText(path));
        }
    }

    private void Whirl(string first, string second, Action round)
    {
        Thread swapper = StartSwapper(first, second);
        try
        {
            // Rounds are counted by the swapper; the actions go on as long as it does.
            for (int i = 0; i < 300 || Volatile.Read(ref _swaps) < Rounds; i++)
            {
                round();
            }
        }
        finally
        {
            _isOver = true;
            swapper.Join();
        }

        Assert.True(_swaps >= Rounds);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Recursive_delete_stays_inside(bool withoutOpenat2)
    {
        TreeOpener.WithoutOpenat2 = withoutOpenat2;
        MakeOutside();
        _rig.Tree.MakeDirectory("src/t");
        _rig.Tree.Symlink("../../outside", "src/t/x");
        _rig.Tree.MakeDirectory("spare");
        RuleSpec rule = _rig.Rule(RuleAction.Delete) with { Rec = true };
        Whirl("src/t/x", "spare", () =>
        {
            Directory.CreateDirectory(_rig.Tree.PathOf("src/t/y/deep"));
            File.WriteAllText(_rig.Tree.PathOf("src/t/y/file"), "inside");
            if (!Directory.Exists(_rig.Tree.PathOf("src/t/x")) && !File.Exists(_rig.Tree.PathOf("src/t/x")))
            {
                _ = Libc.symlinkat("../../outside\0"u8, Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_rig.Tree.PathOf("src/t/x") + "\0"));
            }

            _ = _rig.Run("src/t/x/deep", rule);
            _ = _rig.Run("src/t", rule);
        });

        AssertOutside();
    }

    [Theory]
    [InlineData(RuleAction.Copy, false)]
    [InlineData(RuleAction.Move, false)]
    [InlineData(RuleAction.Copy, true)]
    public void Copy_and_move_read_nothing_outside(RuleAction action, bool withoutOpenat2)
    {
        TreeOpener.WithoutOpenat2 = withoutOpenat2;
        MakeOutside();
        _rig.Tree.MakeDirectory("src/t/x/deep");
        _rig.Tree.Write("src/t/x/file", "inside");
        _rig.Tree.Symlink(_rig.Tree.PathOf("outside"), "link");
        int number = 0;
        Whirl("src/t/x", "link", () =>
        {
            File.WriteAllText(_rig.Tree.PathOf("src/t/more"), "inside");
            RuleSpec rule = _rig.Rule(action, to: _rig.Tree.Path + "/dst/" + number++) with { FileMode = 0x1FF, Override = true };
            _ = _rig.Run("src/t/x/file", rule);
            RuleSpec tree = _rig.Rule(RuleAction.Copy, to: _rig.Tree.Path + "/dst/tree") with { FileMode = 0x1FF, Override = true };
            _ = _rig.Run("src/t", tree);
        });

        AssertOutside();
        AssertNoSecret("dst");
        Assert.Equal(0, _rig.Tree.StatusOf("outside/file").stx_mode & 0x49);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Move_of_a_tree_to_another_file_system_takes_nothing_from_outside(bool withoutOpenat2)
    {
        TreeOpener.WithoutOpenat2 = withoutOpenat2;
        MakeOutside();
        string other = Directory.CreateDirectory("/dev/shm/pyinotifyd-swapper-" + Environment.ProcessId).FullName;
        try
        {
            int moved = 0;
            Whirl("src/t/x", "link", () =>
            {
                // Without the tree the swapper has nothing to exchange, so both can be made anew.
                if (!_rig.Tree.Exists("src/t"))
                {
                    moved++;
                    DirectoryInfo link = new(_rig.Tree.PathOf("link"));
                    if (link.Exists && link.LinkTarget is null)
                    {
                        link.Delete(recursive: true);
                    }

                    if (!link.Exists)
                    {
                        _rig.Tree.Symlink(_rig.Tree.PathOf("outside"), "link");
                    }

                    _rig.Tree.MakeDirectory("made/x/deep");
                    _rig.Tree.Write("made/x/file", "inside");
                    Directory.Move(_rig.Tree.PathOf("made"), _rig.Tree.PathOf("src/t"));
                }

                _ = _rig.Run("src/t", _rig.Rule(RuleAction.Move, to: other + "/tree") with { FileMode = 0x1FF, Override = true });
            });

            AssertOutside();
            Assert.InRange(moved, 2, int.MaxValue);
            Assert.Equal(0, _rig.Tree.StatusOf("outside/file").stx_mode & 0x49);
            foreach (string path in Directory.EnumerateFiles(other, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
            {
                Assert.DoesNotContain("secret", File.ReadAllText(path));
            }
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Destinations_stay_inside(bool withoutOpenat2)
    {
        TreeOpener.WithoutOpenat2 = withoutOpenat2;
        MakeOutside();
        _rig.Tree.Write("src/a", "inside");
        _rig.Tree.MakeDirectory("src/d/e");
        _rig.Tree.MakeDirectory("dst/x");
        _rig.Tree.Symlink(_rig.Tree.PathOf("outside"), "link");
        RuleSpec rule = _rig.Rule(RuleAction.Copy, to: _rig.Tree.Path + "/dst/x/new/\\g<path>") with { Override = true, AutoCreate = true, DirMode = 0x1FF, FileMode = 0x1FF };
        rule = rule with { SourcePattern = "^" + _rig.Tree.Path + "/(?P<x>)src/(?P<path>.*)$", Destination = _rig.Tree.Path + "/dst/\\g<x>x/new/\\g<path>" };
        Whirl("dst/x", "link", () =>
        {
            _ = _rig.Run("src/a", rule);
            _ = _rig.Run("src/d", rule);
        });

        AssertOutside();
        Assert.Equal(0, _rig.Tree.StatusOf("outside").stx_mode & 0x12);
    }

    [Fact]
    public void A_file_that_becomes_a_fifo_blocks_nothing()
    {
        _rig.Tree.Write("src/a", "inside");
        Assert.Equal(0, mkfifo(_rig.Tree.PathOf("pipe"), 0x1B6));
        RuleSpec rule = _rig.Rule(RuleAction.Copy) with { Override = true };
        Whirl("src/a", "pipe", () => _ = _rig.Run("src/a", rule));

        Assert.True(!_rig.Tree.Exists("dst/a") || _rig.Tree.StatusOf("dst/a").Type == Libc.S_IFREG);
    }
}
