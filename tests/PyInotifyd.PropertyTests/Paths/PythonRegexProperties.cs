using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using PyInotifyd.Engine.Paths;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.PropertyTests.Paths;

/// <summary>Our engine and python3's <c>re</c> give the same answers. Without python3 3.11 these tests have nothing to compare with and fail.</summary>
public sealed class PythonRegexProperties
{
    private readonly ITestOutputHelper _output;

    public PythonRegexProperties(ITestOutputHelper output)
    {
        _output = output;
    }

    [Fact]
    public void Regex_over_our_table_agrees_with_python()
    {
        RegexComparison comparison = Compare(static comparison =>
        {
            int rows = 0;
            foreach ((string pattern, string? template, string[] subjects) in RegexTable.Rows)
            {
                rows += subjects.Length;
                comparison.Compare(pattern, template, Array.ConvertAll(subjects, RegexTable.ToBytes));
            }

            Assert.True(rows >= 300, $"only {rows} rows");
        });
        Assert.Equal(0, comparison.GivenUp);
    }

    [Fact]
    public void Regex_over_the_table_of_cpython_agrees_with_python()
    {
        Compare((python, comparison) =>
        {
            JsonElement rows = python.Ask("""{"kind":"table"}""").GetProperty("rows");
            Assert.True(rows.GetArrayLength() > 300, "python3 lacks its test package (Debian: libpython3.11-testsuite)");
            foreach (JsonElement row in rows.EnumerateArray())
            {
                string pattern = "";
                foreach (JsonElement point in row[0].EnumerateArray())
                {
                    pattern += char.ConvertFromUtf32(point.GetInt32());
                }

                comparison.Compare(pattern, "<\\g<0>>", Convert.FromHexString(row[1].GetString()!));
            }
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Regex_from_a_random_grammar_agrees_with_python(bool dense)
    {
        string? given = Environment.GetEnvironmentVariable("PYINOTIFYD_SEED");
        int seed = given is null ? Random.Shared.Next() : int.Parse(given, CultureInfo.InvariantCulture);
        string? count = Environment.GetEnvironmentVariable("PYINOTIFYD_ROUNDS");
        int rounds = count is null ? 2000 : int.Parse(count, CultureInfo.InvariantCulture);
        _output.WriteLine($"PYINOTIFYD_SEED={seed}");
        Compare(comparison =>
        {
            RandomRegex random = new(new Random(seed), dense);
            for (int i = 0; i < rounds; i++)
            {
                string pattern = random.Pattern();
                byte[][] subjects = new byte[6][];
                for (int j = 0; j < subjects.Length; j++)
                {
                    subjects[j] = random.Subject();
                }

                comparison.Compare(pattern, random.Template(), subjects);
            }
        });
    }

    [Fact]
    public void Unicode_tables_agree_with_python_on_every_code_point()
    {
        using PythonRe python = PythonRe.Start();
        JsonElement properties = python.Ask("""{"kind":"properties"}""");
        JsonElement.ArrayEnumerator bits = properties.GetProperty("bits").EnumerateArray();
        JsonElement.ArrayEnumerator lower = properties.GetProperty("lower").EnumerateArray();
        for (int i = 0; bits.MoveNext() && lower.MoveNext(); i++)
        {
            int ours = (UnicodeCharacter.IsWord(i) ? 1 : 0) | (UnicodeCharacter.IsDigit(i) ? 2 : 0) | (UnicodeCharacter.IsSpace(i) ? 4 : 0)
                | (UnicodeCharacter.StartsIdentifier(i) ? 8 : 0) | (UnicodeCharacter.ContinuesIdentifier(i) ? 16 : 0) | (UnicodeCharacter.IsCased(i) ? 32 : 0);
            Assert.Equal((i, bits.Current.GetInt32(), lower.Current.GetInt32()), (i, ours, UnicodeCharacter.ToLower(i)));
        }
    }

    private void Compare(Action<PythonRe, RegexComparison> ask)
    {
        using PythonRe python = PythonRe.Start();
        RegexComparison comparison = new(python);
        ask(python, comparison);
        Report(comparison);
    }

    private RegexComparison Compare(Action<RegexComparison> ask)
    {
        RegexComparison? used = null;
        Compare((_, comparison) =>
        {
            used = comparison;
            ask(comparison);
        });
        return used!;
    }

    private void Report(RegexComparison comparison)
    {
        _output.WriteLine($"compared {comparison.Compared}, refused by both {comparison.Refused}");
        _output.WriteLine($"not supported {comparison.NotSupported}, given up {comparison.GivenUp}");
        string differences = string.Join(Environment.NewLine, comparison.Differences);
        if (Environment.GetEnvironmentVariable("PYINOTIFYD_DIFFERENCES") is { } path)
        {
            File.WriteAllText(path, differences);
        }

        string first = differences[..int.Min(differences.Length, 4000)];
        Assert.True(comparison.Differences.Count == 0, $"{comparison.Differences.Count} differences{Environment.NewLine}{first}");
    }
}
