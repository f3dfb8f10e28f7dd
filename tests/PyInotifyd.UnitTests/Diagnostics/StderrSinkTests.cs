using System;
using System.IO;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Diagnostics;

/// <summary>What the sink of standard error does with repeats, slow readers and broken descriptors.</summary>
public sealed class StderrSinkTests : IDisposable
{
    private readonly FakeLogClock _clock = new();
    private readonly PipeReader _pipe = new();
    private readonly StderrSink _sink;

    public StderrSinkTests()
    {
        _sink = new StderrSink(_pipe.WriteEnd, LogFormat.Text, journal: true, _clock);
    }

    public void Dispose() => _pipe.Dispose();

    [Fact]
    public void Repeats_in_a_burst_are_counted_until_the_window_is_over()
    {
        Plain("a");
        Plain("a");
        _clock.AdvanceMs(500);
        Plain("a");
        _sink.Flush();
        Assert.Equal("<6>pyinotifyd/daemon: a\n", _pipe.Read());
        Assert.Equal(_clock.MonotonicNs + 1_500_000_000, _sink.FlushDueNs);

        _clock.AdvanceMs(1499);
        _sink.Flush();
        Assert.Equal("", _pipe.Read());
        _clock.AdvanceMs(1);
        _sink.Flush();
        Assert.Equal("<6>pyinotifyd/daemon: last message repeated 2 times\n", _pipe.Read());
        Assert.Equal(long.MaxValue, _sink.FlushDueNs);
    }

    [Fact]
    public void More_than_the_buffer_holds_goes_to_a_file_within_one_step()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
            {
                StderrSink sink = new((int)file.SafeFileHandle.DangerousGetHandle(), LogFormat.Text, journal: true, _clock);
                for (int i = 0; i < 40_000; i++)
                {
                    sink.Write(new LogRecord(LogLevel.Info, "daemon", "message " + i.ToString("D100")));
                }

                sink.Close();
            }

            Assert.Equal(40_000, File.ReadAllLines(path).Length);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Repeats_after_a_report_are_counted_anew()
    {
        Plain("a");
        Plain("a");
        _clock.AdvanceMs(2000);
        _sink.Flush();
        Plain("a");
        Plain("a");
        _sink.Close();
        Assert.Equal("<6>pyinotifyd/daemon: a\n<6>pyinotifyd/daemon: last message repeated 1 times\n<6>pyinotifyd/daemon: last message repeated 2 times\n", _pipe.Read());
    }

    [Fact]
    public void Another_message_brings_the_count_before_itself()
    {
        Plain("a");
        Plain("a");
        Plain("a");
        Plain("b");
        Plain("a");
        _sink.Flush();
        Assert.Equal(
            "<6>pyinotifyd/daemon: a\n<6>pyinotifyd/daemon: last message repeated 2 times\n<6>pyinotifyd/daemon: b\n<6>pyinotifyd/daemon: a\n",
            _pipe.Read());
        Assert.Equal(long.MaxValue, _sink.FlushDueNs);
    }

    [Fact]
    public void Same_message_after_a_while_is_written_again()
    {
        Plain("a");
        _clock.AdvanceMs(2001);
        Plain("a");
        _sink.Flush();
        Assert.Equal("<6>pyinotifyd/daemon: a\n<6>pyinotifyd/daemon: a\n", _pipe.Read());
    }

    [Fact]
    public void Level_logger_and_fields_make_a_message_another_one()
    {
        Plain("a");
        _sink.Write(new LogRecord(LogLevel.Warning, "daemon", "a"));
        _sink.Write(new LogRecord(LogLevel.Warning, "sched", "a"));
        _sink.Write(new LogRecord(LogLevel.Warning, "sched", "a") { PathName = "/p"u8 });
        _sink.Write(new LogRecord(LogLevel.Warning, "sched", "a") { PathName = "/q"u8 });
        _sink.Flush();
        Assert.Equal("<6>pyinotifyd/daemon: a\n<4>pyinotifyd/daemon: a\n<4>pyinotifyd/sched: a\n<4>pyinotifyd/sched: a, path=/p\n<4>pyinotifyd/sched: a, path=/q\n", _pipe.Read());
    }

    [Theory]
    [InlineData(LogKind.Task)]
    [InlineData(LogKind.Event)]
    public void Tasks_and_events_are_never_folded(LogKind kind)
    {
        Plain("x");
        _sink.Write(new LogRecord(LogLevel.Info, "daemon", "x") { Kind = kind });
        _sink.Write(new LogRecord(LogLevel.Info, "daemon", "x") { Kind = kind });
        Plain("x");
        _sink.Flush();
        Assert.Equal(string.Concat(System.Linq.Enumerable.Repeat("<6>pyinotifyd/daemon: x\n", 4)), _pipe.Read());
        Assert.Equal(long.MaxValue, _sink.FlushDueNs);
    }

    [Fact]
    public void Reader_that_stops_does_not_hold_up_the_writer_and_hears_what_it_missed()
    {
        string padding = new('x', 1000);
        const int count = 3000;
        for (int i = 0; i < count; i++)
        {
            Plain(i.ToString() + padding);
            if (i % 10 == 0)
            {
                // Would block for ever if it waited for the reader.
                _sink.Flush();
            }
        }

        Assert.True(_sink.FlushDueNs < long.MaxValue);
        StringBuilder all = new();
        string part;
        do
        {
            part = _pipe.Read();
            all.Append(part);
            _clock.AdvanceMs(1000);
            _sink.Flush();
        }
        while (part.Length > 0);

        Assert.Equal(long.MaxValue, _sink.FlushDueNs);
        string[] lines = all.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int kept = lines.Length - 1;
        for (int i = 0; i < kept; i++)
        {
            Assert.Equal("<6>pyinotifyd/daemon: " + i.ToString() + padding, lines[i]);
        }

        Assert.InRange(kept, 1000, 1200);
        Assert.Equal("<4>pyinotifyd/daemon: " + (count - kept).ToString() + " messages were dropped because standard error did not take them", lines[kept]);
    }

    [Fact]
    public void Line_longer_than_a_pipe_page_arrives_whole()
    {
        string message = new('y', 20_000);
        Plain(message);
        _sink.Flush();
        Assert.Equal("<6>pyinotifyd/daemon: " + message + "\n", _pipe.Read());
    }

    [Fact]
    public void Reader_that_has_gone_does_no_harm()
    {
        _pipe.CloseReadEnd();
        Plain("a");
        _sink.Flush();
        Plain("b");
        _sink.Flush();
        _sink.Close();
        Assert.Equal(long.MaxValue, _sink.FlushDueNs);
    }

    [Fact]
    public void Descriptor_that_is_closed_does_no_harm()
    {
        StderrSink sink = new(1_000_000, LogFormat.Text, journal: false, _clock);
        sink.Write(new LogRecord(LogLevel.Info, "daemon", "a"));
        sink.Flush();
        sink.Close();
        Assert.Equal(long.MaxValue, sink.FlushDueNs);
    }

    [Fact]
    public void Full_disk_drops_lines_and_is_reported_when_there_is_room()
    {
        int fd = Libc.openat(Libc.AT_FDCWD, "/dev/full\0"u8, Libc.O_WRONLY | Libc.O_CLOEXEC);
        Assert.True(fd >= 0);
        StderrSink sink = new(fd, LogFormat.Text, journal: true, _clock);
        sink.Write(new LogRecord(LogLevel.Info, "daemon", "a"));
        sink.Write(new LogRecord(LogLevel.Info, "daemon", "b"));
        sink.Flush();
        Assert.Equal(fd, Libc.dup3(_pipe.WriteEnd, fd, Libc.O_CLOEXEC));
        sink.Flush();
        Assert.Equal(0, Libc.close(fd));
        Assert.Equal("<4>pyinotifyd/daemon: 2 messages were dropped because standard error did not take them\n", _pipe.Read());
    }

    [Fact]
    public void File_gets_a_step_of_lines_in_order()
    {
        string path = Path.GetTempFileName();
        try
        {
            int fd = Libc.openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), Libc.O_WRONLY | Libc.O_APPEND | Libc.O_CLOEXEC);
            StderrSink sink = new(fd, LogFormat.Text, journal: true, _clock);
            for (int i = 0; i < 100; i++)
            {
                sink.Write(new LogRecord(LogLevel.Info, "daemon", i.ToString()));
            }

            Assert.Equal("", File.ReadAllText(path));
            sink.Close();
            Assert.Equal(0, Libc.close(fd));
            string[] lines = File.ReadAllLines(path);
            Assert.Equal(100, lines.Length);
            Assert.Equal("<6>pyinotifyd/daemon: 99", lines[99]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Journal_is_recognised_by_device_and_inode_of_the_descriptor()
    {
        Assert.Equal(0, Libc.statx(_pipe.WriteEnd, "\0"u8, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out statx status));
        ulong device = ((ulong)status.stx_dev_major << 8) | status.stx_dev_minor;
        Assert.True(StderrSink.IsJournal(_pipe.WriteEnd, $"{device}:{status.stx_ino}"));
        Assert.False(StderrSink.IsJournal(_pipe.WriteEnd, $"{device}:{status.stx_ino + 1}"));
        Assert.False(StderrSink.IsJournal(_pipe.WriteEnd, $"{device + 1}:{status.stx_ino}"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData(":")]
    [InlineData("a:b")]
    public void Journal_is_not_recognised_by_a_variable_that_makes_no_sense(string? value)
    {
        Assert.False(StderrSink.IsJournal(_pipe.WriteEnd, value));
    }

    [Fact]
    public void Messages_cost_no_memory()
    {
        using PipeReader pipe = new();
        StderrSink sink = new(pipe.WriteEnd, LogFormat.Json, journal: false, _clock);
        Write(sink, 200);
        _ = pipe.Read();
        Assert.Equal(0, Allocations.Least(() => Write(sink, 20)));

        static void Write(StderrSink sink, int count)
        {
            for (int i = 0; i < count; i++)
            {
                sink.Write(new LogRecord(LogLevel.Info, "eventmap", "received event") { Kind = LogKind.Event, Mask = 8, MaskName = "IN_CLOSE_WRITE", PathName = "/a/b"u8, Wd = i });
            }

            sink.Flush();
        }
    }

    private void Plain(string message) => _sink.Write(new LogRecord(LogLevel.Info, "daemon", message));
}
