using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Inotify;

/// <summary>Polling where the clock is another host's.</summary>
public sealed class RemoteChangesTests
{
    [Fact]
    public void First_scan_reports_nothing_and_what_is_old_stays_old()
    {
        RemoteChanges changes = new();
        for (int scan = 0; scan < 4; scan++)
        {
            Assert.Equal([false, false], Scan(changes, (1, 100, 5), (2, 900, 5)));
        }
    }

    [Fact]
    public void New_file_is_reported_once_when_it_is_found_unchanged_whatever_the_local_clock_says()
    {
        RemoteChanges changes = new();
        Scan(changes, (1, 100, 5));
        Assert.Equal([false, false], Scan(changes, (1, 100, 5), (2, 101, 5)));
        Assert.Equal([false, true], Scan(changes, (1, 100, 5), (2, 101, 5)));
        Assert.Equal([false, false], Scan(changes, (1, 100, 5), (2, 101, 5)));
        Assert.Equal([false, false], Scan(changes, (1, 100, 5), (2, 101, 5)));
    }

    [Fact]
    public void File_that_grows_is_reported_when_it_has_stopped_and_one_that_came_meanwhile_does_not_hide_it()
    {
        RemoteChanges changes = new();
        Scan(changes, (1, 100, 5));
        Assert.Equal([false], Scan(changes, (2, 110, 5)));
        Assert.Equal([false], Scan(changes, (2, 120, 6)));
        Assert.Equal([false, false], Scan(changes, (2, 130, 7), (3, 500, 1)));
        Assert.Equal([true, true], Scan(changes, (2, 130, 7), (3, 500, 1)));
        Assert.Equal([false, false], Scan(changes, (2, 130, 7), (3, 500, 1)));
        Assert.Equal([false, false], Scan(changes, (2, 130, 7), (3, 600, 2)));
        Assert.Equal([false, true], Scan(changes, (2, 130, 7), (3, 600, 2)));
    }

    [Fact]
    public void Files_of_one_second_are_told_apart()
    {
        RemoteChanges changes = new();
        Scan(changes, (1, 100, 5));
        Scan(changes, (1, 100, 5), (2, 100, 5));
        Assert.Equal([false, true, false], Scan(changes, (1, 100, 5), (2, 100, 5), (3, 100, 5)));
        Assert.Equal([false, false, true], Scan(changes, (1, 100, 5), (2, 100, 5), (3, 100, 5)));
    }

    private static bool[] Scan(RemoteChanges changes, params (ulong Path, long ChangedS, ulong Size)[] entries)
    {
        changes.Begin();
        bool[] due = new bool[entries.Length];
        for (int i = 0; i < due.Length; i++)
        {
            statx found = default;
            found.stx_size = entries[i].Size;
            found.stx_ctime.tv_sec = entries[i].ChangedS;
            due[i] = changes.IsDue(entries[i].Path, in found);
        }

        changes.End();
        return due;
    }
}
