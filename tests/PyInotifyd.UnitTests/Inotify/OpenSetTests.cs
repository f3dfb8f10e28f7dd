using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Inotify;
using Xunit;

namespace PyInotifyd.UnitTests.Inotify;

/// <summary>The files of which a close is still to come.</summary>
public sealed class OpenSetTests
{
    [Fact]
    public void Set_agrees_with_a_plain_model_over_random_steps()
    {
        OpenSet set = new();
        List<(int Wd, string Name)> model = [];
        Random random = new(20261122);
        for (int step = 0; step < 60_000; step++)
        {
            (int wd, string name) = (random.Next(1, 4), new string((char)('a' + random.Next(26)), 1 + (random.Next(8) * 28)));
            byte[] bytes = Encoding.ASCII.GetBytes(name);
            switch (random.Next(5))
            {
                case 0 or 1:
                    set.Note(wd, bytes, step);
                    if (!model.Contains((wd, name)))
                    {
                        model.Add((wd, name));
                    }

                    break;
                case 2:
                    set.SetKind(set.Put(wd, bytes, step, OpenKind.Held), random.Next(2) == 0 ? OpenKind.Writing : OpenKind.Unsettled);
                    if (!model.Contains((wd, name)))
                    {
                        model.Add((wd, name));
                    }

                    break;
                case 3:
                    Assert.Equal(model.Remove((wd, name)), set.Remove(wd, bytes));
                    break;
                default:
                    Assert.Equal(model.Contains((wd, name)), set.Find(wd, bytes) >= 0);
                    break;
            }

            if (step % 20_000 == 0)
            {
                // Down to nothing now and then, where the tables start over.
                for (int file = set.First; file >= 0; file = set.First)
                {
                    set.RemoveAt(file);
                }

                model.Clear();
            }

            Assert.Equal(model.Count, set.Count);
        }

        int waiting = 0;
        int at = 0;
        for (int file = set.First; file >= 0; file = set[file].Next)
        {
            Assert.Equal(model[at++], (set[file].Wd, Encoding.ASCII.GetString(set.Name(file))));
            waiting += set[file].Kind == OpenKind.Writing ? 0 : 1;
        }

        Assert.Equal((model.Count, waiting), (at, set.Waiting));
    }

    [Fact]
    public void Beyond_the_limit_the_oldest_leave_and_their_change_time_is_remembered()
    {
        OpenSet set = new();
        for (int i = 0; i < OpenSet.Limit; i++)
        {
            set.Note(1, Name(i), 1000 + i);
        }

        Assert.Equal((OpenSet.Limit, long.MaxValue), (set.Count, set.ForgottenSinceNs));
        set.Note(1, Name(-1), 5_000_000);
        set.Note(1, Name(-2), 6_000_000);
        Assert.Equal((OpenSet.Limit, 1000L), (set.Count, set.ForgottenSinceNs));
        Assert.True(set.Find(1, Name(0)) < 0 && set.Find(1, Name(1)) < 0 && set.Find(1, Name(2)) >= 0 && set.Find(1, Name(-2)) >= 0);
    }

    [Fact]
    public void Version_is_zero_only_while_there_is_nothing_to_write_down()
    {
        OpenSet set = new();
        Assert.Equal(0, set.Version);
        set.Note(1, "a"u8, 1);
        long one = set.Version;
        set.Note(1, "a"u8, 2);
        Assert.Equal(one, set.Version);
        set.Note(1, "b"u8, 2);
        Assert.True(set.Version != one && one != 0);
        set.Remove(1, "a"u8);
        set.Remove(1, "b"u8);
        Assert.Equal(0, set.Version);
    }

    private static byte[] Name(int i) => Encoding.ASCII.GetBytes($"file{i}");
}
