using System.Text;
using PyInotifyd.Configuration;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

public sealed class SyntaxTests
{
    [Theory]
    [InlineData("", "1:1: $: the file is empty: a configuration is an object, {…}")]
    [InlineData(" \n// nothing\n", "1:1: $: the file is empty: a configuration is an object, {…}")]
    [InlineData("[]", "1:1: $: expected an object, found an empty list")]
    [InlineData("{} x", "1:4: $: expected the end of the file, found \"x\"")]
    [InlineData("{", "1:2: $: expected a name or \"}\", found the end of the file")]
    [InlineData("{,}", "1:2: $: expected a name or \"}\", found \",\"")]
    [InlineData("{logname: \"a\"}", "1:2: $: expected a name or \"}\", found \"l\"; names stand in double quotes")]
    [InlineData("{'logname': \"a\"}", "1:2: $: expected a name or \"}\", found \"'\"; names stand in double quotes")]
    [InlineData("{\"logname\" \"a\"}", "1:12: $: expected \":\" behind \"logname\", found a string")]
    [InlineData("{\"logname\":}", "1:12: $.logname: expected a value, found \"}\"")]
    [InlineData("{\"logname\": \"a\"\n \"include\": []}", "2:2: $: expected \",\" or \"}\", found a string")]
    [InlineData("{\"include\": [\"*.x\" }", "1:20: $.include: expected \",\" or \"]\", found \"}\"")]
    [InlineData("{\"include\": [,]}", "1:14: $.include[0]: expected a value, found \",\"")]
    [InlineData("{\"include\": [\"*.x\",,]}", "1:20: $.include[1]: expected a value, found \",\"")]
    [InlineData("{\"logname\": yes}", "1:13: $.logname: \"yes\" is not a JSON value; a text stands in double quotes")]
    [InlineData("{\"logname\": True}", "1:13: $.logname: \"True\" is not JSON: write true")]
    [InlineData("{\"logname\": None}", "1:13: $.logname: \"None\" is not JSON: write null")]
    [InlineData("{\"shutdown_timeout\": NaN}", "1:22: $.shutdown_timeout: \"NaN\" is not a JSON value; a text stands in double quotes")]
    [InlineData("{\"shutdown_timeout\": 10s}", "1:22: $.shutdown_timeout: \"10s\" is not a JSON number")]
    [InlineData("{\"shutdown_timeout\": .5}", "1:22: $.shutdown_timeout: \".5\" is not a JSON number")]
    [InlineData("{\"shutdown_timeout\": 5.}", "1:22: $.shutdown_timeout: \"5.\" is not a JSON number")]
    [InlineData("{\"shutdown_timeout\": -}", "1:22: $.shutdown_timeout: \"-\" is not a JSON number")]
    [InlineData("{\"shutdown_timeout\": 0644}", "1:22: $.shutdown_timeout: \"0644\" is not a JSON number, which never begins with 0; a mode is a string: \"0644\"")]
    [InlineData("{\"shutdown_timeout\": 0o755}", "1:22: $.shutdown_timeout: \"0o755\" is not a JSON number, which never begins with 0; a mode is a string: \"0755\"")]
    [InlineData("{\"logname\": \"a}", "1:13: $.logname: a string that begins here has no closing quote")]
    [InlineData("{\"logname\": \"a\n\"}", "1:15: $.logname: a string ends at the end of its line: a closing quote is missing, or write \\n")]
    [InlineData("{\"logname\": \"a\tb\"}", "1:15: $.logname: a control character in a string: write \\u0009")]
    [InlineData("{\"logname\": \"é\\d\"}", "1:15: $.logname: \\d is not an escape of JSON; a backslash itself is written twice: \\\\d")]
    [InlineData("{\"logname\": \"\\u12g4\"}", "1:14: $.logname: \\u needs four hexadecimal digits")]
    [InlineData("{ /* }", "1:3: $: a comment that begins here has no \"*/\"")]
    [InlineData("{ # x\n }", "1:3: $: expected a name or \"}\", found \"#\"")]
    public void Text_that_is_not_JSON_is_named_with_its_place(string text, string error)
    {
        Assert.Equal(["c.json:" + error], ConfigText.Errors(text));
    }

    [Theory]
    [InlineData(new byte[] { 0x7b, 0x20, 0xff, 0x7d }, "1:3: $: byte 0xff is not UTF-8; a byte of a file name is written \\udcff")]
    [InlineData(new byte[] { 0x7b, 0x22, 0xc3, 0xa9, 0xed, 0xa0, 0x80, 0x22, 0x7d }, "1:4: $: byte 0xed is not UTF-8; a byte of a file name is written \\udced")]
    [InlineData(new byte[] { 0xff, 0xfe, 0x7b, 0x00 }, "1:1: $: the file is UTF-16: save it as UTF-8")]
    public void Byte_that_is_not_utf8_is_a_syntax_error(byte[] text, string error)
    {
        Assert.Equal(["c.json:" + error], ConfigText.Lines(ConfigurationReader.ReadText(text, "c.json").Errors));
    }

    [Fact]
    public void Errors_before_a_syntax_error_are_reported_and_nothing_behind_it()
    {
        Assert.Equal(
            [
                "c.json:1:16: $.watches[0].pth: unknown key \"pth\"; did you mean \"path\"?",
                "c.json:1:61: $.watches[1].rec: expected true or false, found the number 1",
                "c.json:1:64: $.watches[1]: expected a name or \"}\", found \"x\"; names stand in double quotes",
            ],
            ConfigText.Errors("{\"watches\": [ {\"pth\":\"/a\",\"default_sched\":\"later\"}, {\"rec\": 1, x }, 5 ], \"nonsense\": 1 }"));
    }

    [Fact]
    public void Nesting_has_a_limit()
    {
        string[] errors = ConfigText.Errors("{\"include\": " + new string('[', 100_000));
        Assert.Equal(2, errors.Length);
        Assert.Equal("c.json:1:14: $.include[0]: expected the name of a file, found a list", errors[0]);
        Assert.StartsWith("c.json:1:76: $.include[0][0]", errors[1]);
        Assert.EndsWith(": nested more than 64 deep", errors[1]);
    }

    [Fact]
    public void Comments_and_trailing_commas_are_allowed()
    {
        ConfigText.Good("/**/ { // one\r\n \"include\": [ \"*.none\", /* two\n */ ], \"logname\": \"/* no */ // comment\", } // end");
    }

    [Fact]
    public void Columns_count_code_points()
    {
        Assert.Equal(
            ["c.json:2:11: $.x: unknown key \"x\"" + ConfigText.RootKeyList],
            ConfigText.Lines(ConfigurationReader.ReadText(Encoding.UTF8.GetBytes("{\r\n/* 😀é\t */ \"x\": 1 }"), "c.json").Errors));
    }
}
