using System;
using System.Buffers;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using Xunit;

namespace PyInotifyd.UnitTests.Diagnostics;

public sealed class LogTextTests
{
    [Theory]
    [InlineData("/a b/é\U0001f600'\"$", "/a b/é\U0001f600'\"$")]
    [InlineData("a\nb\r\t\0\u007f", "a\\x0ab\\x0d\\x09\\x00\\x7f")]
    [InlineData("\u0085\u2028\u2029\u00a0", "\\xc2\\x85\\xe2\\x80\\xa8\\xe2\\x80\\xa9\u00a0")]
    [InlineData("a\\b \\n \\\\ \\x \\x0 \\xg0", "a\\b \\n \\\\ \\x \\x0 \\xg0")]
    [InlineData("\\x0a \\xFF \\\\x41", "\\x5cx0a \\x5cxFF \\\\x5cx41")]
    [InlineData("\\\n", "\\\\x0a")]
    public void Text_is_one_line_and_ordinary_names_look_ordinary(string text, string expected)
    {
        Assert.Equal(expected, Escape(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Byte_that_is_not_utf8_is_escaped()
    {
        Assert.Equal("a\\xff\\xc3b", Escape([(byte)'a', 0xff, 0xc3, (byte)'b']));
    }

    private static string Escape(ReadOnlySpan<byte> value)
    {
        var output = new ArrayBufferWriter<byte>();
        LogText.Append(value, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
