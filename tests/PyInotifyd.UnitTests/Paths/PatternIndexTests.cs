using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Paths;
using Xunit;

namespace PyInotifyd.UnitTests.Paths;

/// <summary>Which patterns of many are tried on a path.</summary>
public sealed class PatternIndexTests
{
    private static readonly string[] s_starts = ["", "^", "^/", "^/a", "/a/b", "^/a/b", "/a/bc", "^/a/b/c", "^/b", ".*", "(?:/a|/b)", "(?s).*", "(?i)/a"];
    private static readonly string[] s_middles = ["", ".*", ".+", "[^/]*", "(?P<g>.*)", "/x", "b"];
    private static readonly string[] s_ends = ["", "$", "b$", "ab$", "/ab$", "\\.txt$", "\\.tar\\.gz$", "gz\\Z", ".gz$", "(?:b|c)$", "z"];
    private static readonly string[] s_parts = ["/", "/a", "/b", "/ab", "/a/b", "/a/bc", "/x", "b", "c", ".txt", ".gz", ".tar.gz", "ab", "\n"];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    [InlineData(400)]
    public void Candidates_are_in_order_and_hold_every_pattern_that_matches(int count)
    {
        Random random = new(count);
        MatchState state = new();
        for (int round = 0; round < 20; round++)
        {
            PythonRegex[] patterns = new PythonRegex[count];
            for (int i = 0; i < count; i++)
            {
                patterns[i] = Parse(Pick(s_starts) + Pick(s_middles) + Pick(s_ends));
            }

            PatternIndex index = new(patterns);
            for (int k = 0; k < 40; k++)
            {
                byte[] path = Encoding.UTF8.GetBytes(Pick(s_parts) + Pick(s_parts) + (random.Next(2) == 0 ? Pick(s_parts) : ""));
                List<int> candidates = CandidatesOf(index, path);
                for (int i = 1; i < candidates.Count; i++)
                {
                    Assert.True(candidates[i - 1] < candidates[i]);
                }

                for (int i = 0; i < count; i++)
                {
                    if (patterns[i].IsMatch(path, state))
                    {
                        Assert.True(candidates.Contains(i), $"{patterns[i].Pattern} on {Encoding.UTF8.GetString(path)}");
                    }
                }
            }
        }

        string Pick(string[] of) => of[random.Next(of.Length)];
    }

    [Fact]
    public void A_path_of_one_directory_of_a_thousand_has_one_candidate() =>
        Assert.Equal([500], CandidatesOf(Thousand("^/srv/{0}/.*$"), "/srv/500/file"u8.ToArray()));

    [Fact]
    public void A_path_with_one_suffix_of_a_thousand_has_one_candidate() =>
        Assert.Equal([500], CandidatesOf(Thousand(".*\\.k{0}$"), "/srv/file.k500"u8.ToArray()));

    [Fact]
    public void A_path_that_fits_none_of_a_thousand_has_no_candidate()
    {
        Assert.Empty(CandidatesOf(Thousand("^/srv/{0}/.*$"), "/var/500/file"u8.ToArray()));
        Assert.Empty(CandidatesOf(Thousand(".*\\.k{0}$"), "/srv/file.txt"u8.ToArray()));
    }

    [Fact]
    public void A_general_pattern_among_a_thousand_keeps_its_place()
    {
        PythonRegex[] patterns = new PythonRegex[1000];
        for (int i = 0; i < patterns.Length; i++)
        {
            patterns[i] = Parse(i == 250 ? ".*x.*" : i % 2 == 0 ? $"^/srv/{i}/.*$" : $".*\\.k{i}$");
        }

        Assert.Equal([250, 333, 500], CandidatesOf(new PatternIndex(patterns), "/srv/500/file.k333"u8.ToArray()));
    }

    private static PatternIndex Thousand(string pattern)
    {
        PythonRegex[] patterns = new PythonRegex[1000];
        for (int i = 0; i < patterns.Length; i++)
        {
            patterns[i] = Parse(pattern.Replace("{0}", i.ToString("0", null), StringComparison.Ordinal));
        }

        return new PatternIndex(patterns);
    }

    private static List<int> CandidatesOf(PatternIndex index, byte[] path)
    {
        List<int> numbers = [];
        PatternIndex.Candidates candidates = index.Of(path);
        while (candidates.TryNext(out int number))
        {
            numbers.Add(number);
        }

        return numbers;
    }

    private static PythonRegex Parse(string pattern)
    {
        Assert.True(PythonRegex.TryParse(pattern, out PythonRegex? regex, out PatternError? error), error?.Message);
        return regex;
    }
}
