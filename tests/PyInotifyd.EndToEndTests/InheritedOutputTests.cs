using System;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>A task whose output is the daemon's own: it may fill what the log goes to.</summary>
public sealed class InheritedOutputTests
{
    // Reads its standard error a little at a time, so that task and log compete for every bit of room, and then no more until the daemon has answered and done work.
    private const string Reader = """
        import atexit, json, os, pty, socket, subprocess, sys, time, tty

        binary, folder, kind = sys.argv[1:4]
        if kind == 'pipe':
            reading, writing = os.pipe()
        else:
            reading, writing = pty.openpty()
            tty.setraw(writing)
        daemon = subprocess.Popen([binary, '-d', '-c', folder + '/c.json'], stdin=subprocess.DEVNULL, stdout=writing, stderr=writing)
        atexit.register(daemon.kill)
        os.close(writing)
        seen = b''
        while b'ready, watching' not in seen:
            seen += os.read(reading, 65536)

        def status():
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(30)
            client.connect(folder + '/s')
            client.sendall(b'{"command":"status"}\n')
            return json.loads(client.makefile().readline())

        def await_that(condition, what):
            end = time.monotonic() + 60
            while not condition():
                assert time.monotonic() < end, what
                time.sleep(0.01)

        open(folder + '/w/flood', 'w').close()
        await_that(lambda: os.path.exists(folder + '/flooding'), 'the task')
        for i in range(300):
            open(folder + '/w/%d' % i, 'w').close()
            seen += os.read(reading, 4096)

        # From here on nobody reads.
        assert status()['state'] == 'ready'
        for i in range(2500):
            open(folder + '/w/x%0200d' % i, 'w').close()
        open(folder + '/w/last', 'w').close()
        await_that(lambda: os.path.exists(folder + '/ran'), 'the last task')
        assert status()['events_read'] > 2500

        # The task ends; whoever reads again gets all that the log kept, and the number of what it could not keep.
        open(folder + '/stop', 'w').close()
        rest = bytearray()
        while b'were dropped because standard error did not take them' not in rest[-100_000:]:
            chunk = os.read(reading, 65536)
            assert chunk, rest[-2000:]
            rest += chunk
        daemon.terminate()
        while True:
            try:
                chunk = os.read(reading, 65536)
            except OSError:
                break
            if not chunk:
                break
            rest += chunk
        assert daemon.wait(60) == 0
        assert rest.count(b'shutdown complete') == 1
        """;

    [Theory]
    [InlineData("pipe")]
    [InlineData("terminal")]
    public void Task_that_fills_what_the_log_goes_to_holds_up_nothing(string kind)
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.Write("c.json", $$"""
            {
              "control_socket": "{{tree.PathOf("s")}}",
              "schedulers": {
                "flood": { "type": "shell", "cmd": "touch {{tree.PathOf("flooding")}}; while [ ! -e {{tree.PathOf("stop")}} ]; do echo filling; done", "output": "inherit" },
                "last": { "type": "shell", "cmd": "touch {{tree.PathOf("ran")}}" },
                "later": { "type": "exec", "argv": ["/bin/true"], "delay": "1h" }
              },
              "event_maps": {
                "floods": { "IN_CREATE": "flood", "include_filter": [".*/flood$"] },
                "lasts": { "IN_CREATE": "last", "include_filter": [".*/last$"] },
                "others": { "IN_CREATE": "later", "include_filter": [".*/x?[0-9]+$"] }
              },
              "shutdown_timeout": 0,
              "watches": [
                { "path": "{{tree.PathOf("w")}}", "event_map": "floods" }, { "path": "{{tree.PathOf("w")}}", "event_map": "lasts" }, { "path": "{{tree.PathOf("w")}}", "event_map": "others" }
              ]
            }
            """);

        CommandResult result = CommandResult.Of("python3", ["-c", Reader, PublishedBinary.X64, tree.Path, kind], TimeSpan.FromSeconds(90));

        Assert.Equal(new CommandResult(0, "", ""), result);
    }
}
