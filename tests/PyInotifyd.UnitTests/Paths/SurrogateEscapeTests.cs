using System;
using System.Text.RegularExpressions;
using PyInotifyd.Engine.Paths;
using Xunit;

namespace PyInotifyd.UnitTests.Paths;

public sealed class SurrogateEscapeTests
{
    // Attributes cannot hold lone surrogates, so they are written as escapes.
    // Each expectation is what python3 gives for bytes.fromhex(…).decode('utf-8', 'surrogateescape').
    [Theory]
    [InlineData("61", @"a")]
    [InlineData("c3a9", @"é")]
    [InlineData("f09f9880", @"\ud83d\ude00")]
    [InlineData("ff", @"\udcff")]
    [InlineData("80", @"\udc80")]
    [InlineData("c3", @"\udcc3")]
    [InlineData("c341", @"\udcc3A")]
    [InlineData("e282", @"\udce2\udc82")]
    [InlineData("e28241", @"\udce2\udc82A")]
    [InlineData("c080", @"\udcc0\udc80")]
    [InlineData("e08080", @"\udce0\udc80\udc80")]
    [InlineData("f0808080", @"\udcf0\udc80\udc80\udc80")]
    [InlineData("eda080", @"\udced\udca0\udc80")]
    [InlineData("edb280", @"\udced\udcb2\udc80")]
    [InlineData("f4908080", @"\udcf4\udc90\udc80\udc80")]
    [InlineData("f48fbfbf", @"\udbff\udfff")]
    [InlineData("efbfbf", @"\uffff")]
    [InlineData("f09f98", @"\udcf0\udc9f\udc98")]
    public void Bytes_decode_as_in_Python_and_come_back(string hex, string escaped)
    {
        string expected = Regex.Unescape(escaped);
        byte[] bytes = Convert.FromHexString(hex);

        Assert.Equal(expected, SurrogateEscape.Decode(bytes));
        Assert.True(SurrogateEscape.TryEncode(expected, out byte[]? back));
        Assert.Equal(bytes, back);
    }

    [Theory]
    [InlineData(@"\ud800", 0)]
    [InlineData(@"a\udc7f", 1)]
    [InlineData(@"\udc80\udd00", 1)]
    [InlineData(@"\ud83d\ude00\ud83d", 2)]
    [InlineData(@"\ud83dx", 0)]
    public void Surrogate_that_stands_for_nothing_is_refused(string escaped, int index)
    {
        string text = Regex.Unescape(escaped);
        Assert.Equal(index, SurrogateEscape.IndexOfUnencodable(text));
        Assert.False(SurrogateEscape.TryEncode(text, out byte[]? bytes));
        Assert.Null(bytes);
    }

    [Fact]
    public void Long_input_survives()
    {
        byte[] bytes = new byte[5000];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(i * 7);
        }

        Assert.True(SurrogateEscape.TryEncode(SurrogateEscape.Decode(bytes), out byte[]? back));
        Assert.Equal(bytes, back);
    }
}
