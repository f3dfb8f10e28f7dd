using System;
using System.Text.Json;
using PyInotifyd.Engine.Diagnostics;
using Xunit;

namespace PyInotifyd.UnitTests.Diagnostics;

/// <summary>Lines in JSON, member by member.</summary>
public sealed class JsonFormTests
{
    private const string Time = "{\"time\":\"2026-11-22T15:59:57.958123+01:00\",";

    [Fact]
    public void Plain_message_has_the_four_members_that_all_have()
    {
        Assert.Equal(Time + "\"level\":\"INFO\",\"logger\":\"daemon\",\"message\":\"shutdown complete\"}\n", Line(new LogRecord(LogLevel.Info, "daemon", "shutdown complete")));
    }

    [Fact]
    public void Task_has_all_its_members_in_the_order_of_the_contract()
    {
        LogRecord record = new(LogLevel.Warning, "sched", "task failed")
        {
            Kind = LogKind.Task,
            Scheduler = "s",
            TaskId = "1f"u8,
            Mask = 0x80,
            MaskName = "IN_MOVED_TO",
            PathName = "/b"u8,
            SrcPathName = "/a"u8,
            Wd = 2,
            Cookie = 99,
            DelayMs = 250,
            Command = "false"u8,
            ExitStatus = 1,
            Signal = 9,
            DurationMs = 5,
            Error = "x",
        };
        Assert.Equal(
            Time + "\"level\":\"WARNING\",\"logger\":\"sched\",\"message\":\"task failed\",\"scheduler\":\"s\",\"task_id\":\"1f\",\"mask\":128,\"maskname\":\"IN_MOVED_TO\","
            + "\"pathname\":\"/b\",\"src_pathname\":\"/a\",\"dir\":false,\"wd\":2,\"cookie\":99,\"delay\":0.25,\"cmd\":\"false\",\"exit_status\":1,\"signal\":\"SIGKILL\","
            + "\"duration_ms\":5,\"error\":\"x\"}\n",
            Line(record));
    }

    [Fact]
    public void Arguments_are_an_array()
    {
        LogRecord record = new(LogLevel.Info, "sched", "execute command") { Kind = LogKind.Task, Argv = "a b\0\0\"\0"u8 };
        Assert.Equal(Time + "\"level\":\"INFO\",\"logger\":\"sched\",\"message\":\"execute command\",\"argv\":[\"a b\",\"\",\"\\\"\"]}\n", Line(record));
    }

    [Fact]
    public void Event_of_a_directory_says_so()
    {
        LogRecord record = new(LogLevel.Debug, "eventmap", "received event")
        {
            Kind = LogKind.Event,
            Mask = 0x40000100,
            MaskName = "IN_CREATE|IN_ISDIR",
            PathName = "/a/d"u8,
            Wd = 1,
        };
        Assert.Equal(
            Time + "\"level\":\"DEBUG\",\"logger\":\"eventmap\",\"message\":\"received event\",\"mask\":1073742080,\"maskname\":\"IN_CREATE|IN_ISDIR\",\"pathname\":\"/a/d\",\"dir\":true,\"wd\":1}\n",
            Line(record));
    }

    [Fact]
    public void Output_of_a_process_has_stream_and_line()
    {
        LogRecord record = new(LogLevel.Info, "sched", "output") { Kind = LogKind.Task, TaskId = "3"u8, Stream = "stdout", Line = ""u8 };
        Assert.Equal(Time + "\"level\":\"INFO\",\"logger\":\"sched\",\"message\":\"output\",\"task_id\":\"3\",\"stream\":\"stdout\",\"line\":\"\"}\n", Line(record));
    }

    [Fact]
    public void Bytes_that_are_no_text_become_surrogates_and_no_line_is_broken()
    {
        LogRecord record = new(LogLevel.Info, "daemon", "m\udcff\n") { PathName = [(byte)'/', 0x80, 0x0a, 0x22, 0x5c, 0xc3, 0xbc] };
        Assert.Equal(Time + "\"level\":\"INFO\",\"logger\":\"daemon\",\"message\":\"m\\udcff\\n\",\"pathname\":\"/\\udc80\\n\\\"\\\\ü\"}\n", Line(record));
    }

    [Theory]
    [InlineData(0, "+00:00")]
    [InlineData(20700, "+05:45")]
    [InlineData(-12600, "-03:30")]
    public void Time_bears_the_offset_of_local_time(int offset, string text)
    {
        using PipeReader pipe = new();
        FakeLogClock clock = new() { OffsetSeconds = offset };
        StderrSink sink = new(pipe.WriteEnd, LogFormat.Json, journal: false, clock);
        sink.Write(new LogRecord(LogLevel.Info, "daemon", "x"));
        sink.Close();
        using JsonDocument line = JsonDocument.Parse(pipe.ReadUtf8());
        string time = line.RootElement.GetProperty("time").GetString()!;
        Assert.EndsWith(text, time);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddTicks(clock.RealtimeNs / 1000 * 10), DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Journal_gets_the_priority_before_the_object()
    {
        using PipeReader pipe = new();
        StderrSink sink = new(pipe.WriteEnd, LogFormat.Json, journal: true, new FakeLogClock());
        sink.Write(new LogRecord(LogLevel.Error, "daemon", "x"));
        sink.Close();
        Assert.Equal("<3>" + Time + "\"level\":\"ERROR\",\"logger\":\"daemon\",\"message\":\"x\"}\n", pipe.Read());
    }

    private static string Line(in LogRecord record)
    {
        using PipeReader pipe = new();
        StderrSink sink = new(pipe.WriteEnd, LogFormat.Json, journal: false, new FakeLogClock());
        sink.Write(in record);
        sink.Close();
        return pipe.ReadUtf8();
    }
}
