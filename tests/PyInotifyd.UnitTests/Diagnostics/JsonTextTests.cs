using System;
using System.Buffers;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using Xunit;

namespace PyInotifyd.UnitTests.Diagnostics;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("2f61206227", "\"/a b'\"")]
    [InlineData("225c", "\"\\\"\\\\\"")]
    [InlineData("0a0d09081f7f", "\"\\n\\r\\t\\u0008\\u001f\\u007f\"")]
    [InlineData("c285e280a8e280a9c2a0", "\"\\u0085\\u2028\\u2029\u00a0\"")]
    [InlineData("ff80c3", "\"\\udcff\\udc80\\udcc3\"")]
    [InlineData("c3a9f09f9880", "\"é\U0001f600\"")]
    public void Bytes_become_a_literal_of_one_line(string hex, string expected)
    {
        var output = new ArrayBufferWriter<byte>();

        JsonText.AppendString(Convert.FromHexString(hex), output);

        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
