using System;
using System.Collections.Generic;
using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Engine.State;
using Xunit;

namespace PyInotifyd.UnitTests.State;

public class StateFileTests
{
    private static readonly byte[] s_oddPath = [(byte)'/', .. Enumerable.Range(1, 255).Where(b => b != '/').Select(b => (byte)b)];

    [Fact]
    public void What_was_written_is_read_again_with_every_byte_of_a_name()
    {
        SavedState state = new();

        Assert.True(StateFile.TryParse(Sample(), state));

        Assert.Equal(new ClockReading("id", 7, 8), state.Clock);
        Assert.Equal(9, state.MarkNs);
        Assert.True(state.IsClean);
        Assert.Equal([s_oddPath], state.Watches);
        Assert.Equal([0xfedcba9876543210], state.Directories);
        (byte[] lostOf, ulong key, long sinceNs) = Assert.Single(state.Lost);
        Assert.Equal(s_oddPath, lostOf);
        Assert.Equal((0x0123456789abcdefUL, -14L), (key, sinceNs));
        StoredTask task = Assert.Single(state.Tasks);
        Assert.Equal("a name \udc80", task.Scheduler);
        Assert.Equal(s_oddPath, task.Path);
        Assert.Equal(s_oddPath, task.SrcPath);
        Assert.Equal(EventMask.CloseWrite | EventMask.IsDir, task.Mask);
        Assert.Equal((ulong.MaxValue, true, 10L, 11L, 12), (task.Id, task.IsDir, task.RemainingMs, task.AgeMs, task.Failures));
        Assert.Equal(13UL, task.Inode);
        Assert.Null(Assert.Single(state.Failed).SrcPath);
    }

    [Fact]
    public void File_of_which_a_byte_is_wrong_missing_or_too_many_is_not_believed()
    {
        byte[] sample = Sample();
        for (int i = 0; i < sample.Length; i++)
        {
            byte[] changed = [.. sample];
            changed[i] ^= 1;
            Assert.False(StateFile.TryParse(changed, new SavedState()), $"byte {i} was changed");
            Assert.False(StateFile.TryParse(sample.AsSpan(0, i), new SavedState()), $"cut at {i}");
        }

        Assert.False(StateFile.TryParse([.. sample, (byte)'\n'], new SavedState()));
    }

    private static byte[] Sample()
    {
        List<byte> file = [];
        StateWriter writer = new(piece => file.AddRange(piece));
        StateFile.WriteHead(writer, new ClockReading("id", 7, 8), 9, isClean: true);
        StateFile.WriteWatch(writer, s_oddPath);
        StateFile.WriteLost(writer, s_oddPath, 0x0123456789abcdef, -14);
        StoredTask task = new()
        {
            Scheduler = "a name \udc80",
            Id = ulong.MaxValue,
            Path = s_oddPath,
            SrcPath = s_oddPath,
            WatchPath = s_oddPath,
            Mask = EventMask.CloseWrite | EventMask.IsDir,
            IsDir = true,
            RemainingMs = 10,
            AgeMs = 11,
            Failures = 12,
            Inode = 13,
        };
        StateFile.WriteTask(writer, task, isFailed: false);
        StateFile.WriteTask(writer, task with { SrcPath = null }, isFailed: true);
        StateFile.WriteDirectory(writer, 0xfedcba9876543210);
        writer.End();
        return [.. file];
    }
}
