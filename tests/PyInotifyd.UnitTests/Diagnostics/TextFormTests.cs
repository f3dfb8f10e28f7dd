using PyInotifyd.Engine.Diagnostics;
using Xunit;

namespace PyInotifyd.UnitTests.Diagnostics;

/// <summary>Lines in text, field by field.</summary>
public sealed class TextFormTests
{
    private const string Start = "2026-11-22 15:59:57,958 - pyinotifyd/";

    [Fact]
    public void Plain_message_bears_local_time_logger_and_level()
    {
        Assert.Equal(Start + "daemon - INFO - ready, watching 3 directories\n", Line(new LogRecord(LogLevel.Info, "daemon", "ready, watching 3 directories")));
    }

    [Theory]
    [InlineData(LogLevel.Debug, "DEBUG")]
    [InlineData(LogLevel.Info, "INFO")]
    [InlineData(LogLevel.Warning, "WARNING")]
    [InlineData(LogLevel.Error, "ERROR")]
    [InlineData(LogLevel.Critical, "CRITICAL")]
    public void Level_is_written_as_python_does(LogLevel level, string name)
    {
        Assert.Equal(Start + $"daemon - {name} - x\n", Line(new LogRecord(level, "daemon", "x")));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.001")]
    [InlineData(250, "0.25")]
    [InlineData(1500, "1.5")]
    [InlineData(60_000, "60")]
    [InlineData(100_100, "100.1")]
    [InlineData(86_400_050, "86400.05")]
    public void Delay_is_written_in_seconds_without_needless_decimals(long milliseconds, string text)
    {
        LogRecord record = Task("schedule task");
        record.DelayMs = milliseconds;
        Assert.Equal(Start + $"sched - INFO - schedule task, delay={text}\n", Line(record));
    }

    [Fact]
    public void Task_fields_come_in_the_order_of_the_original()
    {
        LogRecord record = Task("task finished");
        record.Scheduler = "not in text";
        record.TaskId = "0a1b"u8;
        record.Mask = 8;
        record.MaskName = "IN_CLOSE_WRITE";
        record.PathName = "/src_path/a"u8;
        record.SrcPathName = "/not/in/text"u8;
        record.Wd = 4;
        record.Cookie = 5;
        record.DelayMs = 60_000;
        record.Command = "echo 'a b'"u8;
        record.ExitStatus = 3;
        record.Signal = 15;
        record.DurationMs = 12;
        record.Error = "no such file";
        Assert.Equal(
            Start + "sched - INFO - task finished, delay=60, cmd=echo 'a b', exit_status=3, signal=SIGTERM, duration_ms=12, error=no such file, mask=IN_CLOSE_WRITE, path=/src_path/a, task_id=0a1b\n",
            Line(record));
    }

    [Fact]
    public void Schedule_line_is_the_one_of_the_contract()
    {
        LogRecord record = Task("schedule task");
        record.DelayMs = 60_000;
        record.MaskName = "IN_CREATE";
        record.PathName = "/p"u8;
        record.TaskId = "1"u8;
        Assert.Equal(Start + "sched - INFO - schedule task, delay=60, mask=IN_CREATE, path=/p, task_id=1\n", Line(record));
    }

    [Fact]
    public void Exit_status_and_duration_of_zero_are_written()
    {
        LogRecord record = Task("task finished");
        record.ExitStatus = 0;
        record.DurationMs = 0;
        Assert.Equal(Start + "sched - INFO - task finished, exit_status=0, duration_ms=0\n", Line(record));
    }

    [Fact]
    public void Signal_without_a_name_is_written_as_number()
    {
        LogRecord record = Task("task failed");
        record.Signal = 40;
        Assert.Equal(Start + "sched - INFO - task failed, signal=40\n", Line(record));
    }

    [Fact]
    public void Arguments_are_written_as_a_command_line_that_a_shell_reads_back()
    {
        LogRecord record = Task("execute command");
        record.Argv = "/usr/bin/convert\0a b\0it's\0\0$x\n\0"u8;
        Assert.Equal(Start + "sched - INFO - execute command, cmd=/usr/bin/convert 'a b' 'it'\\''s' '' '$x\\x0a'\n", Line(record));
    }

    [Fact]
    public void Event_of_a_directory_has_all_fields_of_the_original()
    {
        LogRecord record = Event();
        record.Mask = 0x40000100;
        record.MaskName = "IN_CREATE|IN_ISDIR";
        record.PathName = "/a/d"u8;
        record.SrcPathName = "/a/c"u8;
        record.Wd = 1;
        record.Cookie = 77;
        Assert.Equal(
            Start + "eventmap - DEBUG - received event, dir=True, mask=0x40000100, maskname=IN_CREATE|IN_ISDIR, pathname=/a/d, src_pathname=/a/c, wd=1\n",
            Line(record));
    }

    [Fact]
    public void Event_of_a_file_leaves_out_what_is_empty()
    {
        LogRecord record = Event();
        record.Mask = 8;
        record.MaskName = "IN_CLOSE_WRITE";
        record.PathName = "/a/f"u8;
        Assert.Equal(Start + "eventmap - DEBUG - received event, mask=0x8, maskname=IN_CLOSE_WRITE, pathname=/a/f\n", Line(record));
    }

    [Fact]
    public void Output_of_a_process_ends_with_its_line()
    {
        LogRecord record = Task("output");
        record.TaskId = "7"u8;
        record.PathName = "/p"u8;
        record.MaskName = "IN_CREATE";
        record.Stream = "stderr";
        record.Line = "a, b=c"u8;
        Assert.Equal(Start + "sched - INFO - output, task_id=7, stream=stderr, line=a, b=c\n", Line(record));
    }

    [Fact]
    public void Empty_line_of_output_is_still_a_line()
    {
        LogRecord record = Task("output");
        record.Stream = "stdout";
        Assert.Equal(Start + "sched - INFO - output, stream=stdout, line=\n", Line(record));
    }

    [Fact]
    public void Control_characters_and_bytes_that_are_no_text_are_escaped_everywhere()
    {
        LogRecord record = new(LogLevel.Info, "a\nb", "m\r\n\u2028\udcff\ud800 ü")
        {
            Kind = LogKind.Task,
            Error = "e\t\u009b",
        };
        record.PathName = (byte[])[.. "/p\n"u8, 0xff, 0x1b, 0xfc];
        Assert.Equal(
            Start + "a\\x0ab - INFO - m\\x0d\\x0a\\xe2\\x80\\xa8\\xff\ufffd ü, error=e\\x09\\xc2\\x9b, path=/p\\x0a\\xff\\x1b\\xfc\n",
            Line(record));
    }

    [Fact]
    public void Long_message_is_written_whole()
    {
        string message = new('ü', 5000);
        Assert.Equal(Start + "daemon - INFO - " + message + "\n", Line(new LogRecord(LogLevel.Info, "daemon", message)));
    }

    [Fact]
    public void Local_time_is_asked_for_once_a_second()
    {
        FakeLogClock clock = new();
        using PipeReader pipe = new();
        StderrSink sink = new(pipe.WriteEnd, LogFormat.Text, journal: false, clock);
        sink.Write(new LogRecord(LogLevel.Info, "daemon", "a"));
        clock.AdvanceMs(41);
        sink.Write(new LogRecord(LogLevel.Info, "daemon", "b"));
        Assert.Equal(1, clock.OffsetReads);
        clock.OffsetSeconds = -5400;
        clock.AdvanceMs(1);
        sink.Write(new LogRecord(LogLevel.Info, "daemon", "c"));
        sink.Flush();
        Assert.Equal(2, clock.OffsetReads);
        Assert.Equal(
            "2026-11-22 15:59:57,958 - pyinotifyd/daemon - INFO - a\n"
            + "2026-11-22 15:59:57,999 - pyinotifyd/daemon - INFO - b\n"
            + "2026-11-22 13:29:58,000 - pyinotifyd/daemon - INFO - c\n",
            pipe.Read());
    }

    [Fact]
    public void Journal_gets_priority_instead_of_time_and_level()
    {
        using PipeReader pipe = new();
        StderrSink sink = new(pipe.WriteEnd, LogFormat.Text, journal: true, new FakeLogClock());
        sink.Write(new LogRecord(LogLevel.Debug, "daemon", "d"));
        sink.Write(new LogRecord(LogLevel.Info, "daemon", "i"));
        sink.Write(new LogRecord(LogLevel.Warning, "sched", "w"));
        sink.Write(new LogRecord(LogLevel.Error, "daemon", "e"));
        sink.Write(new LogRecord(LogLevel.Critical, "daemon", "c"));
        sink.Flush();
        Assert.Equal("<7>pyinotifyd/daemon: d\n<6>pyinotifyd/daemon: i\n<4>pyinotifyd/sched: w\n<3>pyinotifyd/daemon: e\n<2>pyinotifyd/daemon: c\n", pipe.Read());
    }

    private static LogRecord Task(string message) => new(LogLevel.Info, "sched", message) { Kind = LogKind.Task };

    private static LogRecord Event() => new(LogLevel.Debug, "eventmap", "received event") { Kind = LogKind.Event };

    private static string Line(in LogRecord record)
    {
        using PipeReader pipe = new();
        StderrSink sink = new(pipe.WriteEnd, LogFormat.Text, journal: false, new FakeLogClock());
        sink.Write(in record);
        Assert.Equal("", pipe.Read());
        sink.Close();
        return pipe.ReadUtf8();
    }
}
