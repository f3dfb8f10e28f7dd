using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>Which rules are seen to feed themselves when they are read.</summary>
public sealed class RuleWarningTests
{
    [Theory]
    [InlineData("^/src/(.*)$", "/dst/\\1", -1)]
    [InlineData("^/data/(.*)$", "/data/done/\\1", 0)]
    [InlineData("^/data/(.*)\\.tmp$", "/data/\\1.done", -1)]
    [InlineData("^/data/(.*)\\.tmp$", "/data/\\1.tmp", 0)]
    [InlineData(".*\\.(\\d+)$", "/archive/x.\\1", 0)]
    public void A_rule_whose_destination_it_matches_is_found(string source, string destination, int fed)
    {
        RuleSet rules = new(new SpecList<RuleSpec>([new RuleSpec { Action = RuleAction.Copy, SourcePattern = source, Destination = destination }]));

        Assert.Equal(fed, rules.FindFed(rules.Rules[0])?.Index ?? -1);
    }

    [Fact]
    public void A_rule_that_feeds_another_is_found()
    {
        RuleSet rules = new(new SpecList<RuleSpec>(
        [
            new RuleSpec { Action = RuleAction.Move, SourcePattern = "^/a/(.*)$", Destination = "/b/\\1" },
            new RuleSpec { Action = RuleAction.Delete, SourcePattern = "^/b/" },
        ]));

        Assert.Equal(1, rules.FindFed(rules.Rules[0])!.Index);
        Assert.Null(rules.FindFed(rules.Rules[1]));
    }
}
