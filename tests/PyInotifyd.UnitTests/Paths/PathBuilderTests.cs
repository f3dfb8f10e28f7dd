using System;
using System.Text;
using PyInotifyd.Engine.Paths;
using Xunit;

namespace PyInotifyd.UnitTests.Paths;

public sealed class PathBuilderTests
{
    [Theory]
    [InlineData("/w/dir/old", 6, "new", "/w/dir/new")]
    [InlineData("/w/dir/old", 6, "", "/w/dir")]
    [InlineData("/old", 1, "new", "/new")]
    [InlineData("/", 1, "new", "/new")]
    [InlineData("old", 0, "new", "/new")]
    public void Name_is_replaced_by_another_one(string path, int length, string name, string expected)
    {
        PathBuilder builder = new();
        builder.Set(Encoding.UTF8.GetBytes(path));
        builder.ReplaceName(length, Encoding.UTF8.GetBytes(name));

        Assert.Equal(expected, Encoding.UTF8.GetString(builder.Bytes));
        Assert.Equal(expected + "\0", Encoding.UTF8.GetString(builder.Terminated));
    }

    [Fact]
    public void Name_that_needs_more_room_gets_it()
    {
        for (int length = 1; length < 1100; length++)
        {
            PathBuilder builder = new();
            byte[] directory = [(byte)'/', .. new byte[length]];
            directory.AsSpan(1).Fill((byte)'d');
            byte[] name = new byte[255];
            name.AsSpan().Fill((byte)'n');
            builder.Set(directory);
            builder.ReplaceName(directory.Length, name);

            Assert.Equal([.. directory, (byte)'/', .. name, 0], builder.Terminated.ToArray());
        }
    }

    [Fact]
    public void Length_beyond_what_is_there_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PathBuilder().ReplaceName(3, "name"u8));
}
