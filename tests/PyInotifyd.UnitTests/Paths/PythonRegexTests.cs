using System;
using System.Text;
using System.Threading;
using PyInotifyd.Engine.Paths;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Paths;

/// <summary>What callers rely on, without a python3; the comparison with Python is among the property tests.</summary>
public sealed class PythonRegexTests
{
    private readonly MatchState _state = new();

    [Theory]
    [InlineData("^/srv/data/", "/srv/data/x", 10)]
    [InlineData("/srv/data/", "/srv/data/x", 10)]
    [InlineData("^/srv/.*\\.txt$", "/srv/a/b.txt", 12)]
    [InlineData("^/srv/.*\\.txt$", "/srv/a/b.txt\n", 12)]
    [InlineData("^/srv/.*\\.txt\\Z", "/srv/a/b.txt\n", -1)]
    [InlineData("^/srv/.*\\.txt$", "/srv/a\nb.txt", -1)]
    [InlineData("(?s)^/srv/.*\\.txt$", "/srv/a\nb.txt", 12)]
    [InlineData("^/srv/.*/srv/$", "/srv/", -1)]
    [InlineData("^/srv/.*v/$", "/srv/", -1)]
    [InlineData(".*", "a\nb", 1)]
    [InlineData(".*$", "a\n", 1)]
    [InlineData("", "a", 0)]
    [InlineData("(?i)/SRV/é", "/srv/É", 7)]
    [InlineData("a|ab", "ab", 1)]
    [InlineData("a{,2}b", "aab", 3)]
    [InlineData(".*required.*", "/some/reqired/x", -1)]
    public void Match_at_the_start_takes_so_many_bytes(string pattern, string subject, int length)
    {
        MatchOutcome outcome = Parse(pattern).Match(Encoding.UTF8.GetBytes(subject), _state);

        Assert.Equal(length < 0 ? MatchOutcome.NoMatch : MatchOutcome.Matched, outcome);
        if (length >= 0)
        {
            Assert.Equal((0, length), (_state.GetGroup(0).Start, _state.GetGroup(0).Length));
        }
    }

    [Fact]
    public void Groups_are_spans_of_bytes_and_named_in_order()
    {
        PythonRegex regex = Parse("/(?P<first>[^/]+)/(x)?(?P<last>.*)");

        Assert.Equal(MatchOutcome.Matched, regex.Match("/é/abc"u8, _state));
        Assert.Equal(3, regex.GroupCount);
        Assert.Equal(("first", 1), (regex.GroupNames[0].Name, regex.GroupNames[0].Index));
        Assert.Equal(("last", 3), (regex.GroupNames[1].Name, regex.GroupNames[1].Index));
        Assert.Equal((1, 2), (_state.GetGroup(1).Start, _state.GetGroup(1).Length));
        Assert.Equal((-1, -1), (_state.GetGroup(2).Start, _state.GetGroup(2).Length));
        Assert.False(_state.GetGroup(2).IsSet);
        Assert.Equal((4, 3), (_state.GetGroup(3).Start, _state.GetGroup(3).Length));
        Assert.False(_state.GetGroup(4).IsSet);
        Assert.Equal(3, regex.FindGroup("last"));
        Assert.Equal(-1, regex.FindGroup("none"));
    }

    [Fact]
    public void Byte_outside_utf8_is_one_character()
    {
        Assert.True(Parse("...$").IsMatch([0xFF, 0xC3, (byte)'a'], _state));
        Assert.True(Parse(".\\udcffx").IsMatch([0xC3, 0xFF, (byte)'x'], _state));
        Assert.True(Parse("\udcc3.").IsMatch([0xC3, (byte)'a'], _state));
        Assert.False(Parse("\udcc3").IsMatch("é"u8, _state));
        Assert.False(Parse("(.)\\1").IsMatch([0xC3, 0xC3, 0xA9], _state));
    }

    [Fact]
    public void Search_sees_what_is_before_the_offset()
    {
        Assert.Equal(MatchOutcome.Matched, Parse("(?<=a)b").Search("ab"u8, 1, _state));
        Assert.Equal(1, _state.GetGroup(0).Start);
        Assert.Equal(MatchOutcome.NoMatch, Parse("^b").Search("ab"u8, 1, _state));
        Assert.Equal(MatchOutcome.NoMatch, Parse("b").Search("ab"u8, 3, _state));
        Assert.Equal(MatchOutcome.Matched, Parse("").Search("ab"u8, 2, _state));
    }

    [Theory]
    [InlineData("^(a+)+$")]
    [InlineData("^(a|aa)+$")]
    [InlineData("(?:a?){30}a{30}b")]
    [InlineData("(a*)*b|(a*)*c")]
    [InlineData("(?:(?:a{0,9}){0,9}){0,9}b")]
    public void Pattern_that_explodes_ends_with_its_budget(string pattern)
    {
        byte[] subject = Encoding.UTF8.GetBytes(new string('a', 60) + "!");

        Assert.Equal(MatchOutcome.BudgetExceeded, Parse(pattern).Match(subject, _state));
        // An instruction charges its scans after it: the last one may pass the budget by the length of the subject.
        Assert.InRange(_state.StepsUsed, PythonRegex.DefaultStepBudget, PythonRegex.DefaultStepBudget + 1000);
        Assert.Equal(MatchOutcome.BudgetExceeded, Parse(pattern).Match(subject, _state, 1000));
    }

    [Fact]
    public void Budget_gives_the_same_answer_each_time()
    {
        PythonRegex regex = Parse("(?:(a+)+,)*$");
        byte[] subject = "aaaa,aaaaaa,aaa!"u8.ToArray();
        MatchOutcome outcome = regex.Match(subject, _state);
        long needed = _state.StepsUsed;

        Assert.Equal(outcome, regex.Match(subject, new MatchState(), needed));
        Assert.Equal(needed, _state.StepsUsed);
        Assert.Equal(MatchOutcome.BudgetExceeded, regex.Match(subject, _state, needed / 2));
    }

    [Fact]
    public void Endless_empty_rounds_end_with_the_budget_not_with_the_memory()
    {
        Assert.Equal(MatchOutcome.BudgetExceeded, Parse("(?:){4000000000}b").Match("b"u8, _state));
        Assert.Equal(MatchOutcome.BudgetExceeded, Parse("(?:(?:()){4000000}){4000000}").Match("x"u8, _state, long.MaxValue));
        Assert.True(Parse("a").IsMatch("a"u8, _state));
    }

    [Fact]
    public void Large_bounds_cost_no_memory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        PythonRegex regex = Parse("(?:(a{0,100000}){0,100000}b){0,100000}c");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.True(regex.IsMatch("aabc"u8, _state));
    }

    [Fact]
    public void Nesting_ends_with_an_error_before_the_stack_does()
    {
        PatternError? refused = null;
        bool deepest = false;
        bool deepestOptional = false;
        Thread small = new(
            () =>
            {
                string groups = new string('(', 250) + "a" + new string(')', 250);
                deepest = PythonRegex.TryParse(groups, out PythonRegex? regex, out _) && regex.IsMatch("a"u8, new MatchState());
                string optional = "a";
                for (int i = 0; i < 250; i++)
                {
                    optional = "(?:" + optional + "b?)*";
                }

                deepestOptional = PythonRegex.TryParse(optional, out regex, out _) && regex.Match("ab"u8, new MatchState(), 100_000) != MatchOutcome.NoMatch;
                PythonRegex.TryParse(new string('(', 100_000), out _, out refused);
            },
            512 * 1024);
        small.Start();
        small.Join();

        Assert.True(deepest);
        Assert.True(deepestOptional);
        Assert.True(refused!.NotSupported);
        Assert.Equal("not supported: more than 250 levels of parentheses at position 251", refused.Message);
    }

    [Theory]
    [InlineData("a(b", "missing ), unterminated subpattern at position 1", 1, false)]
    [InlineData("é)", "unbalanced parenthesis at position 1", 1, false)]
    [InlineData("𐐀[a", "unterminated character set at position 1", 1, false)]
    [InlineData("a**", "multiple repeat at position 2", 2, false)]
    [InlineData("*", "nothing to repeat at position 0", 0, false)]
    [InlineData("a(?i)", "global flags not at the start of the expression at position 1", 1, false)]
    [InlineData("x(?<=a*)", "look-behind requires fixed-width pattern at position 1", 1, false)]
    [InlineData("\\p{L}", "bad escape \\p at position 0", 0, false)]
    [InlineData("a\\N{BULLET}", "not supported: a character by its name, \\N{…} at position 1", 1, true)]
    [InlineData("(?t)a", "not supported: the flag t at position 2", 2, true)]
    [InlineData("(a)(?(+1)b)", "not supported: the group number '+1' at position 6", 6, true)]
    public void Pattern_error_names_what_and_where(string pattern, string message, int position, bool notSupported)
    {
        Assert.False(PythonRegex.TryParse(pattern, out PythonRegex? regex, out PatternError? error));
        Assert.Null(regex);
        Assert.Equal((message, position, notSupported), (error.Message, error.Position, error.NotSupported));
    }

    [Theory]
    [InlineData("^/srv/(data)/x.*", "/srv/data/x", false)]
    [InlineData("(?i)/srv/a", "/", false)]
    [InlineData("é+", "", false)]
    [InlineData("a?", "", true)]
    [InlineData("/a|/b", "/", false)]
    [InlineData("(?=x)abc", "abc", false)]
    [InlineData("(?x) a b # c", "ab", false)]
    public void Literal_prefix_is_what_every_match_starts_with(string pattern, string prefix, bool mayMatchEmpty)
    {
        PythonRegex regex = Parse(pattern);

        Assert.Equal(prefix, Encoding.UTF8.GetString(regex.LiteralPrefix));
        Assert.Equal(mayMatchEmpty, regex.MayMatchEmpty);
    }

    [Fact]
    public void Matching_allocates_nothing_after_the_first_time()
    {
        string[] patterns =
        [
            "^/srv/data/", "^/srv/.*\\.txt$", "^(?P<path>.*)/\\.tmp/(?P<name>.*)$", ".*\\.(jpg|png|txt)$", "^/srv/(?:\\w+/)+[\\w.é-]+$", "(?i).*\\.TXT$",
            "(?:(a)|[^b])*?x", ".*(?<!\\.part)$", "(?>/\\w+)++", "(/.)(?(1).*|x)\\1",
        ];
        byte[] subject = "/srv/data/é/.tmp/file-name.txt"u8.ToArray();
        PythonRegex[] regexes = Array.ConvertAll(patterns, Parse);
        foreach (PythonRegex regex in regexes)
        {
            regex.Match(subject, _state);
            regex.Search(subject, 1, _state);
        }

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                PythonRegex regex = regexes[i % regexes.Length];
                regex.Match(subject, _state);
                regex.Search(subject, 1, _state);
            }
        }));
    }

    [Fact]
    public void Regex_is_shared_by_threads_with_a_state_each()
    {
        PythonRegex regex = Parse("(?:(a)|(b))*c");
        int matched = 0;
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                MatchState state = new();
                for (int round = 0; round < 1000; round++)
                {
                    if (regex.IsMatch("abbac"u8, state) && state.GetGroup(1).Start == 3 && state.GetGroup(2).Start == 2)
                    {
                        Interlocked.Increment(ref matched);
                    }
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.Equal(4000, matched);
    }

    private static PythonRegex Parse(string pattern)
    {
        Assert.True(PythonRegex.TryParse(pattern, out PythonRegex? regex, out PatternError? error), error?.Message);
        return regex;
    }
}
