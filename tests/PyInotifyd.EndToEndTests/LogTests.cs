using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>The log where others read it: syslog that comes and goes, and JSON.</summary>
public sealed class LogTests
{
    [Theory]
    [InlineData(SocketType.Dgram)]
    [InlineData(SocketType.Stream)]
    public void Syslog_may_be_absent_vanish_and_return(SocketType type)
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        string address = tree.PathOf("log");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null, "shutdown_timeout": 0,
              "logging": { "syslog": [ { "address": "{{address}}", "level": "INFO" } ] },
              "schedulers": { "s": { "type": "exec", "argv": ["/bin/true"], "delay": "1h" } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CREATE": "s" } } ]
            }
            """);
        daemon.WaitForReady();

        // Absent: what was said meanwhile arrives when it is there.
        tree.Write("w/1");
        daemon.WaitFor("w/1");
        using (SyslogServer server = new(address, type))
        {
            server.WaitFor("<14>pyinotifyd/daemon: ready, watching 1 directories");
            server.WaitFor("w/1");
            tree.Write("w/2\n$");
            Assert.Matches(@"^<14>pyinotifyd/sched: schedule task, delay=3600, mask=IN_CREATE, path=.*/w/2\\x0a\$, task_id=", server.WaitFor("w/2"));
        }

        File.Delete(address);
        tree.Write("w/3");
        daemon.WaitFor("w/3");
        using (SyslogServer server = new(address, type))
        {
            tree.Write("w/4");
            server.WaitFor("w/4");
            server.WaitFor("w/3");
            Assert.Equal(0, daemon.Stop());
            server.WaitFor("shutdown complete");
            Assert.Equal(1, server.Count(" schedule task, delay=3600, mask=IN_CREATE, path=" + tree.PathOf("w/4")));
        }
    }

    [Fact]
    public void Json_log_is_one_valid_object_a_line_with_lossless_names()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        byte[][] names =
        [
            .. Enumerable.Range(1, 255).Where(b => b is not ('/' or '.')).Select(b => new[] { (byte)b }),
            [.. Enumerable.Repeat((byte)0xff, 255)], [0xed, 0xb2, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9d, 0x84, 0x9e], [0xc3, 0xa9], [0xc3, 0x28], [.. "\\udc80 \\u0041 \" \\"u8], [0xe2, 0x80, 0xa8], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80],
        ];
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "logging": { "format": "json", "level": "DEBUG" },
              "schedulers": { "s": { "type": "shell", "cmd": "printf '%s\\n' {name}; printf '%s\\n' {pathname} >&2; exit 3" } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_MOVED_TO": "s", "IN_MOVED_FROM": null, "IN_CREATE": null } } ]
            }
            """);
        daemon.WaitForReady();
        foreach (byte[] name in names)
        {
            tree.Write("x", "");
            tree.Move("x"u8, [.. "w/"u8, .. name]);
        }

        daemon.WaitForCount(names.Length, "task failed", TimeSpan.FromSeconds(60));
        tree.Move("w/\x01", "w/\x02");
        daemon.WaitForCount(names.Length + 1, "task failed");
        Assert.Equal(0, daemon.Stop());
        tree.Write("log", string.Join('\n', daemon.Log()) + "\n");

        // Another program's parser: it rejects duplicate keys and everything that is not JSON, and turns lone surrogates back into bytes.
        const string program = """
            import json, os, sys, datetime
            def pairs(p):
                assert len(p) == len(dict(p)), p
                return dict(p)
            order = []
            for line in open(sys.argv[1], 'rb').read().decode('utf-8').split('\n')[:-1]:
                o = json.loads(line, object_pairs_hook=pairs, parse_constant=lambda c: 1/0)
                t = datetime.datetime.fromisoformat(o['time'])
                assert t.tzinfo is not None and '.' in o['time'] and len(o['time'].split('.')[1]) == 12, o['time']
                assert o['level'] in ('DEBUG', 'INFO', 'WARNING', 'ERROR') and o['logger'] and o['message'], line
                if o['message'] == 'received event':
                    assert o['maskname'] in ('IN_MOVED_TO', 'IN_MOVED_FROM') and o['mask'] in (0x80, 0x40) and o['dir'] is False and o['wd'] == 1 and o['cookie'] > 0, line
                    if o['maskname'] == 'IN_MOVED_TO':
                        print('event', os.fsencode(o['pathname']).hex(), os.fsencode(o.get('src_pathname', '')).hex())
                if o['message'] in ('schedule task', 'start task', 'task failed'):
                    assert o['cookie'] > 0, line
                    if 'src_pathname' in o:
                        print('moved', o['message'], os.fsencode(o['src_pathname']).hex())
                if o['message'] == 'task failed':
                    assert o['exit_status'] == 3 and o['scheduler'] == 's' and o['duration_ms'] >= 0 and o['task_id'], line
                    print('task', os.fsencode(o['pathname']).hex())
                if 'cmd' in o:
                    assert os.fsencode(o['pathname']) in os.fsencode(o['cmd']).replace(b"'\\''", b"'") , line
                if 'stream' in o:
                    print(o['stream'], os.fsencode(o['line']).hex())
            """;
        CommandResult result = CommandResult.Of("python3", ["-c", program, tree.PathOf("log")]);
        Assert.True(result.ExitStatus == 0, result.Error);
        string[] lines = result.Output.Split('\n');
        foreach (byte[] name in names)
        {
            string hex = Convert.ToHexStringLower(tree.PathOf([.. "w/"u8, .. name]));
            Assert.Contains("event " + hex + " ", lines);
            Assert.Contains("task " + hex, lines);
            if (!name.Contains((byte)'\n'))
            {
                Assert.Contains("stdout " + Convert.ToHexStringLower(name[0] == '-' ? [.. "./"u8, .. name] : name), lines);
                Assert.Contains("stderr " + hex, lines);
            }
        }

        string source = Convert.ToHexStringLower(tree.PathOf("w/\x01"u8));
        Assert.Equal(["moved start task " + source, "moved task failed " + source], lines.Where(line => line.StartsWith("moved ", StringComparison.Ordinal)));
        Assert.Contains($"event {Convert.ToHexStringLower(tree.PathOf("w/\x02"u8))} {Convert.ToHexStringLower(tree.PathOf("w/\x01"u8))}", lines);
    }

    [Fact]
    public void Journal_gets_priorities_and_no_time()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.Write("c.json", $$"""
            { "control_socket": null, "schedulers": { "s": { "type": "shell", "cmd": "true" } }, "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CREATE": "s" } }, { "path": "{{tree.PathOf("absent")}}", "default_sched": "s" } ] }
            """);

        // As the service manager does it: the variable names the very file that standard error goes to.
        string script = $"exec 2>> {tree.PathOf("log")}; export JOURNAL_STREAM=$(stat -L -c %d:%i {tree.PathOf("log")}); \"$0\" -c \"$1\" & pid=$!; until grep -q 'ready, watching' {tree.PathOf("log")}; do sleep 0.02; done; kill -TERM $pid; wait $pid";
        CommandResult result = CommandResult.Of("/bin/sh", ["-c", script, PublishedBinary.X64, tree.PathOf("c.json")]);

        Assert.Equal(0, result.ExitStatus);
        string[] lines = tree.ReadText("log").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches("^<[3-7]>pyinotifyd/[a-z]+: ", line));
        Assert.Contains(lines, line => line.StartsWith("<6>pyinotifyd/daemon: ready, watching ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("<4>pyinotifyd/daemon: cannot watch ", StringComparison.Ordinal));
    }

    private sealed class SyslogServer : IDisposable
    {
        private readonly Socket _socket;
        private readonly Thread _reader;
        private readonly List<string> _messages = [];

        public SyslogServer(string address, SocketType type)
        {
            _socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
            _socket.Bind(new UnixDomainSocketEndPoint(address));
            if (type == SocketType.Stream)
            {
                _socket.Listen();
            }

            _reader = new Thread(() => Read(type)) { IsBackground = true };
            _reader.Start();
        }

        public string WaitFor(string text)
        {
            string? found = null;
            ProcessState.Await(
                () =>
                {
                    lock (_messages)
                    {
                        return (found = _messages.Find(message => message.Contains(text, StringComparison.Ordinal))) is not null;
                    }
                },
                "syslog message " + text);
            return found!;
        }

        public int Count(string text)
        {
            lock (_messages)
            {
                return _messages.Count(message => message.Contains(text, StringComparison.Ordinal));
            }
        }

        public void Dispose()
        {
            _socket.Dispose();
            _reader.Join();
        }

        private void Read(SocketType type)
        {
            byte[] buffer = new byte[64 * 1024];
            Socket? connection = null;
            try
            {
                connection = type == SocketType.Stream ? _socket.Accept() : _socket;
                List<byte> rest = [];
                for (int count; (count = Receive(connection, buffer)) > 0;)
                {
                    rest.AddRange(buffer.AsSpan(0, count));
                    if (type == SocketType.Dgram)
                    {
                        rest.Add(0);
                    }

                    for (int end; (end = rest.IndexOf(0)) >= 0; rest.RemoveRange(0, end + 1))
                    {
                        lock (_messages)
                        {
                            _messages.Add(Encoding.UTF8.GetString([.. rest[..end]]));
                        }
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The server has gone.
            }
            finally
            {
                connection?.Dispose();
            }
        }

        // A socket that is disposed of elsewhere does not always wake a reader: look up now and then.
        private int Receive(Socket connection, byte[] buffer)
        {
            while (!connection.Poll(50_000, SelectMode.SelectRead))
            {
                if (_socket.SafeHandle.IsClosed)
                {
                    return 0;
                }
            }

            return connection.Receive(buffer);
        }
    }
}
