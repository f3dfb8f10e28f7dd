using System;
using System.Buffers;
using System.Text;
using PyInotifyd.Engine.Paths;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Paths;

public sealed class ReplaceTemplateTests
{
    [Theory]
    [InlineData("^(?P<path>.*)/\\.tmp/(?P<name>.*)$", "\\g<path>/\\g<name>", "/a/.tmp/x", "/a/x")]
    [InlineData("a", "<\\g<0>>", "banana", "b<a>n<a>n<a>")]
    [InlineData("a*", "-", "baac", "-b--c-")]
    [InlineData("(a)|(b)", "[\\1\\2]", "abc", "[a][b]c")]
    [InlineData("x", "y", "abc", "abc")]
    [InlineData("a", "\\\\\\n\\.\\101", "a", "\\\n\\.A")]
    [InlineData("é", "𐐀", "aéb", "a𐐀b")]
    [InlineData("$", "!", "a\n", "a!\n!")]
    [InlineData("^a", "b", "aaa", "baa")]
    public void Expansion_is_that_of_re_sub(string pattern, string template, string subject, string expected)
    {
        ArrayBufferWriter<byte> output = new();
        MatchOutcome outcome = Parse(pattern, template).Expand(Encoding.UTF8.GetBytes(subject), new MatchState(), output);

        Assert.Equal(expected == subject ? MatchOutcome.NoMatch : MatchOutcome.Matched, outcome);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Bytes_outside_utf8_survive()
    {
        ArrayBufferWriter<byte> output = new();
        Parse("/(.)(.*)", "/\udcfe\\2\\1").Expand([(byte)'/', 0xC3, 0xFF, (byte)'x'], new MatchState(), output);

        Assert.Equal(new byte[] { (byte)'/', 0xFE, 0xFF, (byte)'x', 0xC3 }, output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Budget_is_for_all_matches_together()
    {
        byte[] subject = Encoding.UTF8.GetBytes(new string('a', 1000));
        MatchState state = new();
        ReplaceTemplate template = Parse("(a)", "\\1\\1");

        Assert.Equal(MatchOutcome.Matched, template.Expand(subject, state, new ArrayBufferWriter<byte>()));
        long needed = state.StepsUsed;
        Assert.InRange(needed, 1000, 100_000);
        Assert.Equal(MatchOutcome.BudgetExceeded, template.Expand(subject, state, new ArrayBufferWriter<byte>(), needed / 2));
    }

    [Theory]
    [InlineData("\\2", "invalid group reference 2 at position 1", 1, false)]
    [InlineData("é\\g<3>", "invalid group reference 3 at position 4", 4, false)]
    [InlineData("\\g<none>", "unknown group name 'none' at position 3", 3, false)]
    [InlineData("a\\q", "bad escape \\q at position 1", 1, false)]
    [InlineData("\\g<a", "missing >, unterminated name at position 3", 3, false)]
    [InlineData("a\\", "bad escape (end of pattern) at position 1", 1, false)]
    [InlineData("\\400", "octal escape value \\400 outside of range 0-0o377 at position 0", 0, false)]
    [InlineData("\\g< 1>", "not supported: the group number ' 1' at position 3", 3, true)]
    public void Template_error_names_what_and_where(string template, string message, int position, bool notSupported)
    {
        Assert.True(PythonRegex.TryParse("(?P<a>a)", out PythonRegex? regex, out _));
        Assert.False(ReplaceTemplate.TryParse(template, regex, out ReplaceTemplate? parsed, out PatternError? error));
        Assert.Null(parsed);
        Assert.Equal((message, position, notSupported), (error.Message, error.Position, error.NotSupported));
    }

    [Fact]
    public void Surrogate_that_stands_for_no_byte_is_not_supported()
    {
        Assert.True(PythonRegex.TryParse("a", out PythonRegex? regex, out _));
        Assert.False(ReplaceTemplate.TryParse("x\ud800", regex, out _, out PatternError? error));
        Assert.True(error.NotSupported);
        Assert.Equal(1, error.Position);
    }

    [Theory]
    [InlineData("/dst/\\1/x", "/dst/", false)]
    [InlineData("\\1/x", "", false)]
    [InlineData("/dst\\057x", "/dst/x", true)]
    [InlineData("", "", true)]
    public void Literal_prefix_ends_at_the_first_group(string template, string prefix, bool isLiteral)
    {
        ReplaceTemplate parsed = Parse("(a)", template);

        Assert.Equal((prefix, isLiteral), (Encoding.UTF8.GetString(parsed.LiteralPrefix), parsed.IsLiteral));
    }

    [Fact]
    public void Expansion_allocates_nothing_after_the_first_time()
    {
        ReplaceTemplate template = Parse("^(?P<path>.*)/\\.tmp/(?P<name>.*)$", "\\g<path>/\\g<name>");
        byte[] subject = "/srv/data/é/.tmp/file-name.txt"u8.ToArray();
        MatchState state = new();
        ArrayBufferWriter<byte> output = new(4096);
        template.Expand(subject, state, output);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                output.ResetWrittenCount();
                template.Expand(subject, state, output);
            }
        }));
    }

    private static ReplaceTemplate Parse(string pattern, string template)
    {
        Assert.True(PythonRegex.TryParse(pattern, out PythonRegex? regex, out PatternError? error), error?.Message);
        Assert.True(ReplaceTemplate.TryParse(template, regex, out ReplaceTemplate? parsed, out error), error?.Message);
        return parsed;
    }
}
