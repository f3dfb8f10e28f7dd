using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Files;

/// <summary>Which rule a path is for.</summary>
public sealed class RuleSetTests
{
    private static RuleSet Set(params string[] patterns)
    {
        List<RuleSpec> rules = [];
        foreach (string pattern in patterns)
        {
            rules.Add(new RuleSpec { Action = RuleAction.Delete, SourcePattern = pattern });
        }

        return new RuleSet(new SpecList<RuleSpec>(rules.ToArray()));
    }

    private static int Find(RuleSet set, string path) => set.Find(Encoding.UTF8.GetBytes(path), out FileRule? rule) == MatchOutcome.NoMatch ? -1 : rule!.Index;

    [Theory]
    [InlineData("/a/b/c", 2)]
    [InlineData("/a/b", 3)]
    [InlineData("/a/bc", 1)]
    [InlineData("/a/x", 3)]
    [InlineData("/b", 4)]
    [InlineData("/b.txt", 0)]
    [InlineData("x", 4)]
    [InlineData("", 4)]
    public void Find_takes_the_first_of_all_that_begin_as_the_path_does(string path, int expected)
    {
        RuleSet set = Set(@".*\.txt$", "^/a/bc?$(?<=c)", "/a/b/.", "/a/", "", "/a/b/c");

        Assert.Equal(expected, Find(set, path));
    }

    [Fact]
    public void Find_agrees_with_one_pattern_after_the_other()
    {
        const int seed = 7;
        Random random = new(seed);
        for (int round = 0; round < 300; round++)
        {
            string[] patterns = new string[1 + random.Next(12)];
            for (int i = 0; i < patterns.Length; i++)
            {
                patterns[i] = Text(random) + (random.Next(3) == 0 ? ".*b" : random.Next(3) == 0 ? "$" : "");
            }

            RuleSet set = Set(patterns);
            for (int i = 0; i < 30; i++)
            {
                string path = Text(random);
                Assert.True(Naive(set, path) == Find(set, path), $"seed {seed}, round {round}: '{path}' in {string.Join(" | ", patterns)}");
                Assert.Equal(NaiveMayMatch(set, path), set.MayMatchAt(Encoding.UTF8.GetBytes(path)));
            }
        }
    }

    private static string Text(Random random)
    {
        char[] text = new char[random.Next(6)];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = "ab/"[random.Next(3)];
        }

        return new string(text);
    }

    private static int Naive(RuleSet set, string path)
    {
        MatchState state = new();
        foreach (FileRule rule in set.Rules)
        {
            if (rule.Source.Match(Encoding.UTF8.GetBytes(path), state) == MatchOutcome.Matched)
            {
                return rule.Index;
            }
        }

        return -1;
    }

    private static bool NaiveMayMatch(RuleSet set, string path)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(path);
        foreach (FileRule rule in set.Rules)
        {
            if (bytes.StartsWith(rule.Source.LiteralPrefix) || rule.Source.LiteralPrefix.StartsWith(bytes))
            {
                return true;
            }
        }

        return false;
    }
}
