using PyInotifyd.Engine.State;
using Xunit;

namespace PyInotifyd.UnitTests.State;

public class GapStartTests
{
    private const long Second = 1_000_000_000;
    private const long Written = 1_000_000 * Second;
    private const long Mark = Written - (5 * Second);

    [Theory]
    [InlineData(0, Mark)]
    [InlineData(900_000, Mark)]
    [InlineData(Second, Mark - Second)]
    [InlineData(3600 * Second, Mark - (3600 * Second))]
    [InlineData(-3600 * Second, Mark)]
    public void Clock_that_went_back_within_a_boot_moves_the_start_back(long stepBack, long expected)
    {
        Assert.Equal(expected, GapStart.Of(State(clean: true), new ClockReading("boot", Written + (60 * Second) - stepBack, 160 * Second), out bool isInFuture));
        Assert.False(isInFuture);
    }

    [Fact]
    public void After_a_reboot_the_mark_counts_as_it_is()
    {
        Assert.Equal(Mark, GapStart.Of(State(clean: true), new ClockReading("other", Written - (4 * Second), 3 * Second), out bool isInFuture));
        Assert.False(isInFuture);
    }

    [Theory]
    [InlineData("other")]
    [InlineData("")]
    public void Mark_in_the_future_means_that_nothing_is_known(string boot)
    {
        Assert.Equal(long.MinValue, GapStart.Of(State(clean: true), new ClockReading(boot, Mark - 1, 3 * Second), out bool isInFuture));
        Assert.True(isInFuture);
    }

    [Fact]
    public void After_a_crash_a_second_more_is_taken()
    {
        Assert.Equal(Mark - Second, GapStart.Of(State(clean: false), new ClockReading("boot", Written + Second, 101 * Second), out _));
    }

    [Fact]
    public void Full_scan_that_did_not_end_is_done_again()
    {
        SavedState state = State(clean: false);
        state.MarkNs = long.MinValue;
        Assert.Equal(long.MinValue, GapStart.Of(state, new ClockReading("boot", Written, 100 * Second), out bool isInFuture));
        Assert.False(isInFuture);
    }

    private static SavedState State(bool clean) => new() { Clock = new ClockReading("boot", Written, 100 * Second), MarkNs = Mark, IsClean = clean };
}
