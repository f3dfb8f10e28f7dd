using System;
using System.Net;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using Xunit;

namespace PyInotifyd.UnitTests.Diagnostics;

/// <summary>Numeric addresses and the hosts file, without the resolver.</summary>
public sealed class HostAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("255.254.3.2")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("fe80::1:2")]
    [InlineData("2001:db8:0:1:2:3:4:FFFF")]
    [InlineData("::ffff:10.1.2.3")]
    [InlineData("1:2:3:4:5:6:7.8.9.10")]
    [InlineData("1:2:3:4:5:6:7::")]
    public void Numeric_address_is_the_one_that_the_class_library_reads(string text)
    {
        Assert.True(HostAddress.TryParseAddress(text, out byte[] address));
        Assert.Equal(IPAddress.Parse(text).GetAddressBytes(), address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.")]
    [InlineData("1.2.3.a")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7:8::")]
    [InlineData("1::2::3")]
    [InlineData("12345::")]
    [InlineData("g::")]
    [InlineData("::1%lo")]
    [InlineData("localhost")]
    public void What_is_no_address_is_refused(string text)
    {
        Assert.False(HostAddress.TryParseAddress(text, out _));
    }

    [Theory]
    [InlineData("loghost", "10.0.0.7")]
    [InlineData("LOGHOST.example", "10.0.0.7")]
    [InlineData("six", "fd00::6")]
    [InlineData("last", "10.0.0.9")]
    [InlineData("commented", null)]
    [InlineData("10.0.0.7", null)]
    [InlineData("loghos", null)]
    [InlineData("zone", null)]
    public void Name_is_found_as_a_whole_word_after_an_address(string host, string? expected)
    {
        byte[] content = Encoding.Latin1.GetBytes("# comment commented\n127.0.0.1\tlocalhost\n  10.0.0.7  loghost.example loghost # commented\r\n\nfd00::6 six\nfe80::1%lo zone\n10.0.0.8\n10.0.0.9 last");
        Assert.Equal(expected is not null, HostAddress.TryFind(content, host, out byte[] address));
        Assert.Equal(expected is null ? [] : IPAddress.Parse(expected).GetAddressBytes(), address);
    }
}
