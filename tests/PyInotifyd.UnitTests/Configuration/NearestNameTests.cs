using PyInotifyd.Configuration.Binding;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("IN_WRITE_CLOSE", "IN_CLOSE_WRITE")]
    [InlineData("IN_CLOSE_WRTIE", "IN_CLOSE_WRITE")]
    [InlineData("IN_CLOSE_NO_WRITE", "IN_CLOSE_NOWRITE")]
    [InlineData("IN-MOVED-TO", "IN_MOVED_TO")]
    [InlineData("In_Moved_From", "IN_MOVED_FROM")]
    [InlineData("IN_MOVE_FROM", "IN_MOVED_FROM")]
    [InlineData("MODIFY", "IN_MODIFY")]
    [InlineData("IN_MODIFIED", "IN_MODIFY")]
    [InlineData("IN_DELETED", "IN_DELETE")]
    [InlineData("OVERFLOW", "IN_Q_OVERFLOW")]
    [InlineData("IN_ALL_EVENTS", null)]
    [InlineData("xyz", null)]
    [InlineData("", null)]
    public void Event_name_gets_the_suggestion_that_was_meant(string wanted, string? expected)
    {
        NearestName nearest = new(wanted);
        foreach (string name in EventNames.All)
        {
            nearest.Offer(name);
        }

        Assert.Equal(expected, nearest.Best);
    }
}
