using PyInotifyd.Engine.Reactor;
using Xunit;

namespace PyInotifyd.UnitTests.Reactor;

public sealed class MonotonicTimeTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(999_999, 0, 1)]
    [InlineData(1_000_000, 0, 1)]
    [InlineData(1_000_001, 0, 2)]
    [InlineData(1_000_001, 5, 7)]
    [InlineData(5_000_000, -3, 5)]
    [InlineData(5_000_000, long.MaxValue, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue - 1, long.MaxValue)]
    public void DeadlineTick_rounds_up(long nowNs, long delayMs, long expected) => Assert.Equal(expected, MonotonicTime.DeadlineTick(nowNs, delayMs));

    [Fact]
    public void A_delay_never_ends_early_and_at_most_a_tick_late()
    {
        foreach (long start in new[] { 5_000_000L, 5_000_001, 5_499_999, 5_500_000, 5_999_999, 6_000_000, 6_000_001 })
        {
            foreach (long delayMs in new[] { 0L, 1, 2, 63, 64 })
            {
                long deadline = MonotonicTime.DeadlineTick(start, delayMs);
                long end = start + (delayMs * MonotonicTime.NsPerTick);
                Assert.True(MonotonicTime.ExpiryTick(end - 1) < deadline, "early");
                Assert.True(MonotonicTime.ExpiryTick(end + MonotonicTime.NsPerTick - 1) >= deadline, "late");
            }
        }
    }

    [Fact]
    public void A_wait_of_the_timeout_reaches_the_deadline()
    {
        foreach (long now in new[] { 0L, 1, 999_999, 1_000_000, 1_000_001 })
        {
            foreach (long deadline in new[] { 0L, 1, 2, 100 })
            {
                int timeout = MonotonicTime.TimeoutMs(now, deadline);
                Assert.True(MonotonicTime.ExpiryTick(now + (timeout * MonotonicTime.NsPerTick)) >= deadline, "a second wait would be needed");
                Assert.True(timeout == 0 || MonotonicTime.ExpiryTick(now + ((timeout - 1) * MonotonicTime.NsPerTick)) < deadline, "longer than needed");
            }
        }
    }

    [Fact]
    public void TimeoutMs_is_endless_without_a_deadline_and_capped_before_a_far_one()
    {
        Assert.Equal(-1, MonotonicTime.TimeoutMs(5, long.MaxValue));
        Assert.Equal(int.MaxValue, MonotonicTime.TimeoutMs(5, long.MaxValue - 1));
        Assert.Equal(int.MaxValue, MonotonicTime.TimeoutMs(0, int.MaxValue + 1L));
        Assert.Equal(0, MonotonicTime.TimeoutMs(10_000_000, 3));
    }
}
