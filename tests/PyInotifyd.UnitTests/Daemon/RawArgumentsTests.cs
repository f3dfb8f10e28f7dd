using System.Text;
using PyInotifyd.Daemon;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon;

/// <summary>Arguments that are not UTF-8.</summary>
public sealed class RawArgumentsTests
{
    [Fact]
    public void Bytes_of_the_last_words_replace_the_text_of_the_runtime()
    {
        byte[] words = [.. Encoding.ASCII.GetBytes("emulator\0pyinotifyd\0-c\0"), (byte)'a', 0xff, 0];
        Assert.Equal(["-c", "a\udcff"], RawArguments.Split(words, ["-c", "a\ufffd"]));
    }

    [Fact]
    public void Empty_words_count()
    {
        Assert.Equal(["", "\udc80", ""], RawArguments.Split([(byte)'p', 0, 0, 0x80, 0, 0], ["", "\ufffd", ""]));
    }

    [Fact]
    public void Text_of_the_runtime_stays_where_there_is_nothing_better()
    {
        string[] arguments = ["a\ufffd"];
        Assert.Same(arguments, RawArguments.Split([], arguments));
    }

    [Fact]
    public void Arguments_in_which_nothing_was_lost_stay_as_they_are()
    {
        string[] arguments = ["-c", "ü"];
        Assert.Same(arguments, RawArguments.Recover(arguments));
    }
}
