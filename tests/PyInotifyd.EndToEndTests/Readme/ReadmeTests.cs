using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests.Readme;

/// <summary>Every configuration and command that the README prints does what is said there, as printed, with the published binary.</summary>
/// <remarks>
/// The blocks of a section are run by the script of that name in <c>checks</c>, in a root directory and a network of their own (<c>sandbox</c>): no path or
/// port needs another one. A block that no check uses, and one that is not run without a reason, are failures.
/// </remarks>
public sealed class ReadmeTests(ITestOutputHelper output)
{
    private static readonly string s_folder = RepositoryRoot.Path + "/tests/PyInotifyd.EndToEndTests/Readme";

    [Fact]
    public void Every_block_is_run_and_does_what_is_said()
    {
        RootUser.Require();
        List<ReadmeBlock> blocks = ReadmeBlock.All();
        string[] checks = [.. Directory.GetFiles(s_folder + "/checks").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        ILookup<string, ReadmeBlock> sections = blocks.ToLookup(block => block.Section);
        Assert.Equal(sections.Select(section => section.Key).Order(StringComparer.Ordinal), checks);

        ConcurrentBag<string> failures = [];
        Parallel.ForEach(checks, new ParallelOptions { MaxDegreeOfParallelism = 4 }, check =>
        {
            using TempTree tree = new();
            tree.MakeDirectory("root");
            tree.MakeDirectory("blocks");
            foreach (ReadmeBlock block in sections[check])
            {
                tree.Write($"blocks/{block.Number}.{block.Marker}", block.Text);
            }

            CommandResult result = CommandResult.Of(
                "unshare",
                ["--mount", "--pid", "--net", "--fork", "--kill-child", s_folder + "/sandbox", tree.PathOf("root"), check, tree.PathOf("blocks"), PublishedBinary.X64],
                TimeSpan.FromSeconds(120));
            lock (output)
            {
                output.WriteLine($"== {check}\n{result.Output}{result.Error}");
            }

            if (result.ExitStatus != 0 || !result.Output.EndsWith("== all fine\n", StringComparison.Ordinal))
            {
                failures.Add($"== {check}: exit status {result.ExitStatus}\n{result.Output}{result.Error}");
            }
        });
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }
}
