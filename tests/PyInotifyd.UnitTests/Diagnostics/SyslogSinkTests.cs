using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Diagnostics;

/// <summary>Messages to real syslog sockets, which may be absent, full, or go and come back.</summary>
public sealed class SyslogSinkTests : IDisposable
{
    private readonly FakeLogClock _clock = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("syslog").FullName;
    private readonly List<Socket> _sockets = [];

    private string SocketPath => Path.Combine(_directory, "log");

    public void Dispose()
    {
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }

        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Datagram_bears_facility_user_and_the_severity()
    {
        Socket server = Bind(SocketType.Dgram);
        SyslogSink sink = Sink();
        Write(sink, LogLevel.Debug, "d");
        Write(sink, LogLevel.Info, "i");
        Write(sink, LogLevel.Warning, "w");
        Write(sink, LogLevel.Error, "e\n\udcff");
        Write(sink, LogLevel.Critical, "c");
        sink.Flush();
        Assert.Equal(
            ["<15>pyinotifyd/daemon: d", "<14>pyinotifyd/daemon: i", "<12>pyinotifyd/daemon: w", "<11>pyinotifyd/daemon: e\\x0a\\xff", "<10>pyinotifyd/daemon: c"],
            Datagrams(server));
        Assert.Equal(long.MaxValue, sink.FlushDueNs);
        sink.Close();
    }

    [Fact]
    public void Fields_of_tasks_are_those_of_the_text_form()
    {
        Socket server = Bind(SocketType.Dgram);
        SyslogSink sink = Sink();
        sink.Write(new LogRecord(LogLevel.Info, "sched", "start task") { Kind = LogKind.Task, MaskName = "IN_CREATE", PathName = "/p"u8, TaskId = "1"u8 });
        sink.Close();
        Assert.Equal(["<14>pyinotifyd/sched: start task, mask=IN_CREATE, path=/p, task_id=1"], Datagrams(server));
    }

    [Fact]
    public void Level_and_logger_choose_what_is_sent()
    {
        Socket server = Bind(SocketType.Dgram);
        SyslogSink sink = new(Address(), LogLevel.Warning, "sched", _clock);
        sink.Write(new LogRecord(LogLevel.Info, "sched", "a"));
        sink.Write(new LogRecord(LogLevel.Warning, "sched", "b"));
        sink.Write(new LogRecord(LogLevel.Error, "daemon", "c"));
        sink.Close();
        Assert.Equal(["<12>pyinotifyd/sched: b"], Datagrams(server));
    }

    [Fact]
    public void Repeats_are_counted()
    {
        Socket server = Bind(SocketType.Dgram);
        SyslogSink sink = Sink();
        Write(sink, LogLevel.Info, "a");
        Write(sink, LogLevel.Info, "a");
        Write(sink, LogLevel.Info, "a");
        sink.Flush();
        _clock.AdvanceMs(2000);
        Assert.Equal(_clock.MonotonicNs, sink.FlushDueNs);
        sink.Flush();
        Assert.Equal(["<14>pyinotifyd/daemon: a", "<14>pyinotifyd/daemon: last message repeated 2 times"], Datagrams(server));
        sink.Close();
    }

    [Fact]
    public void Stream_socket_gets_messages_ended_by_NUL()
    {
        Socket server = Bind(SocketType.Stream);
        server.Listen();
        SyslogSink sink = Sink();
        Assert.Equal(0, sink.Connect());
        using Socket connection = server.Accept();
        Write(sink, LogLevel.Info, "a");
        Write(sink, LogLevel.Info, "b");
        sink.Close();
        byte[] buffer = new byte[1000];
        int length = 0;
        int count;
        while ((count = connection.Receive(buffer.AsSpan(length))) > 0)
        {
            length += count;
        }

        Assert.Equal("<14>pyinotifyd/daemon: a\0<14>pyinotifyd/daemon: b\0", Encoding.UTF8.GetString(buffer, 0, length));
    }

    [Fact]
    public void Server_that_comes_later_gets_what_was_written_before()
    {
        SyslogSink sink = Sink();
        Assert.Equal(-Errno.ENOENT, sink.Connect());
        Write(sink, LogLevel.Info, "a");
        sink.Flush();
        Assert.Equal(_clock.MonotonicNs + 1_000_000_000, sink.FlushDueNs);

        Socket server = Bind(SocketType.Dgram);
        _clock.AdvanceMs(999);
        sink.Flush();
        Assert.Empty(Datagrams(server));
        _clock.AdvanceMs(1);
        sink.Flush();
        Assert.Equal(["<14>pyinotifyd/daemon: a"], Datagrams(server));
        Assert.Equal(long.MaxValue, sink.FlushDueNs);
        sink.Close();
    }

    [Fact]
    public void Retries_back_off_to_a_minute_and_then_wait_for_a_message()
    {
        SyslogSink sink = Sink();
        Write(sink, LogLevel.Info, "a");
        foreach (int seconds in new[] { 1, 2, 4, 8, 16, 32 })
        {
            sink.Flush();
            Assert.Equal(_clock.MonotonicNs + (seconds * 1_000_000_000L), sink.FlushDueNs);
            _clock.AdvanceMs(seconds * 1000);
        }

        sink.Flush();
        Assert.Equal(long.MaxValue, sink.FlushDueNs);

        Socket server = Bind(SocketType.Dgram);
        _clock.AdvanceMs(60_000);
        Write(sink, LogLevel.Info, "b");
        sink.Flush();
        Assert.Equal(["<14>pyinotifyd/daemon: a", "<14>pyinotifyd/daemon: b"], Datagrams(server));
        sink.Close();
    }

    [Fact]
    public void Server_that_restarts_is_found_again_at_once()
    {
        Socket first = Bind(SocketType.Dgram);
        SyslogSink sink = Sink();
        Write(sink, LogLevel.Info, "a");
        sink.Flush();
        Assert.Single(Datagrams(first));
        first.Dispose();
        File.Delete(SocketPath);
        Socket second = Bind(SocketType.Dgram);
        Write(sink, LogLevel.Info, "b");
        sink.Flush();
        Assert.Equal(["<14>pyinotifyd/daemon: b"], Datagrams(second));
        sink.Close();
    }

    [Fact]
    public void Server_that_is_down_for_long_gets_the_newest_and_the_number_of_the_rest()
    {
        SyslogSink sink = Sink();
        string padding = new('x', 1000);
        const int count = 200;
        for (int i = 0; i < count; i++)
        {
            Write(sink, LogLevel.Info, i.ToString() + padding);
            sink.Flush();
        }

        Socket server = Bind(SocketType.Dgram);
        List<string> received = [];
        for (int i = 0; i < count && sink.FlushDueNs != long.MaxValue; i++)
        {
            _clock.AdvanceMs(60_000);
            sink.Flush();
            received.AddRange(Datagrams(server));
        }

        int kept = received.Count - 1;
        Assert.InRange(kept, 50, 65);
        Assert.Equal($"<14>pyinotifyd/daemon: {count - kept}{padding}", received[0]);
        Assert.Equal($"<14>pyinotifyd/daemon: {count - 1}{padding}", received[kept - 1]);
        Assert.Equal($"<12>pyinotifyd/daemon: {count - kept} messages to syslog were dropped because it could not be reached", received[kept]);
        sink.Close();
    }

    [Fact]
    public void Full_server_does_not_hold_up_the_writer_and_loses_nothing_that_waits()
    {
        Socket server = Bind(SocketType.Dgram);
        SyslogSink sink = Sink();
        const int count = 1500;
        for (int i = 0; i < count; i++)
        {
            Write(sink, LogLevel.Info, i.ToString());
        }

        sink.Flush();
        Assert.NotEqual(long.MaxValue, sink.FlushDueNs);
        List<string> received = [];
        while (sink.FlushDueNs != long.MaxValue)
        {
            received.AddRange(Datagrams(server));
            _clock.AdvanceMs(100);
            sink.Flush();
        }

        received.AddRange(Datagrams(server));
        Assert.Equal(count, received.Count);
        Assert.Equal("<14>pyinotifyd/daemon: 0", received[0]);
        Assert.Equal($"<14>pyinotifyd/daemon: {count - 1}", received[count - 1]);
        sink.Close();
    }

    [Fact]
    public void Long_message_is_cut_between_characters()
    {
        Socket server = Bind(SocketType.Dgram);
        SyslogSink sink = Sink();
        Write(sink, LogLevel.Info, "x" + new string('ü', 10_000));
        sink.Close();
        Assert.Equal(["<14>pyinotifyd/daemon: x" + new string('ü', 4095) + " [cut]"], Datagrams(server));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public void Udp_server_gets_a_datagram_a_message(string host)
    {
        Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _sockets.Add(server);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)server.LocalEndPoint!).Port;
        Assert.True(SyslogAddress.TryForHost(host, port, out SyslogAddress? address, out _));
        Assert.Equal(host + ":" + port.ToString(), address.Text);
        SyslogSink sink = new(address, LogLevel.Info, null, _clock);
        Write(sink, LogLevel.Info, "a");
        Write(sink, LogLevel.Info, "b");
        sink.Flush();
        Assert.Equal(["<14>pyinotifyd/daemon: a", "<14>pyinotifyd/daemon: b"], Datagrams(server));
        sink.Close();
    }

    [Fact]
    public void Udp_port_without_a_server_does_no_harm()
    {
        Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)server.LocalEndPoint!).Port;
        server.Dispose();
        Assert.True(SyslogAddress.TryForHost("127.0.0.1", port, out SyslogAddress? address, out _));
        SyslogSink sink = new(address, LogLevel.Info, null, _clock);
        Write(sink, LogLevel.Info, "lost");
        sink.Flush();
        server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _sockets.Add(server);
        server.Bind(new IPEndPoint(IPAddress.Loopback, port));
        Write(sink, LogLevel.Info, "b");
        sink.Flush();
        Assert.Equal(["<14>pyinotifyd/daemon: b"], Datagrams(server));
        sink.Close();
    }

    [Fact]
    public void Host_that_nothing_local_knows_is_an_error_that_says_why()
    {
        Assert.False(SyslogAddress.TryForHost("no-such-host.invalid", 514, out _, out string? error));
        Assert.Equal("syslog host 'no-such-host.invalid' is neither a numeric address nor a name in /etc/hosts (pyinotifyd is a static program and cannot ask DNS)", error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65536)]
    public void Port_out_of_range_is_an_error(int port)
    {
        Assert.False(SyslogAddress.TryForHost("127.0.0.1", port, out _, out string? error));
        Assert.Contains("65535", error);
    }

    [Fact]
    public void Socket_path_that_no_socket_can_have_is_an_error()
    {
        Assert.True(SyslogAddress.TryForSocket(Encoding.UTF8.GetBytes("/" + new string('a', 106)), out _, out _));
        Assert.False(SyslogAddress.TryForSocket(Encoding.UTF8.GetBytes("/" + new string('a', 107)), out _, out string? error));
        Assert.Contains("107 bytes", error);
        Assert.False(SyslogAddress.TryForSocket(default, out _, out _));
    }

    private static void Write(SyslogSink sink, LogLevel level, string message) => sink.Write(new LogRecord(level, "daemon", message));

    private static List<string> Datagrams(Socket server)
    {
        List<string> messages = [];
        byte[] buffer = new byte[20_000];
        while (server.Available > 0)
        {
            messages.Add(Encoding.UTF8.GetString(buffer, 0, server.Receive(buffer)));
        }

        return messages;
    }

    private Socket Bind(SocketType type)
    {
        Socket socket = new(AddressFamily.Unix, type, ProtocolType.Unspecified);
        _sockets.Add(socket);
        socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private SyslogAddress Address()
    {
        Assert.True(SyslogAddress.TryForSocket(Encoding.UTF8.GetBytes(SocketPath), out SyslogAddress? address, out _));
        return address;
    }

    private SyslogSink Sink() => new(Address(), LogLevel.Debug, null, _clock);
}
