using System;
using System.Buffers.Binary;
using System.Text;
using PyInotifyd.Engine.Inotify;
using Xunit;

namespace PyInotifyd.UnitTests.Inotify;

public sealed class EventReaderTests
{
    [Fact]
    public void Two_records_come_out_as_they_went_in()
    {
        byte[] buffer = [.. Record(3, 0x100, 0, "a.txt", 16), .. Record(-1, 0x4000, 7, "", 0)];
        EventReader reader = new(buffer);

        Assert.True(reader.TryRead(out RawEvent first));
        Assert.Equal(3, first.Wd);
        Assert.Equal(0x100u, first.Mask);
        Assert.Equal("a.txt", Encoding.UTF8.GetString(first.Name));
        Assert.True(reader.TryRead(out RawEvent second));
        Assert.Equal(-1, second.Wd);
        Assert.Equal(7u, second.Cookie);
        Assert.True(second.Name.IsEmpty);
        Assert.False(reader.TryRead(out _));
        Assert.False(reader.IsTorn);
        Assert.Equal(buffer.Length, reader.Position);
    }

    [Fact]
    public void Name_of_255_bytes_with_every_value_is_whole()
    {
        byte[] name = new byte[255];
        for (int i = 0; i < name.Length; i++)
        {
            name[i] = (byte)(i + 1);
        }

        byte[] buffer = new byte[16 + 256];
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(12), 256);
        name.CopyTo(buffer, 16);
        EventReader reader = new(buffer);

        Assert.True(reader.TryRead(out RawEvent record));
        Assert.True(record.Name.SequenceEqual(name));
    }

    [Fact]
    public void Name_ends_at_its_first_NUL_whatever_its_length_and_what_follows()
    {
        byte[] buffer = new byte[16 + 64];
        for (int length = 0; length <= 64; length++)
        {
            for (int size = length; size <= 64; size++)
            {
                // 0x80 and 0x01 are what a test of eight bytes at once might take for a zero.
                buffer.AsSpan(16).Fill((byte)(size % 2 == 0 ? 0x80 : 0x01));
                buffer.AsSpan(16 + length, Math.Min(1, size - length)).Clear();
                BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(12), size);
                EventReader reader = new(buffer.AsSpan(0, 16 + size));

                Assert.True(reader.TryRead(out RawEvent record));
                Assert.Equal(length, record.Name.Length);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    public void Rest_shorter_than_a_header_ends_the_walk(int length)
    {
        EventReader reader = new(new byte[length]);

        Assert.False(reader.TryRead(out _));
        Assert.Equal(length != 0, reader.IsTorn);
    }

    [Fact]
    public void Length_beyond_the_buffer_is_torn()
    {
        byte[] buffer = Record(1, 2, 0, "abc", 16);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(12), uint.MaxValue);
        EventReader reader = new(buffer);

        Assert.False(reader.TryRead(out _));
        Assert.True(reader.IsTorn);
    }

    [Fact]
    public void Name_without_a_NUL_is_taken_whole()
    {
        EventReader reader = new(Record(1, 2, 0, "abcd", 4));

        Assert.True(reader.TryRead(out RawEvent record));
        Assert.Equal(4, record.Name.Length);
    }

    [Fact]
    public void Random_bytes_never_lead_outside_the_buffer()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        byte[] buffer = new byte[600];
        for (int round = 0; round < 20_000; round++)
        {
            random.NextBytes(buffer);
            // Small lengths now and then, so that more than one record is read.
            for (int at = 12; at + 4 < buffer.Length; at += 32)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(at), (uint)random.Next(0, 40));
            }

            EventReader reader = new(buffer.AsSpan(0, random.Next(buffer.Length + 1)));
            int steps = 0;
            while (reader.TryRead(out RawEvent record))
            {
                Assert.True(record.Name.Length <= buffer.Length, $"seed {seed}");
                Assert.True(++steps <= buffer.Length / 16, $"seed {seed}");
            }
        }
    }

    private static byte[] Record(int wd, uint mask, uint cookie, string name, int length)
    {
        byte[] record = new byte[16 + length];
        BinaryPrimitives.WriteInt32LittleEndian(record, wd);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), mask);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), cookie);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(12), length);
        Encoding.UTF8.GetBytes(name).CopyTo(record, 16);
        return record;
    }
}
