using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Jobs.Workers;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Workers;

public class WorkerLinesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public void Lines_are_the_same_however_they_are_cut(int chunkSize)
    {
        WorkerLines lines = new();
        Assert.Equal(["one", "", "two", "three"], Feed(lines, "one\n\ntwo\nthree\nhal", chunkSize));
        Assert.Equal("hal", Encoding.ASCII.GetString(lines.TakeRest()));
        Assert.Equal(["fresh"], Feed(lines, "fresh\n", chunkSize));
    }

    [Theory]
    [InlineData(WorkerLines.MaxLine, false)]
    [InlineData(WorkerLines.MaxLine + 1, true)]
    [InlineData(10_000_000, true)]
    public void Line_that_is_too_long_is_told_once_and_the_next_one_read(int length, bool isTooLong)
    {
        WorkerLines lines = new();
        List<string> found = Feed(lines, new string('x', length) + "\nnext\n", 16 * 1024);

        Assert.Equal([isTooLong ? "! " + WorkerLines.MaxLine : length.ToString(), "next"], found.ConvertAll(line => line.Length > 20 ? line.Length.ToString() : line));
    }

    [Fact]
    public void Line_without_end_does_not_grow_memory()
    {
        WorkerLines lines = new();
        byte[] chunk = new byte[16 * 1024];
        Push(lines, chunk, 128);

        Assert.Equal(0, Allocations.Least(() => Push(lines, chunk, 2_000)));
    }

    private static void Push(WorkerLines lines, byte[] chunk, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Span<byte> rest = chunk;
            while (lines.TryNext(ref rest, out _, out _))
            {
            }
        }
    }

    private static List<string> Feed(WorkerLines lines, string text, int chunkSize)
    {
        List<string> found = [];
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        for (int at = 0; at < bytes.Length; at += chunkSize)
        {
            Span<byte> chunk = bytes.AsSpan(at, Math.Min(chunkSize, bytes.Length - at));
            while (lines.TryNext(ref chunk, out Span<byte> line, out bool isTooLong))
            {
                found.Add(isTooLong ? "! " + line.Length : Encoding.ASCII.GetString(line));
            }
        }

        return found;
    }
}
