using System.IO;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>The tests' own file operations, where a mistake would be taken for one of the daemon.</summary>
public sealed class TempTreeTests
{
    [Fact]
    public void Names_of_any_bytes_arrive_in_the_directory_as_they_are()
    {
        using TempTree tree = new();
        byte[][] names = [.. Enumerable.Range(1, 255).Where(value => value is not '/' and not '.').Select(value => new[] { (byte)value })];

        foreach (byte[] name in names)
        {
            tree.Write(name, name);
        }

        Assert.Equal(names, tree.List());
        Assert.All(names, name => Assert.Equal(name, tree.Read(name)));
    }

    [Fact]
    public void MakeDirectory_makes_the_missing_ones_above_and_refuses_an_existing_one()
    {
        using TempTree tree = new();
        tree.MakeDirectory("a/b/c");
        tree.MakeDirectory("a/b/d");

        Assert.Equal(["c"u8.ToArray(), "d"u8.ToArray()], tree.List("a/b"));
        Assert.Throws<IOException>(() => tree.MakeDirectory("a/b/c"));
    }

    [Fact]
    public void Move_link_symlink_mode_and_delete_do_what_they_say()
    {
        using TempTree tree = new();
        tree.Write("file", "one");
        tree.Append("file", "two");
        tree.Link("file", "link");
        tree.Symlink("nowhere", "symlink");
        tree.Move("file", "moved");
        tree.SetMode("moved", 0x180);

        Assert.Equal("onetwo", tree.ReadText("link"));
        Assert.Equal(Libc.S_IFLNK, tree.TypeOf("symlink"u8));
        Assert.False(tree.Exists("file"));
        Assert.Equal(Libc.S_IFREG | 0x180, tree.StatusOf("moved").stx_mode);

        tree.Delete("moved");
        tree.Delete("link");
        tree.Delete("symlink");
        Assert.Empty(tree.List());
    }

    [Fact]
    public void Dispose_leaves_nothing_of_a_tree_that_is_deeper_than_a_path_may_be()
    {
        TempTree tree = new();
        string half = string.Join('/', Enumerable.Repeat(new string('d', 255), 14));
        tree.MakeDirectory(half);
        tree.Move(half[..255], "x");
        tree.MakeDirectory(half);
        tree.Move("x", half + "/x");

        tree.Dispose();

        Assert.False(Directory.Exists(tree.Path));
    }
}
