using System;
using System.Text;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Files;

/// <summary>What is written down of temporary names, and what the next start makes of it.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly FileRig _rig = new();

    public void Dispose() => _rig.Dispose();

    private TemporaryJournal NewJournal() => new(Encoding.UTF8.GetBytes(_rig.JournalDirectory));

    private Place PlaceOf(string name)
    {
        Assert.True(Place.TryOpen(Encoding.UTF8.GetBytes(_rig.Tree.PathOf(name)), _rig.Tree.Path.Length, out Place? place) >= 0);
        return place!;
    }

    private string MakeTemporary(TemporaryJournal journal, bool isDirectory, out int slot)
    {
        byte[] name = TemporaryNames.Create();
        using Place place = PlaceOf("dst/x");
        slot = journal.Add(place, name);
        Assert.True(slot >= 0);
        string path = "dst/" + Encoding.ASCII.GetString(name, 0, name.Length - 1);
        if (isDirectory)
        {
            _rig.Tree.MakeDirectory(path + "/sub");
            _rig.Tree.Write(path + "/sub/file", "x");
        }
        else
        {
            _rig.Tree.Write(path, "x");
        }

        return path;
    }

    private FileAction Recover()
    {
        FileAction action = new(_rig.Pool, FileRule.Removal, "", [], _ => { }) { Work = NewJournal().Recover };
        action.Run(new FileWorker(), out _);
        return action;
    }

    // Stands for a process that was killed: its lock is gone, its file is not.
    private byte[] Kill(TemporaryJournal journal)
    {
        byte[] name = [.. "run/"u8, .. _rig.Tree.List("run")[0]];
        byte[] content = _rig.Tree.Read(name);
        journal.Dispose();
        _rig.Tree.Write(name, content);
        _rig.Tree.SetMode(Encoding.ASCII.GetString(name), 0x180);
        return content;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_killed_run_left_is_removed(bool isDirectory)
    {
        TemporaryJournal journal = NewJournal();
        string temporary = MakeTemporary(journal, isDirectory, out _);
        Kill(journal);

        FileAction action = Recover();

        Assert.False(_rig.Tree.Exists(temporary));
        Assert.Empty(_rig.Tree.List("run"));
        Assert.Contains(temporary, Assert.Single(action.Messages).Text);
    }

    [Fact]
    public void What_a_run_still_works_on_is_left_alone()
    {
        using TemporaryJournal journal = NewJournal();
        string temporary = MakeTemporary(journal, isDirectory: false, out int slot);

        FileAction action = Recover();

        Assert.True(_rig.Tree.Exists(temporary));
        Assert.Single(_rig.Tree.List("run"));
        Assert.Empty(action.Messages);
        journal.Remove(slot);
    }

    [Fact]
    public void What_no_journal_names_is_left_alone()
    {
        string name = "dst/" + Encoding.ASCII.GetString(TemporaryNames.Create()).TrimEnd('\0');
        _rig.Tree.Write(name, "x");
        TemporaryJournal journal = NewJournal();
        string temporary = MakeTemporary(journal, isDirectory: false, out int slot);
        journal.Remove(slot);
        MakeTemporary(journal, isDirectory: false, out slot);
        Kill(journal);

        Recover();

        Assert.True(_rig.Tree.Exists(name));
        Assert.True(_rig.Tree.Exists(temporary) || slot == 0);
    }

    [Fact]
    public void A_name_that_is_not_temporary_is_never_removed()
    {
        _rig.Tree.Write("dst/precious", "x");
        TemporaryJournal journal = NewJournal();
        using (Place place = PlaceOf("dst/x"))
        {
            Assert.True(journal.Add(place, "precious\0"u8) >= 0);
        }

        Kill(journal);

        Recover();

        Assert.True(_rig.Tree.Exists("dst/precious"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_replaced_is_removed_only_if_it_is_still_the_same(bool isSame)
    {
        _rig.Tree.MakeDirectory("src/d");
        _rig.Tree.MakeDirectory("src/e");
        TemporaryJournal journal = NewJournal();
        using (Place place = PlaceOf("src/d"))
        {
            statx old = _rig.Tree.StatusOf(isSame ? "src/d" : "src/e");
            Assert.True(journal.AddReplaced(place, in old) >= 0);
        }

        Kill(journal);

        Recover();

        Assert.Equal(!isSame, _rig.Tree.Exists("src/d"));
    }

    [Fact]
    public void A_damaged_entry_is_passed_over()
    {
        TemporaryJournal journal = NewJournal();
        string first = MakeTemporary(journal, isDirectory: false, out _);
        string second = MakeTemporary(journal, isDirectory: false, out _);
        byte[] content = Kill(journal);
        content[30] ^= 1;
        _rig.Tree.Write((byte[])[.. "run/"u8, .. _rig.Tree.List("run")[0]], content);

        Recover();

        Assert.True(_rig.Tree.Exists(first));
        Assert.False(_rig.Tree.Exists(second));
    }

    [Fact]
    public void A_journal_that_others_may_write_is_not_believed()
    {
        TemporaryJournal journal = NewJournal();
        string temporary = MakeTemporary(journal, isDirectory: false, out _);
        Kill(journal);
        _rig.Tree.SetMode("run/" + Encoding.ASCII.GetString(_rig.Tree.List("run")[0]), 0x1B6);

        Recover();

        Assert.True(_rig.Tree.Exists(temporary));
    }

    [Fact]
    public void Nothing_is_left_after_a_clean_end()
    {
        TemporaryJournal journal = NewJournal();
        MakeTemporary(journal, isDirectory: false, out int slot);
        journal.Remove(slot);

        journal.Dispose();

        Assert.Empty(_rig.Tree.List("run"));
    }
}
